import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sessionsEvents } from '../../server/protocol/sessionHistoryMethods.ts';
import { runsContinue, workflowsRead } from '../../server/protocol/workflowMethods.ts';
import { tempFolder } from '../support/tempFolder.ts';
import { until } from '../support/until.ts';
import { standInSystemd } from '../server/workflows/agents/limits/standInSystemd.ts';
import { hasEnded, isAt, runFolder } from '../server/workflows/run/runFolder.ts';

const ODD_AGENT = fileURLToPath(new URL('../server/workflows/agents/oddAcpAgent.ts', import.meta.url));

const LIMITED = `
agent: counter
inputs: { file: . }
limits: { memory: 1GiB, cpus: 0.5, pids: 100, disk: 1GiB }
steps: [{ id: a, prompt: "\${inputs.file}" }]
`;

describe('the limits of a run', () => {
  test('of memory, processors and processes are held by systemd where it is there, and the run says so', async (t) => {
    const { env, calls } = await standInSystemd(await tempFolder(t));
    const { call, write, start, once, folder } = await runFolder(t, {}, { PATH: env['PATH'] });
    const read = await call(workflowsRead, { file: await write(LIMITED) });
    assert.deepEqual(
      read.limits.map(({ name, enforcedBy }) => [name, enforcedBy]),
      [
        ['memory', 'systemd'],
        ['cpus', 'systemd'],
        ['pids', 'systemd'],
        ['disk', 'nobody'],
      ],
    );
    const { id } = await start(LIMITED, { file: `${folder}/a` });
    const run = await once(id, hasEnded);
    assert.equal(run.status, 'completed');
    assert.deepEqual(run.limits, read.limits);
    const told = new Set((await calls()).flat());
    for (const property of ['MemoryMax=1073741824', 'CPUQuota=50%', 'TasksMax=100'])
      assert.ok(told.has(property), property);
  });

  test('are said to be held by nobody where nobody holds them', async (t) => {
    const { call, write } = await runFolder(t, {}, { PATH: '/nowhere' });
    const { limits } = await call(workflowsRead, { file: await write(LIMITED) });
    assert.deepEqual(new Set(limits.map(({ enforcedBy }) => enforcedBy)), new Set(['nobody']));
  });

  test('of tokens and cost park it once they are reported, and more of them let it go on', async (t) => {
    const { call, start, once } = await runFolder(t, {
      reports: { protocol: 'acp', command: [process.execPath, ODD_AGENT, 'usage'] },
    });
    const { id } = await start(`
agent: reports
limits: { tokens: 4000, costUsd: 100 }
steps: [{ id: a, prompt: x, untilOutput: never, maxIterations: 3 }]
`);
    const parked = await once(id, isAt('parked'));
    assert.deepEqual(parked.parkedFor, { reason: 'tokens', used: 5000, limit: 4000 });
    assert.deepEqual(parked.limits, [
      { name: 'tokens', limit: 4000, used: 5000, enforcedBy: 'reports' },
      { name: 'costUsd', limit: 100, used: 0.5, enforcedBy: 'reports' },
    ]);
    assert.deepEqual([parked.tokens, parked.costUsd, parked.iterations], [5000, 0.5, 1]);
    await call(runsContinue, { id, addLimits: { tokens: 3000 } });
    const again = await once(id, isAt('parked'));
    assert.deepEqual(again.parkedFor, { reason: 'tokens', used: 10_000, limit: 7000 });
  });

  test('of its output is one for all that are in flight: they are cut at it, and never together over it', async (t) => {
    const { start, once, slow, lines, folder } = await runFolder(t);
    for (const step of ['a', 'b']) await slow(step, true);
    const { id } = await start(`
agent: counter
limits: { output: 12B }
steps:
  - { id: a, prompt: "${folder}/a", maxIterations: 2 }
  - { id: b, prompt: "${folder}/b", maxIterations: 2 }
`);
    await until(async () => (await lines('a')) + (await lines('b')) === 2);
    for (const step of ['a', 'b']) await slow(step, false);
    // Each says "lines: 1" and a line feed, which are nine bytes.
    const parked = await once(id, isAt('parked', 'completed'));
    assert.deepEqual(parked.parkedFor, { reason: 'outputBytes', used: 12, limit: 12 });
    assert.deepEqual(parked.steps.map(({ status }) => status).toSorted(), ['done', 'waiting']);
    const cut = parked.steps.find(({ status }) => status === 'waiting');
    assert.equal(cut?.message, 'Its last iteration was cut: The output limit of the run is used up.');
  });

  test('of its output begin nothing while what is in flight has all of it', async (t) => {
    const waitsFor = (file: string, first: string) => ({
      protocol: 'command',
      command: ['sh', '-c', `${first}; until [ -e ${file} ]; do sleep 0.05; done`],
    });
    const { start, once, call, lines, folder } = await runFolder(t, {
      quiet: waitsFor('goOn', 'echo begun >>quiet'),
      speaker: waitsFor('end', 'echo 123456789'),
    });
    const { id } = await start(`
agent: quiet
limits: { output: 10B }
steps:
  - { id: a, prompt: x, untilOutput: never, maxIterations: 3 }
  - { id: b, prompt: x, agent: speaker }
`);
    const { steps } = await once(id, (run) => run.steps.every((step) => step.session !== undefined));
    const session = steps.find((step) => step.id === 'b')?.session ?? assert.fail();
    await until(async () => {
      const { events } = await call(sessionsEvents, { id: session, types: ['message'] });
      return JSON.stringify(events).includes('123456789');
    });
    await writeFile(join(folder, 'goOn'), '');
    await once(id, (run) => run.steps.some((step) => step.id === 'a' && step.status !== 'running'));
    await writeFile(join(folder, 'end'), '');
    const parked = await once(id, isAt('parked'));
    assert.deepEqual([parked.parkedFor?.reason, await lines('quiet')], ['outputBytes', 1]);
  });

  test('of its wall clock park it, also while an agent is at work, and an iteration that takes too long is ended', async (t) => {
    const { start, once, slow, folder } = await runFolder(t);
    await slow('a', true);
    const { id } = await start(`
agent: counter
limits: { wallClock: 1500ms }
steps: [{ id: a, prompt: "${folder}/a", timeout: 300ms, retry: { attempts: 20, backoff: 1ms }, maxIterations: 30 }]
`);
    const timed = await once(id, ({ steps }) => (steps[0]?.message ?? '').includes('longer than'));
    assert.equal(timed.steps[0]?.status === 'done', false);
    const parked = await once(id, isAt('parked'));
    assert.deepEqual([parked.parkedFor?.reason, parked.parkedFor?.limit], ['wallClock', 1500]);
  });

  test('of its wall clock cut what is in flight, which is no failure of its step, and more of it lets it go on', async (t) => {
    const { call, start, once, slow, folder } = await runFolder(t);
    await slow('a', true);
    const { id } = await start(`
agent: counter
limits: { wallClock: 1s }
steps: [{ id: a, prompt: "${folder}/a", maxIterations: 2 }]
`);
    const parked = await once(id, isAt('parked'));
    assert.deepEqual([parked.parkedFor?.reason, parked.iterations], ['wallClock', 1]);
    const [step] = parked.steps;
    assert.equal(step?.message, 'Its last iteration was cut: The wall clock of the run is used up.');
    const { events } = await call(sessionsEvents, { id: step?.session ?? '', types: ['iteration_end'] });
    assert.deepEqual(
      events.map(({ data }) => data['outcome']),
      ['interrupted'],
    );
    await slow('a', false);
    await call(runsContinue, { id, addLimits: { wallClockMs: 60_000 } });
    const run = await once(id, hasEnded);
    assert.deepEqual([run.status, run.iterations], ['completed', 2]);
  });
});

describe('the next iteration of a step', () => {
  test('goes on with the session of its agent where that can', async (t) => {
    const { start, once, call } = await runFolder(t, {
      loads: { protocol: 'acp', command: [process.execPath, ODD_AGENT, 'resume'] },
    });
    const { id } = await start(
      'agent: loads\nsteps: [{ id: a, prompt: x, untilOutput: s1, maxIterations: 5 }]\n',
    );
    const run = await once(id, (one) => hasEnded(one) || one.status === 'parked');
    const { events } = await call(sessionsEvents, { id, types: ['run.output'] });
    assert.deepEqual(
      events.map(({ data }) => data['sessionHandle']),
      Array.from({ length: events.length }, () => 's1'),
    );
    assert.ok(events.length > 1, run.status);
    const said = await call(sessionsEvents, { id: run.steps[0]?.session ?? '', types: ['agent.notice'] });
    assert.deepEqual(said.events, []);
  });
});
