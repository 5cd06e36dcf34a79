import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sessionsEvents } from '../../server/protocol/sessionHistoryMethods.ts';
import {
  runsAnswer,
  runsContinue,
  runsGet,
  runsNotify,
  runsPause,
  runsStop,
  type Run,
} from '../../server/protocol/workflowMethods.ts';
import { makeRun, planned } from '../server/workflows/run/driveRun.ts';
import { localDriver } from '../server/workflows/run/localDriver.ts';
import { STATE_EVENT, storedRecord } from '../../server/workflows/run/runRecord.ts';
import { until } from '../support/until.ts';
import { hasEnded, isAt, runFolder, type RunFolder } from '../server/workflows/run/runFolder.ts';

const ODD_AGENT = fileURLToPath(new URL('../server/workflows/agents/oddAcpAgent.ts', import.meta.url));
const OPTIONS = [
  { optionId: 'y', name: 'Yes', kind: 'allow_once' },
  { optionId: 'always', name: 'Always', kind: 'allow_always' },
  { optionId: 'n', name: 'No', kind: 'reject_once' },
];
/** Asks whether it may delete the house, and says what it was answered. */
const ASKS = {
  asks: { protocol: 'acp', command: [process.execPath, ODD_AGENT, 'permission', JSON.stringify(OPTIONS)] },
  /** Asks, and says that it was cancelled. */
  obeys: { protocol: 'acp', command: [process.execPath, ODD_AGENT, 'permissionThenCancel'] },
};

/** Far below what a window is given, so that nobody has to wait for it here. */
const CLAIM_MS = 300;

function workflow(permissions: string): string {
  return `agent: asks\npermissions: ${permissions}\nsteps: [{ id: a, prompt: x }]\n`;
}

const REFUSED = '{"outcome":{"outcome":"selected","optionId":"n"}}';
const asks = (folder: string) => planned(folder, 'a', { agent: 'asks', maxIterations: 1 });
const isAsking = ({ questions }: Run) => questions.length > 0;

