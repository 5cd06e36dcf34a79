import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sessionsEvents } from '../../../../server/protocol/sessionHistoryMethods.ts';
import { NOTICE_EVENT } from '../../../../server/workflows/run/runRecord.ts';
import { runSettings, shellEnvironment } from '../../../../server/workflows/run/runSettings.ts';
import { until } from '../../../support/until.ts';
import { hasEnded, runFolder } from './runFolder.ts';

const THREE = `
agent: counter
inputs: { folder: . }
steps:
  - { id: a, prompt: "\${inputs.folder}/a" }
  - { id: b, prompt: "\${inputs.folder}/b" }
  - { id: c, prompt: "\${inputs.folder}/c" }
  - { id: d, prompt: "\${inputs.folder}/d", needs: [a, b, c] }
`;

describe('the settings of runs', () => {
  test('two steps at once unless told, from 1 to 16, and runs outlive the window unless told', () => {
    for (const [set, parallelSteps] of [
      ['1', 1],
      ['16', 16],
      ['', 2],
      [undefined, 2],
    ] as const) {
      const { problems, ...settings } = runSettings({ LOCKSTEP_RUNS_PARALLEL: set });
      assert.deepEqual([settings.parallelSteps, problems], [parallelSteps, []]);
    }
    for (const [set, endWithWindow] of [
      ['1', true],
      ['0', false],
      ['', false],
      [undefined, false],
    ] as const) {
      const { problems, ...settings } = runSettings({ LOCKSTEP_RUNS_END_WITH_WINDOW: set });
      assert.deepEqual([settings.endWithWindow, problems], [endWithWindow, []]);
    }
  });

  test('a value that cannot be understood is as if it were not set, and is told of', () => {
    for (const set of ['0', '17', '-1', '1.5', 'many', ' 2', '9'.repeat(1000)]) {
      const { parallelSteps, problems } = runSettings({ LOCKSTEP_RUNS_PARALLEL: set });
      assert.equal(parallelSteps, 2);
      assert.equal(problems.length, 1);
      assert.match(
        problems[0] ?? '',
        /^The environment variable LOCKSTEP_RUNS_PARALLEL is ".*from 1 to 16: 2 is taken\.$/,
      );
      assert.ok((problems[0] ?? '').includes(set.slice(0, 80)) && (problems[0] ?? '').length < 250);
    }
    const { endWithWindow, problems } = runSettings({ LOCKSTEP_RUNS_END_WITH_WINDOW: 'yes' });
    assert.equal(endWithWindow, false);
    assert.match(problems.join(), /LOCKSTEP_RUNS_END_WITH_WINDOW is "yes", and is to be 0 or 1/);
  });

  test('whoever watches a run is told of a setting that its process cannot understand', async (t) => {
    const { start, once, call, folder } = await runFolder(t, {}, { LOCKSTEP_RUNS_PARALLEL: 'many' });
    const { id } = await start(THREE, { folder });
    assert.equal((await once(id, hasEnded)).status, 'completed');
    const { events } = await call(sessionsEvents, { id, types: [NOTICE_EVENT] });
    assert.deepEqual(
      events.map(({ data }) => data),
      [{ text: runSettings({ LOCKSTEP_RUNS_PARALLEL: 'many' }).problems[0] }],
    );
  });

  test('the shell of until gets no keys of agents, and no right to a session', () => {
    const env = {
      PATH: '/bin',
      LOCKSTEP_HOME: '/home',
      LOCKSTEP_AGENTS: '{}',
      LOCKSTEP_LEASE: 'secret',
      NONE: undefined,
    };
    assert.deepEqual(shellEnvironment(env), { PATH: '/bin', LOCKSTEP_HOME: '/home' });
  });

  test('as many steps are at work at once as the setting says, and all of them come to their end', async (t) => {
    const { start, slow, once, lines, folder } = await runFolder(t, {}, { LOCKSTEP_RUNS_PARALLEL: '2' });
    for (const name of ['a', 'b', 'c']) await slow(name, true);
    const { id } = await start(THREE, { folder });
    await until(async () => (await lines('a')) + (await lines('b')) === 2);
    const two = await once(id, () => true);
    assert.deepEqual(
      two.steps.map(({ status }) => status),
      ['running', 'running', 'waiting', 'waiting'],
    );
    await slow('a', false);
    await until(async () => (await lines('c')) === 1);
    for (const name of ['b', 'c']) await slow(name, false);
    const run = await once(id, hasEnded);
    assert.deepEqual([run.status, run.iterations, await lines('d')], ['completed', 4, 1]);
  });
});
