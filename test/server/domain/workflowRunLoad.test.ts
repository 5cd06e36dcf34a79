import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { activeMs } from '../../../server/domain/workflowBudget.ts';
import type { WorkflowPlan } from '../../../server/domain/workflowPlan.ts';
import * as run from '../../../server/domain/workflowRun.ts';
import { runState, type RunState } from '../../../server/domain/workflowRunState.ts';
import { ticked } from '../../../server/domain/workflowTurns.ts';
import { plannedStep, planOf } from './workflowPlans.ts';
import { T, again, continued, decided, failed, loop, pass, toBegin, two } from './workflowSteps.ts';

describe('a run that a new runner loads', () => {
  const reload = (plan: WorkflowPlan, state: RunState, now: number) =>
    run.load(plan, runState.parse(JSON.parse(JSON.stringify(state))), now);

  it('goes on with the next iteration of what was in flight, which stays charged and is no failure', () => {
    const loaded = reload(loop, run.begun(loop, run.start(loop, T), 'fix', T), T + 1000);
    const cut = 'The process that drove the run has gone.';
    assert.deepEqual(loaded.steps[0], { ...run.start(loop, T).steps[0], iterations: 1, cut });
    assert.deepEqual(toBegin(loop, loaded), ['fix 2']);
    assert.equal(run.begun(loop, loaded, 'fix', T).steps[0]?.cut, undefined);
  });

  it('is parked in the end where it crashes over and over', () => {
    let state = run.start(loop, T);
    while (toBegin(loop, state).length > 0) state = reload(loop, run.begun(loop, state, 'fix', T), T);
    assert.deepEqual(state.parkedFor, { reason: 'stepIterations', step: 'fix', used: 3, limit: 3 });
  });

  it('says that its last iteration was cut, and gives that one again to a person who only continues it', () => {
    const plan = planOf([plannedStep('a'), plannedStep('b', { needs: ['a'] })]);
    const cut = () => reload(plan, run.begun(plan, run.start(plan, T), 'a', T), T);
    const parked = cut();
    assert.deepEqual(parked.parkedFor, { reason: 'stepIterations', step: 'a', used: 1, limit: 1 });
    const going = continued(plan, parked, {}, T);
    assert.deepEqual([going.added, going.steps.map(({ added }) => added)], [1, [1, 0]]);
    assert.deepEqual(toBegin(plan, going), ['a 2']);
    const second = reload(plan, run.begun(plan, going, 'a', T), T);
    assert.equal(second.status, 'parked', 'a loop of crashes ends each time');
    assert.equal(continued(plan, cut(), { addIterations: 3 }, T).added, 3, 'what is told counts alone');
    const ended = pass(plan, going, 'a', again);
    assert.throws(() => continued(plan, ended, {}, T), { code: 'ITERATION_LIMIT' });
    const short = { ...loop, maxIterations: 1 };
    const whole = reload(short, run.begun(short, run.start(short, T), 'fix', T), T);
    assert.throws(() => continued(short, whole, {}, T), {
      code: 'ITERATION_LIMIT',
      message: /addIterations\. The last iteration of step fix was cut: The process that drove/,
    });
  });

  it('keeps a failure before the crash, and the retry that waits', () => {
    const plan = planOf([plannedStep('a', { maxIterations: 5, retry: { attempts: 1, backoffMs: 100 } })]);
    const waiting = pass(plan, run.start(plan, T), 'a', failed);
    const loaded = reload(plan, waiting, T);
    assert.equal(decided(plan, loaded).wait, 100);
    const lost = reload(plan, run.begun(plan, loaded, 'a', T + 100), T + 200);
    assert.equal(pass(plan, lost, 'a', failed, T + 200).status, 'failed', 'the second failure in a row');
  });

  it('carries out a pause or a stop that was under way', () => {
    const busy = run.begun(loop, run.start(loop, T), 'fix', T);
    assert.equal(reload(loop, run.pause(loop, busy, T), T).status, 'paused');
    assert.equal(reload(loop, run.stop(loop, busy, T), T).status, 'stopped');
  });

  it('counts none of the time after the last thing that was stored', () => {
    const busy = ticked(run.begun(loop, run.start(loop, T), 'fix', T + 10), T + 500);
    assert.equal(activeMs(reload(loop, busy, T + 80_000), T + 80_001), 501);
  });

  it('is refused where its state has other steps than its plan', () => {
    assert.throws(() => run.load(two, run.start(loop, T), T), { code: 'INVALID_PARAMS' });
  });
});