describe("an agent's question", () => {
  test('is asked once, by the client that has taken it on, and the answer of another is the one', async (t) => {
    const place = await runFolder(t, ASKS);
    const { call, other, start, once } = place;
    const { id } = await start(workflow('ask'));
    const asking = await once(id, isAsking);
    const [question] = asking.questions;
    assert.deepEqual(
      [question?.step, question?.title, question?.options.map((option) => option.id)],
      ['a', 'Delete the house', ['y', 'always', 'n']],
    );
    assert.deepEqual([asking.status, asking.steps[0]?.isAsking], ['active', true]);
    const of = `question:${question?.id}`;
    assert.deepEqual(await call(runsNotify, { id, of }), { isMine: true });
    assert.deepEqual(await other().call(runsNotify, { id, of }), { isMine: false });
    const answer = { id, question: question?.id ?? '' };
    await assert.rejects(call(runsAnswer, { ...answer, option: 'perhaps' }), { code: 'INVALID_PARAMS' });
    await assert.rejects(call(runsAnswer, { ...answer, question: 'none' }), { code: 'INVALID_PARAMS' });
    await other().call(runsAnswer, { ...answer, option: 'y' });
    const run = await once(id, hasEnded);
    assert.deepEqual([run.status, run.questions, run.steps[0]?.isAsking], ['completed', [], false]);
    assert.equal(await said(place, run), '{"outcome":{"outcome":"selected","optionId":"y"}}');
    await assert.rejects(call(runsAnswer, answer), { code: 'INVALID_PARAMS', message: /any more/ });
  });

  test('waits for a person as long as it takes where a client has taken it on, and its clock stands', async (t) => {
    const place = await runFolder(t, ASKS);
    const { call, once, folder } = place;
    const { id } = await makeRun(call, folder, [asks(folder)], { permissions: 'ask' });
    const driving = localDriver(t, place, { claimMs: CLAIM_MS }).drive(id, new AbortController().signal);
    const [question] = (await once(id, isAsking)).questions;
    await call(runsNotify, { id, of: `question:${question?.id}` });
    const before = await call(runsGet, { id });
    const taken = Date.now();
    await until(() => Date.now() - taken > 3 * CLAIM_MS);
    // Its runner looks at it again, and says so.
    await call(runsPause, { id });
    await until(async () => (await lastState(place, id)) === 'pausing');
    const after = await call(runsGet, { id });
    assert.deepEqual([after.questions.length, after.activeMs], [1, before.activeMs]);
    await call(runsAnswer, { id, question: question?.id ?? '' });
    assert.equal(await driving, 'completed');
    assert.equal(await said(place, await call(runsGet, { id })), REFUSED);
  });

  test('takes nothing of the time of its iteration while a person is asked, and nothing more where nobody is', async (t) => {
    const place = await runFolder(t, ASKS);
    const { call, once, folder } = place;
    const timeoutMs = 6000;
    const begin = async () => {
      const { id } = await makeRun(call, folder, [{ ...asks(folder), timeoutMs }], { permissions: 'ask' });
      const driver = localDriver(t, place, { claimMs: 60_000 });
      const driving = driver.drive(id, new AbortController().signal);
      return { id, driving, question: (await once(id, isAsking)).questions[0]?.id ?? '' };
    };
    const { id, driving, question } = await begin();
    await call(runsNotify, { id, of: `question:${question}` });
    const asked = Date.now();
    await until(() => Date.now() - asked > timeoutMs);
    await call(runsAnswer, { id, question, option: 'y' });
    assert.equal(await driving, 'completed');

    const unasked = await begin();
    assert.equal(await unasked.driving, 'failed');
    const { steps } = await call(runsGet, { id: unasked.id });
    assert.match(steps[0]?.message ?? '', /ran longer than 6 s,/);
  });

  test('is refused where no window is there that could ask', async (t) => {
    const place = await runFolder(t, ASKS);
    const { call, folder } = place;
    const { id } = await makeRun(call, folder, [asks(folder)], { permissions: 'ask' });
    assert.equal(
      await localDriver(t, place, { claimMs: CLAIM_MS }).drive(id, new AbortController().signal),
      'completed',
    );
    const run = await call(runsGet, { id });
    assert.equal(await said(place, run), REFUSED);
    const { events } = await call(sessionsEvents, { id: sessionOf(run), types: ['agent.notice'] });
    assert.match(String(events[0]?.data['text']), /refused, for no window is there/);
  });

  test('is answered at once where the workflow says how', async (t) => {
    const place = await runFolder(t, ASKS);
    const { start, once } = place;
    for (const [permissions, option] of [
      ['allow', 'y'],
      ['refuse', 'n'],
    ] as const) {
      const { id } = await start(workflow(permissions));
      const run = await once(id, hasEnded);
      assert.equal(await said(place, run), `{"outcome":{"outcome":"selected","optionId":"${option}"}}`);
    }
  });

  test('ends with the run, and with its runner', async (t) => {
    const { call, start, once, runnerOf } = await runFolder(t, ASKS);
    const stopped = await start(workflow('ask').replace('asks', 'obeys'));
    await once(stopped.id, isAsking);
    await call(runsStop, { id: stopped.id });
    const end = await once(stopped.id, hasEnded);
    assert.deepEqual([end.status, end.questions], ['stopped', []]);

    const { id } = await start(workflow('ask'));
    const [question] = (await once(id, isAsking)).questions;
    process.kill(await runnerOf(id), 'SIGKILL');
    // Its iteration is charged, and was the only one: so the run is where its next runner would park it.
    assert.deepEqual((await once(id, isAt('parked'))).questions, []);
    await assert.rejects(call(runsAnswer, { id, question: question?.id ?? '' }), { code: 'INVALID_PARAMS' });
    await call(runsContinue, { id, step: 'a', addIterations: 1 });
    const again = await once(id, isAsking);
    assert.notEqual(again.questions[0]?.id, question?.id);
  });
});

async function lastState({ call }: RunFolder, id: string): Promise<string | undefined> {
  const { events } = await call(sessionsEvents, { id, types: [STATE_EVENT] });
  return storedRecord.parse(events.at(-1)?.data).state.status;
}

function sessionOf({ steps }: Run): string {
  return steps[0]?.session ?? '';
}

async function said({ call }: RunFolder, run: Run): Promise<unknown> {
  const { events } = await call(sessionsEvents, { id: sessionOf(run), types: ['message'] });
  return events.at(-1)?.data['content'];
}
