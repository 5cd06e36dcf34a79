import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as run from '../../../../server/domain/workflowRun.ts';
import { OutputInFlight } from '../../../../server/workflows/run/flightLimits.ts';
import { plannedStep, planOf } from '../../domain/workflowPlans.ts';

const T = Date.UTC(2026, 0, 1);
const plan = planOf([plannedStep('a', { maxIterations: 9 }), plannedStep('b')], {
  limits: { outputBytes: 10 },
});
const bothFly = run.begun(plan, run.begun(plan, run.start(plan, T), 'a', T), 'b', T);

describe('the output that a run may write still', () => {
  it('is used up by what is in flight: also for a step whose iteration was cut at it', () => {
    const output = new OutputInFlight();
    for (const step of ['a', 'b']) output.begin(step);
    assert.deepEqual([output.take(plan, bothFly, 'b', 7), output.take(plan, bothFly, 'a', 7)], [7, 3]);
    const cut = run.interrupted(plan, bothFly, 'a', T, { ms: 1, bytes: 3 }, 'cut');
    assert.equal(output.isUsedUp(plan, cut), true);
  });

  it('is there again once more is given', () => {
    const output = new OutputInFlight();
    output.begin('a');
    output.take(plan, bothFly, 'a', 10);
    const more = run.continueWith(plan, bothFly, { addLimits: { outputBytes: 4 } }, T);
    assert.deepEqual([output.isUsedUp(plan, bothFly), output.isUsedUp(plan, more)], [true, false]);
    assert.equal(output.take(plan, more, 'b', 9), 4);
  });

  it('is not taken twice by an iteration that has landed, while the next one of its step begins', () => {
    const output = new OutputInFlight();
    output.begin('a');
    output.take(plan, bothFly, 'a', 5);
    const landed = run.ended(plan, bothFly, 'a', { kind: 'again', ms: 1, bytes: 5 }, T);
    output.begin('a');
    assert.equal(output.take(plan, run.begun(plan, landed, 'a', T), 'b', 9), 5);
  });
});
