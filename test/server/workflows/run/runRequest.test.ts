import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { WorkflowPlan } from '../../../../server/domain/workflowPlan.ts';
import * as run from '../../../../server/domain/workflowRun.ts';
import type { RunState } from '../../../../server/domain/workflowRunState.ts';
import type { SessionEvent } from '../../../../server/protocol/event.ts';
import type { CallParamsOf } from '../../../../server/protocol/method.ts';
import { sessionsEvents } from '../../../../server/protocol/sessionHistoryMethods.ts';
import { sessionsComplete, sessionsFail } from '../../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsGet } from '../../../../server/protocol/sessionQueryMethods.ts';
import {
  runsContinue,
  runsGet,
  runsPause,
  runsStop,
  type Run,
} from '../../../../server/protocol/workflowMethods.ts';
import { STATE_EVENT } from '../../../../server/workflows/run/runRecord.ts';
import { afterWishes, REQUEST_EVENT, type RunRequest } from '../../../../server/workflows/run/runRequest.ts';
import { until } from '../../../support/until.ts';
import { makeRun, planned, recordInRun } from './driveRun.ts';
import { localDriver } from './localDriver.ts';
import { hasEnded, isAt, runFolder, type RunFolder } from './runFolder.ts';

const NOW = 1_000;
const DONE = { kind: 'done', ms: 1, bytes: 1 } as const;

function plan(more: Partial<WorkflowPlan['steps'][number]> = {}): WorkflowPlan {
  return {
    name: 'test',
    digest: 'none',
    inputs: {},
    maxIterations: 10,
    limits: {},
    permissions: 'ask',
    steps: [planned('/', 'a', { maxIterations: 1, ...more })],
  };
}
function requests(...given: readonly (RunRequest | { kind: 'later' })[]): SessionEvent[] {
  return given.map((data, index) => ({
    seq: index + 1,
    timestamp: new Date(NOW).toISOString(),
    type: REQUEST_EVENT,
    data: { ...data },
  }));
}
function after(
  of: WorkflowPlan,
  state: RunState,
  given: SessionEvent[],
  isPauseAsked = false,
): [RunState, string[]] {
  const refused: string[] = [];
  const wishes = { requests: given, isPauseAsked };
  return [afterWishes(of, state, wishes, NOW, (why) => refused.push(why)), refused];
}

/** Calls once, and gives the same to all who call. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Continues a run, and goes on once that is written: the answer comes when its runner has heard it. */
async function asking(
  { call, other }: RunFolder,
  params: CallParamsOf<typeof runsContinue>,
): Promise<{ readonly answer: Promise<Run> }> {
  const answer = other().call(runsContinue, params);
  const { id } = params;
  const count = async () => (await call(sessionsEvents, { id, types: [REQUEST_EVENT] })).events.length;
  await Promise.race([answer, until(async () => (await count()) > 0)]);
  return { answer };
}

