import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
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
  test('two steps at once unless told, from 1 to 16; what is no number is as if it were not set', () => {
    const parallel = (set?: string) => runSettings({ LOCKSTEP_RUNS_PARALLEL: set }).parallelSteps;
    assert.deepEqual(
      ['1', '16', undefined, '', '0', '17', '-1', '1.5', 'many'].map(parallel),
      [1, 16, 2, 2, 2, 2, 2, 2, 2],
    );
    assert.equal(runSettings({}).endWithWindow, false);
    assert.equal(runSettings({ LOCKSTEP_RUNS_END_WITH_WINDOW: '1' }).endWithWindow, true);
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
