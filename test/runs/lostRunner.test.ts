import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sessionsEvents } from '../../server/protocol/sessionHistoryMethods.ts';
import { runsContinue, runsPause } from '../../server/protocol/workflowMethods.ts';
import { until } from '../support/until.ts';
import { isAlive, parentOf } from '../server/workflows/markedProcesses.ts';
import { hasEnded, isAt, runFolder } from '../server/workflows/run/runFolder.ts';
import { begun, counts, pidOfAgent } from './countedRun.ts';

describe('a run', () => {
  test('that has lost its runner is interrupted, and goes on after its last finished iteration', async (t) => {
    const place = await runFolder(t);
    const { call, lines, slow, once, runnerOf } = place;
    const id = await begun(place, [counts('a', 1), counts('b', 2, ', needs: [a]')]);
    await slow('b', true);
    await until(async () => (await lines('b')) === 1);
    const agent = await pidOfAgent(place, id);
    process.kill(await runnerOf(id), 'SIGKILL');
    const interrupted = await once(id, isAt('interrupted'));
    assert.deepEqual(
      interrupted.steps.map(({ status, iterations }) => [status, iterations]),
      [
        ['done', 1],
        ['waiting', 1],
      ],
    );
    await slow('b', false);
    assert.equal((await call(runsContinue, { id })).status, 'active');
    const run = await once(id, hasEnded);
    assert.throws(() => process.kill(agent, 0), { code: 'ESRCH' });
    // The interrupted iteration has written its line, and stays charged.
    assert.deepEqual([run.status, run.iterations, await lines('b')], ['completed', 3, 2]);
    const step = run.steps[1]?.session ?? assert.fail();
    const ends = await call(sessionsEvents, { id: step, types: ['iteration_end'] });
    assert.deepEqual(
      ends.events.map(({ data }) => data['outcome']),
      ['interrupted', 'done'],
    );
  });

  test('whose agent has outlived runner and supervisor goes on once that agent is gone', async (t) => {
    const place = await runFolder(t);
    const { call, lines, slow, once, runnerOf } = place;
    await slow('a', true);
    const id = await begun(place, [counts('a', 2)]);
    await until(async () => (await lines('a')) === 1);
    const agent = await pidOfAgent(place, id);
    const supervisor = parentOf(agent);
    process.kill(supervisor, 'SIGSTOP');
    process.kill(await runnerOf(id), 'SIGKILL');
    await once(id, isAt('interrupted'));
    process.kill(supervisor, 'SIGKILL');
    await until(() => !isAlive(supervisor));
    assert.ok(isAlive(agent));
    // No new one is at work before: it would not end either.
    await call(runsContinue, { id });
    await until(async () => (await lines('a')) === 2);
    assert.ok(!isAlive(agent));
    await slow('a', false);
    assert.equal((await once(id, hasEnded)).status, 'completed');
  });

  test('that has lost its runner can be paused, and is then continued', async (t) => {
    const place = await runFolder(t);
    const { call, lines, slow, once, runnerOf } = place;
    await slow('a', true);
    const id = await begun(place, [counts('a', 2)]);
    await until(async () => (await lines('a')) === 1);
    process.kill(await runnerOf(id), 'SIGKILL');
    await once(id, isAt('interrupted'));
    assert.equal((await call(runsPause, { id })).status, 'paused');
    await slow('a', false);
    await call(runsContinue, { id, addIterations: 1 });
    const run = await once(id, hasEnded);
    assert.deepEqual([run.status, run.maxIterations], ['completed', 21]);
  });

  test('that loses its runner in the last iteration of a step says that this was cut, and has it again when it is continued', async (t) => {
    const place = await runFolder(t);
    const { call, lines, slow, once, runnerOf, alone } = place;
    for (const [name, signal, why] of [
      ['a', 'SIGKILL', /cut: The process that drove the run has gone\./],
      ['b', 'SIGTERM', /cut: The process that drove the run was told to end\./],
    ] as const) {
      await slow(name, true);
      const step = `{ id: ${name}, prompt: '\${inputs.folder}/${name}' }`;
      const id = await begun(place, [step]);
      await until(async () => (await lines(name)) === 1);
      process.kill(await runnerOf(id), signal);
      const parked = await once(id, isAt('parked'));
      if (signal === 'SIGTERM') await alone(id);
      assert.deepEqual(parked.parkedFor, { reason: 'stepIterations', step: name, used: 1, limit: 1 });
      assert.match(parked.error ?? '', why);
      assert.match(parked.steps[0]?.message ?? '', why);
      await slow(name, false);
      await call(runsContinue, { id });
      const run = await once(id, hasEnded);
      assert.deepEqual(
        [run.status, run.iterations, run.maxIterations, run.error],
        ['completed', 2, 2, undefined],
      );
    }
  });

  test('goes on with the next iteration where the process that watches over its agent is killed', async (t) => {
    const place = await runFolder(t);
    const { lines, slow, once } = place;
    await slow('a', true);
    const id = await begun(place, [counts('a', 2)]);
    await until(async () => (await lines('a')) === 1);
    const agent = await pidOfAgent(place, id);
    await slow('a', false);
    process.kill(agent, 'SIGSTOP');
    process.kill(parentOf(agent), 'SIGKILL');
    const run = await once(id, hasEnded);
    assert.deepEqual([run.status, run.iterations, await lines('a')], ['completed', 2, 2]);
    assert.ok(!isAlive(agent));
  });
});
