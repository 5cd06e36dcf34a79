import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sessionsEvents } from '../../server/protocol/sessionHistoryMethods.ts';
import { sessionsPause } from '../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsFind, sessionsGet } from '../../server/protocol/sessionQueryMethods.ts';
import {
  runsContinue,
  runsGet,
  runsPause,
  runsStart,
  runsStop,
} from '../../server/protocol/workflowMethods.ts';
import { until } from '../support/until.ts';
import { isAlive } from '../server/workflows/markedProcesses.ts';
import { hasEnded, isAt, runFolder } from '../server/workflows/run/runFolder.ts';
import { begun, counts, pidOfAgent, workflow } from './countedRun.ts';

describe('a run and its commands', () => {
  test('is paused by another process once its iteration has ended, and continued by a third', async (t) => {
    const place = await runFolder(t);
    const { other, lines, slow, once } = place;
    await slow('a', true);
    const id = await begun(place, [counts('a', 3), counts('b', 1, ', needs: [a]')]);
    await until(async () => (await lines('a')) === 1);
    const pausing = await other().call(runsPause, { id });
    assert.equal(pausing.status, 'pausing');
    assert.equal((await other().call(runsPause, { id })).status, 'pausing');
    // Nothing in flight is cut.
    assert.equal((await once(id, isAt('pausing'))).steps[0]?.status, 'running');
    await slow('a', false);
    const paused = await once(id, isAt('paused'));
    assert.deepEqual([paused.iterations, await lines('a')], [1, 1]);
    await until(async () => {
      const { sessions } = await place.call(sessionsFind, { parentId: id });
      return sessions.length === 1 && sessions[0]?.status === 'paused';
    });
    await assert.rejects(other().call(runsPause, { id }), { code: 'ILLEGAL_TRANSITION' });
    const going = await other().call(runsContinue, { id });
    assert.equal(going.status, 'active');
    const run = await once(id, hasEnded);
    assert.deepEqual(
      [run.status, run.iterations, await lines('a'), await lines('b')],
      ['completed', 4, 3, 1],
    );
  });

  test('a pause that is not carried out yet is withdrawn by continuing', async (t) => {
    const place = await runFolder(t);
    const { call, lines, slow, once } = place;
    await slow('a', true);
    const id = await begun(place, [counts('a', 2)]);
    await until(async () => (await lines('a')) === 1);
    await call(runsPause, { id });
    assert.equal((await call(runsContinue, { id })).status, 'active');
    await slow('a', false);
    assert.equal((await once(id, hasEnded)).status, 'completed');
    const { events } = await call(sessionsEvents, { id, types: ['pause'] });
    assert.deepEqual(events, []);
  });

  test('keeps a pause that was asked for where it is given more, or a gate is opened early', async (t) => {
    const place = await runFolder(t);
    const { call, lines, slow, once } = place;
    await slow('a', true);
    const id = await begun(place, [counts('a', 2), counts('b', 1, ', needs: [a], gate: manual')]);
    await until(async () => (await lines('a')) === 1);
    await call(runsPause, { id });
    const opened = await call(runsContinue, { id, step: 'b' });
    assert.deepEqual([opened.status, opened.steps[1]?.isGateOpen], ['pausing', true]);
    const more = await call(runsContinue, { id, addIterations: 2 });
    assert.deepEqual([more.status, more.maxIterations], ['pausing', 42]);
    await slow('a', false);
    const paused = await once(id, isAt('paused', 'completed'));
    assert.deepEqual([paused.status, paused.iterations, paused.maxIterations], ['paused', 1, 42]);
    // One that rests goes on with what it is given.
    const going = await call(runsContinue, { id, addIterations: 1 });
    assert.deepEqual([going.status, going.maxIterations], ['active', 43]);
    assert.equal((await once(id, hasEnded)).status, 'completed');
  });

  test('that is stopped ends its agent with all its processes', async (t) => {
    const place = await runFolder(t);
    const { call, other, lines, slow, once } = place;
    await slow('a', true);
    const id = await begun(place, [counts('a', 3), counts('b', 1, ', needs: [a]')]);
    await until(async () => (await lines('a')) === 1);
    const agent = await pidOfAgent(place, id);
    process.kill(agent, 0);
    assert.match((await other().call(runsStop, { id })).status, /^stop/);
    const run = await once(id, hasEnded);
    assert.equal(run.status, 'stopped');
    assert.deepEqual(
      run.steps.map(({ status }) => status),
      ['skipped', 'skipped'],
    );
    assert.throws(() => process.kill(agent, 0), { code: 'ESRCH' });
    const { sessions } = await call(sessionsFind, { parentId: id });
    assert.deepEqual(
      sessions.map(({ status }) => status),
      ['failed'],
    );
    for (const method of [runsStop, runsPause, runsContinue])
      await assert.rejects(call(method, { id }), { code: 'ILLEGAL_TRANSITION' });
  });

  test('that nobody drives is stopped at once, and nothing of it begins', async (t) => {
    const place = await runFolder(t);
    const { call, once, lines, alone } = place;
    const id = await begun(place, [counts('a', 1, ', gate: manual')]);
    await once(id, isAt('parked'));
    await alone(id);
    assert.equal((await call(runsStop, { id })).status, 'stopped');
    assert.equal((await call(sessionsGet, { id })).status, 'failed');
    assert.equal(await lines('a'), 0);
  });

  test('waits at a gate, and goes on when it is opened, also before its turn has come', async (t) => {
    const place = await runFolder(t);
    const { call, once, lines, slow } = place;
    const steps = [
      counts('a', 1),
      counts('b', 1, ', needs: [a], gate: manual'),
      counts('c', 1, ', needs: [b], gate: manual'),
    ];
    await slow('a', true);
    const id = await begun(place, steps);
    await until(async () => (await lines('a')) === 1);
    const opened = await call(runsContinue, { id, step: 'c' });
    assert.deepEqual(
      opened.steps.map(({ isGateOpen }) => isGateOpen),
      [false, false, true],
    );
    await assert.rejects(call(runsContinue, { id, step: 'a' }), { code: 'INVALID_PARAMS' });
    await assert.rejects(call(runsContinue, { id }), {
      code: 'INVALID_PARAMS',
      message: /needs addIterations/,
    });
    await slow('a', false);
    const parked = await once(id, isAt('parked'));
    assert.deepEqual(parked.parkedFor, { reason: 'gate', step: 'b' });
    assert.equal((await call(sessionsGet, { id })).status, 'paused');
    await assert.rejects(call(runsPause, { id }), { code: 'ILLEGAL_TRANSITION', message: /Continue it/ });
    await call(runsContinue, { id });
    assert.equal((await once(id, hasEnded)).status, 'completed');
    assert.deepEqual([await lines('b'), await lines('c')], [1, 1]);
  });

  test('parks at the budget of a step, and of the run, says how far, and goes on with more', async (t) => {
    const place = await runFolder(t);
    const { call, once } = place;
    const step = "{ id: a, prompt: '${inputs.folder}/a', untilOutput: '^lines: 5$', maxIterations: 2 }";
    const id = await begun(place, [step], 'maxIterations: 3');
    const first = await once(id, isAt('parked'));
    assert.deepEqual(first.parkedFor, { reason: 'stepIterations', step: 'a', used: 2, limit: 2 });
    await assert.rejects(call(runsContinue, { id }), (error: unknown) => {
      assert.ok(error instanceof Error && 'actions' in error && 'code' in error);
      assert.equal(error.code, 'ITERATION_LIMIT');
      assert.deepEqual(error.actions, [
        {
          kind: 'command',
          label: 'Continue with 10 More',
          method: 'runs.continue',
          params: { id, addIterations: 10, step: 'a' },
        },
      ]);
      return true;
    });
    const going = await call(runsContinue, { id, addIterations: 1 });
    assert.deepEqual([going.maxIterations, going.steps[0]?.maxIterations], [4, 3]);
    const second = await once(id, isAt('parked'));
    assert.deepEqual(second.parkedFor, { reason: 'stepIterations', step: 'a', used: 3, limit: 3 });
    await call(runsContinue, { id, addIterations: 2 });
    const run = await once(id, hasEnded);
    assert.deepEqual([run.status, run.iterations, run.maxIterations], ['completed', 5, 6]);
    const session = await call(sessionsGet, { id });
    assert.deepEqual([session.iterations, session.maxIterations], [5, 6]);
    const [child] = (await call(sessionsFind, { parentId: id })).sessions;
    assert.deepEqual([child?.iterations, child?.maxIterations, child?.status], [5, 5, 'completed']);
  });

  test('parks at the limit of the whole run, and goes on with more of it', async (t) => {
    const place = await runFolder(t);
    const { call, once } = place;
    const id = await begun(
      place,
      [counts('a', 3)],
      'maxIterations: 2\nlimits: { output: 12B, wallClock: 1h }',
    );
    // "lines: 1" and its line feed are nine bytes: the second answer is cut, which is no failure of the step.
    const first = await once(id, isAt('parked'));
    assert.deepEqual([first.parkedFor?.reason, first.parkedFor?.limit], ['iterations', 2]);
    assert.deepEqual(
      first.limits.find(({ name }) => name === 'output'),
      {
        name: 'output',
        limit: 12,
        used: 12,
        enforcedBy: 'runner',
      },
    );
    await call(runsContinue, { id, addIterations: 5 });
    const second = await once(id, isAt('parked'));
    assert.deepEqual([second.parkedFor?.reason, second.parkedFor?.used], ['outputBytes', 12]);
    await assert.rejects(call(runsContinue, { id }), { code: 'INVALID_PARAMS', message: /addLimits/ });
    await assert.rejects(call(runsContinue, { id, addLimits: { tokens: 5 } }), /tokens: .* no such limit/);
    const going = await call(runsContinue, { id, addLimits: { outputBytes: 100 } });
    assert.equal(going.limits.find(({ name }) => name === 'output')?.limit, 112);
    assert.equal((await once(id, hasEnded)).status, 'completed');
  });

  test('has one runner, however many are started', async (t) => {
    const place = await runFolder(t);
    const { other, lines, slow, once, call } = place;
    await slow('a', true);
    const id = await begun(place, [counts('a', 1)]);
    await until(async () => (await lines('a')) === 1);
    const { server } = other();
    await assert.rejects(server.drive(id, new AbortController().signal), { code: 'SESSION_LOCKED' });
    await slow('a', false);
    assert.equal((await once(id, hasEnded)).status, 'completed');
    assert.equal(await server.drive(id, new AbortController().signal), 'completed');
    const { events } = await call(sessionsEvents, { id, types: ['run.left'] });
    assert.deepEqual(events, []);
  });

  test('continued by many at once adds what each of them has added, once, and has one runner', async (t) => {
    const place = await runFolder(t);
    const { other, once, lines } = place;
    const step = "{ id: a, prompt: '${inputs.folder}/a', untilOutput: '^lines: 4$', maxIterations: 1 }";
    const id = await begun(place, [step]);
    await once(id, isAt('parked'));
    const doors = [other(), other(), other()];
    await Promise.all(doors.map(({ call }) => call(runsContinue, { id, step: 'a', addIterations: 1 })));
    const run = await once(id, hasEnded);
    assert.deepEqual([run.status, run.maxIterations, await lines('a')], ['completed', 4, 4]);
  });

  test('at whose gate many continue it at once opens that gate, and none after it', async (t) => {
    const place = await runFolder(t);
    const { other, once, lines } = place;
    const steps = [counts('a', 1, ', gate: manual'), counts('b', 1, ', needs: [a], gate: manual')];
    const id = await begun(place, steps);
    await once(id, isAt('parked'));
    const doors = [other(), other(), other()];
    const asked = await Promise.allSettled(doors.map(({ call }) => call(runsContinue, { id })));
    assert.ok(asked.some(({ status }) => status === 'fulfilled'));
    const parked = await once(id, ({ parkedFor }) => parkedFor?.step === 'b');
    assert.deepEqual([parked.parkedFor?.reason, await lines('a'), await lines('b')], ['gate', 1, 0]);
  });

  test('a signal to its runner cancels what is in flight, and leaves the run to be continued', async (t) => {
    const place = await runFolder(t);
    const { lines, slow, once, runnerOf, call } = place;
    await slow('a', true);
    const id = await begun(place, [counts('a', 2)]);
    await until(async () => (await lines('a')) === 1);
    const agent = await pidOfAgent(place, id);
    process.kill(await runnerOf(id), 'SIGTERM');
    const left = await once(id, isAt('interrupted'));
    assert.equal(left.error, undefined);
    assert.throws(() => process.kill(agent, 0), { code: 'ESRCH' });
    await slow('a', false);
    await call(runsContinue, { id });
    assert.equal((await once(id, hasEnded)).status, 'completed');
  });

  test('ends with its window where the setting says so', async (t) => {
    const place = await runFolder(t, {}, { LOCKSTEP_RUNS_END_WITH_WINDOW: '1' });
    const { lines, slow, once, folder, write } = place;
    await slow('a', true);
    const file = await write(workflow([counts('a', 2)]));
    const window = place.window();
    const { id } = await window.call(runsStart, { file, workspace: folder, inputs: { folder } });
    await until(async () => (await lines('a')) === 1);
    const agent = await pidOfAgent(place, id);
    await window.kill();
    await once(id, isAt('interrupted'));
    await until(() => !isAlive(agent));
  });

  test('a pause by sessions.pause is the same', async (t) => {
    const place = await runFolder(t);
    const { call, lines, slow, once } = place;
    await slow('a', true);
    const id = await begun(place, [counts('a', 2)]);
    await until(async () => (await lines('a')) === 1);
    await call(sessionsPause, { id });
    assert.equal((await call(runsGet, { id })).status, 'pausing');
    await slow('a', false);
    await once(id, isAt('paused'));
  });
});
