import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide } from '../../../server/domain/workflowDecision.ts';
import * as run from '../../../server/domain/workflowRun.ts';
import type { IterationOutcome, RunState } from '../../../server/domain/workflowRunState.ts';
import { failureOf } from '../../../server/domain/workflowTurns.ts';
import { plannedStep, planOf } from './workflowPlans.ts';
import { T, again, done, pass, toBegin, use } from './workflowSteps.ts';

const failed: IterationOutcome = { kind: 'failed', message: 'The agent crashed.', ...use };

const statuses = (state: RunState) => [state.status, ...state.steps.map(({ status }) => status)];

describe('a run of a workflow', () => {
  it('begins a step when all that it needs is done, in the order of the file', () => {
    const plan = planOf([
      plannedStep('last', { needs: ['one', 'two'] }),
      plannedStep('two'),
      plannedStep('one'),
    ]);
    const started = run.start(plan, T);
    assert.deepEqual(toBegin(plan, started), ['two 1', 'one 1']);
    const half = pass(plan, started, 'two', done);
    assert.deepEqual(toBegin(plan, half), ['one 1']);
    assert.throws(() => run.begun(plan, half, 'last', T), { code: 'ILLEGAL_TRANSITION' });
    const ready = pass(plan, half, 'one', done);
    assert.deepEqual(toBegin(plan, ready), ['last 1']);
    const end = pass(plan, ready, 'last', done);
    assert.equal(decide(plan, end, T, { parallel: 1 }).end, 'completed');
  });

  it('has no more iterations in flight than are allowed, and one of a step', () => {
    const plan = planOf(['a', 'b', 'c'].map((id) => plannedStep(id, { maxIterations: 5 })));
    const started = run.start(plan, T);
    assert.deepEqual(toBegin(plan, started, T, 2), ['a 1', 'b 1']);
    const busy = run.begun(plan, started, 'a', T);
    assert.deepEqual(toBegin(plan, busy, T, 2), ['b 1']);
    assert.deepEqual(toBegin(plan, busy, T, 1), []);
    assert.throws(() => run.begun(plan, busy, 'a', T), { code: 'ILLEGAL_TRANSITION' });
    assert.throws(() => run.ended(plan, busy, 'b', done, T), { code: 'ILLEGAL_TRANSITION' });
  });

  it('begins no more at once than the budget of the run has left', () => {
    const plan = planOf([plannedStep('a'), plannedStep('b')], { maxIterations: 1 });
    assert.deepEqual(toBegin(plan, run.start(plan, T)), ['a 1']);
  });

  it('loops over a step until its condition holds', () => {
    const plan = planOf([plannedStep('fix', { maxIterations: 3 })]);
    const first = pass(plan, run.start(plan, T), 'fix', again);
    assert.deepEqual(toBegin(plan, first), ['fix 2']);
    const second = pass(plan, first, 'fix', done);
    assert.deepEqual(statuses(second), ['completed', 'done']);
    assert.equal(second.steps[0]?.workMs, 20);
  });

  it('tries a failed step again as often as its plan says, and waits twice as long each time', () => {
    const retry = { attempts: 2, backoffMs: 5000 };
    const plan = planOf([plannedStep('a', { maxIterations: 9, retry })]);
    const once = pass(plan, run.start(plan, T), 'a', failed);
    assert.deepEqual(statuses(once), ['active', 'retrying']);
    const early = decide(plan, once, T + 4000, { parallel: 1 });
    assert.deepEqual([early.begin, early.wait, early.end], [[], 1000, undefined]);
    assert.throws(() => run.begun(plan, once, 'a', T + 4999), { code: 'ILLEGAL_TRANSITION' });
    const twice = pass(plan, once, 'a', failed, T + 5000);
    assert.equal(decide(plan, twice, T + 5000, { parallel: 1 }).wait, 10_000);
    const thrice = pass(plan, twice, 'a', failed, T + 15_000);
    assert.deepEqual(statuses(thrice), ['failed', 'failed']);
    const { id, message } = failureOf(plan, thrice) ?? {};
    assert.deepEqual([id, message], ['a', 'The agent crashed.']);
  });

  it('counts failures in a row only', () => {
    const plan = planOf([plannedStep('a', { maxIterations: 9, retry: { attempts: 1, backoffMs: 0 } })]);
    const start = run.start(plan, T);
    const mixed = [failed, again, failed, again, failed].reduce(
      (state, outcome) => pass(plan, state, 'a', outcome),
      start,
    );
    assert.deepEqual(statuses(mixed), ['active', 'retrying']);
  });

  it('never waits more than ten minutes for a retry, also when the clock is set back', () => {
    const plan = planOf([
      plannedStep('a', { retry: { attempts: 20, backoffMs: 3_600_000 }, maxIterations: 9 }),
    ]);
    const once = pass(plan, run.start(plan, T), 'a', failed);
    assert.equal(decide(plan, once, T, { parallel: 1 }).wait, 600_000);
    assert.deepEqual(toBegin(plan, once, T - 86_400_000), ['a 2']);
  });

  it('fails when a step failed, once nothing is in flight, and skips what cannot begin any more', () => {
    const plan = planOf([
      plannedStep('a'),
      plannedStep('b', { maxIterations: 2 }),
      plannedStep('afterA', { needs: ['a'] }),
      plannedStep('afterThat', { needs: ['afterA'] }),
      plannedStep('free'),
    ]);
    const busy = run.begun(plan, run.start(plan, T), 'b', T);
    const hurt = pass(plan, busy, 'a', failed);
    assert.deepEqual(statuses(hurt), ['active', 'failed', 'running', 'skipped', 'skipped', 'waiting']);
    assert.deepEqual(toBegin(plan, hurt), [], 'nothing else begins');
    const end = run.ended(plan, hurt, 'b', again, T);
    assert.deepEqual(statuses(end), ['failed', 'failed', 'skipped', 'skipped', 'skipped', 'skipped']);
  });

  it('goes on over a failed step that says continueOnError', () => {
    const plan = planOf([plannedStep('a', { continueOnError: true }), plannedStep('b', { needs: ['a'] })]);
    const hurt = pass(plan, run.start(plan, T), 'a', failed);
    assert.deepEqual(toBegin(plan, hurt), ['b 1']);
    assert.deepEqual(statuses(pass(plan, hurt, 'b', done)), ['completed', 'failed', 'done']);
    assert.equal(failureOf(plan, hurt), undefined);
  });

  it('says that nothing was reported where no agent reported tokens or cost', () => {
    const plan = planOf([plannedStep('a', { maxIterations: 2 })]);
    const silent = pass(plan, run.start(plan, T), 'a', again);
    assert.deepEqual(silent.used, { activeMs: 0, outputBytes: 1 });
    const told = pass(plan, silent, 'a', { ...done, tokens: 0, costUsd: 0.5 });
    assert.deepEqual(told.used, { activeMs: 0, outputBytes: 2, tokens: 0, costUsd: 0.5 });
  });

  it('keeps the beginning of a long message, and no half of a character', () => {
    const plan = planOf([plannedStep('a')]);
    const message = `${'x'.repeat(998)}😀 and so on`;
    const kept = pass(plan, run.start(plan, T), 'a', { ...failed, message }).steps[0]?.message;
    assert.equal(kept?.length, 1000);
    assert.ok(kept?.isWellFormed() && kept.endsWith('…'));
  });

  it('refuses a plan whose steps have no order, and steps that it does not have', () => {
    const cycle = [plannedStep('a', { needs: ['b'] }), plannedStep('b', { needs: ['a'] }), plannedStep('c')];
    const refused = { code: 'INVALID_PARAMS', details: { steps: ['a', 'b'] } };
    assert.throws(() => run.start(planOf(cycle), T), refused);
    assert.throws(() => run.start(planOf([plannedStep('a', { needs: ['x'] })]), T), {
      code: 'INVALID_PARAMS',
    });
    assert.throws(() => run.start(planOf([plannedStep('a'), plannedStep('a')]), T), {
      code: 'INVALID_PARAMS',
    });
    const plan = planOf([plannedStep('a')]);
    assert.throws(() => run.begun(plan, run.start(plan, T), 'x', T), {
      code: 'INVALID_PARAMS',
      message: 'step: workflow fix-tests has no step x. It has a.',
    });
  });
});