describe('what is asked of a run', () => {
  test('is obeyed in its order, and the pause after it', () => {
    const its = plan();
    const active = run.start(its, NOW);
    const [paused] = after(its, active, [], true);
    assert.equal(paused.status, 'paused');
    assert.equal(after(its, paused, requests({ kind: 'continue' }))[0].status, 'active');
    assert.equal(after(its, paused, requests({ kind: 'continue' }), true)[0].status, 'paused');
    assert.equal(after(its, active, requests({ kind: 'stop' }), true)[0].status, 'stopped');
  });

  test('that does not fit any more changes nothing, and is told', () => {
    const its = plan();
    const active = run.start(its, NOW);
    const [state, refused] = after(
      its,
      active,
      requests(
        { kind: 'later' },
        { kind: 'continue', step: 'none', addIterations: 1 },
        { kind: 'continue', addIterations: 2 },
        { kind: 'stop' },
        { kind: 'continue' },
      ),
    );
    assert.deepEqual([state.status, state.added], ['stopped', 2]);
    assert.equal(refused.length, 3);
    assert.match(refused[0] ?? '', /does not know/);
    assert.match(refused[1] ?? '', /has no step none/);
    assert.match(refused[2] ?? '', /stopped/);
  });

  test('a paused run that is given more has it, and opens no gate that nobody has spoken of', () => {
    const its = plan({ gate: 'manual', maxIterations: 3 });
    const parked = run.start(its, NOW);
    assert.equal(parked.status, 'parked');
    const open = run.continueWith(its, parked, { gate: 'a' }, NOW);
    assert.equal(open.status, 'active');
    const { parkedFor: _, ...unparked } = parked;
    const gated: RunState = { ...unparked, status: 'paused' };
    const [more] = after(its, gated, requests({ kind: 'continue', addIterations: 4 }));
    assert.deepEqual([more.status, more.parkedFor?.reason, more.added], ['parked', 'gate', 4]);
    const [opened] = after(its, gated, requests({ kind: 'continue', gate: 'a' }));
    assert.deepEqual([opened.status, opened.steps[0]?.gateOpen], ['active', true]);
  });

  test('while its runner is leaving is not lost: it looks again once it has left', async (t) => {
    const place = await runFolder(t);
    const { call, folder } = place;
    const { id } = await makeRun(call, folder, [planned(folder, 'a', { gate: 'manual' })]);
    const asked = lazily(() => asking(place, { id }));
    // Its lease is held still, so that nobody starts another runner.
    const driver = localDriver(t, place, { beforeRelease: asked });
    assert.equal(await driver.drive(id, new AbortController().signal), 'completed');
    await (
      await asked()
    ).answer;
    const { events } = await call(sessionsEvents, { id, types: ['run.left', 'run.notice'] });
    assert.deepEqual(events, []);
  });

  test('while its runner is leaving for good leads to another one', async (t) => {
    const place = await runFolder(t);
    const { call, folder, slow, lines } = place;
    await slow('a', true);
    const { id } = await makeRun(call, folder, [planned(folder, 'a', { untilOutput: '^lines: 2$' })]);
    const asked = lazily(() => asking(place, { id, addIterations: 1 }));
    const ending = new AbortController();
    const driving = localDriver(t, place, { beforeRelease: asked }).drive(id, ending.signal);
    await until(async () => (await lines('a')) === 1);
    ending.abort();
    assert.equal(await driving, 'left');
    await slow('a', false);
    assert.notEqual((await (await asked()).answer).status, 'interrupted');
    assert.equal((await place.once(id, hasEnded)).status, 'completed');
  });

  test('between two looks of its runner is not taken for what came before it', async (t) => {
    const place = await runFolder(t);
    const { call, folder } = place;
    const { id } = await makeRun(call, folder, [planned(folder, 'a')]);
    await call(runsPause, { id });
    const asked = lazily(() => asking(place, { id }));
    const driver = localDriver(t, place, {
      afterState: async ({ status }) => status === 'paused' && (await asked()),
    });
    assert.equal(await driver.drive(id, new AbortController().signal), 'completed');
    await (
      await asked()
    ).answer;
  });

  test('after the last look of its runner keeps that from coming to rest', async (t) => {
    const place = await runFolder(t);
    const { call, folder } = place;
    const runs = [
      () => makeRun(call, folder, [planned(folder, 'gated', { gate: 'manual' })]),
      async () => {
        const run = await makeRun(call, folder, [planned(folder, 'paused')]);
        await call(runsPause, { id: run.id });
        return run;
      },
    ];
    for (const make of runs) {
      const { id } = await make();
      const asked = lazily(() => asking(place, { id }));
      const driver = localDriver(t, place, {
        beforeWrite: async (written) => written === id && (await asked()),
      });
      assert.equal(await driver.drive(id, new AbortController().signal), 'completed');
      await (
        await asked()
      ).answer;
    }
  });

  test('keeps an iteration from beginning where it is a pause that came after the last look', async (t) => {
    const place = await runFolder(t);
    const { call, folder, lines } = place;
    const { id } = await makeRun(call, folder, [planned(folder, 'a')]);
    const asked = lazily(() => call(runsPause, { id }));
    const driver = localDriver(t, place, { afterState: asked });
    assert.equal(await driver.drive(id, new AbortController().signal), 'paused');
    assert.deepEqual([(await call(sessionsGet, { id })).iterations, await lines('a')], [0, 0]);
  });

  test('of a run whose session others have ended is refused, and says so', async (t) => {
    const { call, folder } = await runFolder(t);
    const ends = [
      (id: string) => call(sessionsComplete, { id }),
      (id: string) => call(sessionsFail, { id, error: 'Enough.' }),
    ];
    for (const end of ends) {
      const { id } = await makeRun(call, folder, [planned(folder, 'a')]);
      await end(id);
      for (const ask of [runsContinue, runsStop, runsPause])
        await assert.rejects(call(ask, { id }), {
          code: 'ILLEGAL_TRANSITION',
          message: /^Run .* has ended already.*Start a new run\.$/,
        });
    }
  });

  test('that no runner has obeyed yet shows already, and is obeyed once by the next one', async (t) => {
    const place = await runFolder(t);
    const { call, folder, once, lines } = place;
    const step = planned(folder, 'a', { maxIterations: 1, untilOutput: '^lines: 3$' });
    const { id } = await makeRun(call, folder, [step]);
    assert.equal(await localDriver(t, place, {}).drive(id, new AbortController().signal), 'parked');
    const { execPath } = process;
    process.execPath = `${folder}/no-such-node`;
    try {
      await assert.rejects(call(runsContinue, { id, addIterations: 1 }), { code: 'INTERNAL' });
    } finally {
      process.execPath = execPath;
    }
    const waiting = await call(runsGet, { id });
    assert.deepEqual([waiting.status, waiting.steps[0]?.maxIterations], ['interrupted', 2]);
    await call(runsContinue, { id });
    const parked = await once(id, isAt('parked'));
    assert.deepEqual([parked.steps[0]?.maxIterations, parked.maxIterations, await lines('a')], [2, 101, 2]);
    await call(runsContinue, { id, addIterations: 5 });
    assert.equal((await once(id, hasEnded)).status, 'completed');
  });

  test('a stop that was asked of a runner that has died is carried out by asking again', async (t) => {
    const place = await runFolder(t);
    const { call, start, slow, once, runnerOf, lines, folder } = place;
    await slow('a', true);
    const { id } = await start(
      `agent: counter\nsteps: [{ id: a, prompt: '${folder}/a', maxIterations: 2 }]\n`,
    );
    const runner = await runnerOf(id);
    await once(id, ({ steps }) => steps[0]?.status === 'running');
    process.kill(runner, 'SIGKILL');
    await once(id, isAt('interrupted'));
    await recordInRun(folder, id, { type: REQUEST_EVENT, data: { kind: 'stop' } });
    assert.equal((await call(runsGet, { id })).status, 'stopping');
    await assert.rejects(call(runsPause, { id }), { code: 'ILLEGAL_TRANSITION' });
    assert.equal((await call(runsStop, { id })).status, 'stopped');
    assert.ok((await lines('a')) <= 1);
  });

  test('a run whose runner died right before the end of its session has that end by asking once more', async (t) => {
    const place = await runFolder(t);
    const { call, folder, once, lines } = place;
    const busy = run.begun(plan(), run.start(plan(), NOW), 'a', NOW);
    const done = run.ended(plan(), busy, 'a', DONE, NOW);
    for (const ask of [runsContinue, runsStop]) {
      const { id } = await makeRun(call, folder, [planned(folder, 'a')]);
      await recordInRun(folder, id, { type: STATE_EVENT, data: { state: { ...done }, handled: 2 } });
      assert.equal((await call(runsGet, { id })).status, 'interrupted');
      await call(ask, { id });
      assert.equal((await once(id, hasEnded)).status, 'completed');
      assert.equal((await call(sessionsGet, { id })).status, 'completed');
      assert.equal(await lines('a'), 0);
    }
  });

  test('a run whose runner died with the last that was in flight has its end by asking once more', async (t) => {
    const place = await runFolder(t);
    const { call, folder, once, lines } = place;
    const steps = [planned(folder, 'a'), planned(folder, 'b')];
    const both = { ...plan(), steps };
    const begun = (state: RunState, step: string) => run.begun(both, state, step, NOW);
    const busy = begun(begun(run.start(both, NOW), 'a'), 'b');
    const stopping = run.stop(both, busy, NOW);
    const failing = run.ended(both, busy, 'a', { kind: 'failed', ms: 1, bytes: 1 }, NOW);
    for (const [state, end] of [
      [stopping, 'stopped'],
      [failing, 'failed'],
    ] as const)
      for (const ask of [runsContinue, runsStop]) {
        const { id } = await makeRun(call, folder, steps);
        await recordInRun(folder, id, { type: STATE_EVENT, data: { state: { ...state }, handled: 2 } });
        assert.equal((await call(runsGet, { id })).status, 'interrupted');
        await assert.rejects(call(runsPause, { id }), {
          code: 'ILLEGAL_TRANSITION',
          message: /its runner has gone\. Continue it/,
        });
        await call(ask, { id });
        assert.equal((await once(id, hasEnded)).status, end);
        assert.equal((await call(sessionsGet, { id })).status, 'failed');
        assert.deepEqual([await lines('a'), await lines('b')], [0, 0]);
      }
  });
});
