import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { activeMs } from '../../../server/domain/workflowBudget.ts';
import { meant } from '../../../server/domain/workflowContinuation.ts';
import * as run from '../../../server/domain/workflowRun.ts';
import { MAX_ITERATIONS } from '../../../server/protocol/session.ts';
import { plannedStep, planOf } from './workflowPlans.ts';
import {
  T,
  again,
  continued,
  decided,
  done,
  failed,
  gated,
  loop,
  pass,
  toBegin,
  two,
  use,
} from './workflowSteps.ts';

describe('a pause', () => {
  it('begins nothing more, cuts nothing, and is there once nothing is in flight', () => {
    const busy = run.begun(two, run.start(two, T), 'a', T);
    const pausing = run.pause(two, busy, T);
    assert.equal(pausing.status, 'pausing');
    assert.deepEqual(decided(two, pausing), { state: pausing, begin: [], cancel: [] });
    assert.throws(() => run.begun(two, pausing, 'b', T), { code: 'ILLEGAL_TRANSITION' });
    assert.equal(run.pause(two, pausing, T), pausing, 'asked for twice');
    const paused = run.ended(two, pausing, 'a', again, T);
    assert.equal(decided(two, paused).end, 'paused');
    assert.deepEqual(toBegin(two, run.resume(two, paused, T)), ['a 2', 'b 1']);
  });

  it('is there at once where nothing is in flight, and can be withdrawn before', () => {
    assert.equal(run.pause(two, run.start(two, T), T).status, 'paused');
    const pausing = run.pause(two, run.begun(two, run.start(two, T), 'a', T), T);
    assert.deepEqual(toBegin(two, run.resume(two, pausing, T)), ['b 1']);
  });

  it('does not hide that the run is done, or cannot go on', () => {
    const pausing = run.pause(loop, run.begun(loop, run.start(loop, T), 'fix', T), T);
    assert.equal(run.ended(loop, pausing, 'fix', done, T).status, 'completed');
    assert.equal(run.ended(loop, pausing, 'fix', failed, T).status, 'failed');
  });

  it('is refused with what is allowed where the run is not going', () => {
    const parked = pass(gated, pass(gated, run.start(gated, T), 'implement', done), 'lint', done);
    assert.equal(parked.status, 'parked');
    assert.throws(() => run.pause(gated, parked, T), {
      code: 'ILLEGAL_TRANSITION',
      message:
        'Cannot pause the run of workflow fix-tests: it is parked, and must be active. Continue it, or stop it.',
      details: { from: 'parked', to: 'paused', allowedFrom: ['active'] },
    });
    assert.throws(() => run.resume(gated, parked, T), { code: 'ILLEGAL_TRANSITION' });
  });
});

describe('a stop', () => {
  it('has what is in flight cancelled, and is there once nothing is', () => {
    const busy = run.begun(two, run.begun(two, run.start(two, T), 'a', T), 'b', T);
    const stopping = run.stop(two, busy, T);
    assert.deepEqual(decided(two, stopping), { state: stopping, begin: [], cancel: ['a', 'b'] });
    assert.equal(run.stop(two, stopping, T), stopping, 'asked for twice');
    const one = run.interrupted(two, stopping, 'a', T, { ...use, tokens: 7 });
    assert.deepEqual(decided(two, one).cancel, ['b']);
    const stopped = run.ended(two, one, 'b', done, T);
    assert.equal(decided(two, stopped).end, 'stopped');
    assert.deepEqual(
      stopped.steps.map(({ status, iterations, failures }) => [status, iterations, failures]),
      [
        ['skipped', 1, 0],
        ['done', 1, 0],
      ],
    );
    assert.equal(stopped.used.tokens, 7);
  });

  it('ends a run that is paused or parked at once, and is final', () => {
    const paused = run.pause(loop, run.start(loop, T), T);
    const stopped = run.stop(loop, paused, T);
    assert.equal(stopped.status, 'stopped');
    for (const again of [run.resume, run.pause, run.stop])
      assert.throws(() => again(loop, stopped, T), {
        code: 'ILLEGAL_TRANSITION',
        message: /Start a new run\.$/,
      });
    const parked = pass(gated, pass(gated, run.start(gated, T), 'implement', done), 'lint', done);
    assert.deepEqual(
      [run.stop(gated, parked, T).status, run.stop(gated, parked, T).parkedFor],
      ['stopped', undefined],
    );
  });

  it('does not hide that all was done meanwhile', () => {
    const stopping = run.stop(loop, run.begun(loop, run.start(loop, T), 'fix', T), T);
    assert.equal(run.ended(loop, stopping, 'fix', done, T).status, 'completed');
  });
});

describe('a gate', () => {
  it('parks the run when nothing else can go on, and not before', () => {
    const ready = pass(gated, run.start(gated, T), 'implement', done);
    assert.deepEqual(
      [ready.status, ready.steps[1]?.status],
      ['active', 'parked'],
      'the branch beside it goes on',
    );
    assert.deepEqual(toBegin(gated, ready), ['lint 1']);
    const parked = pass(gated, ready, 'lint', done);
    assert.deepEqual(parked.parkedFor, { reason: 'gate', step: 'review' });
    assert.equal(decided(gated, parked).end, 'parked');
    const open = run.openGate(gated, parked, 'review', T);
    assert.deepEqual(
      [open.status, open.parkedFor, toBegin(gated, open)],
      ['active', undefined, ['review 1']],
    );
    assert.deepEqual(continued(gated, parked, {}, T), open, 'to continue opens it too');
  });

  it('waits for a retry beside it before it parks the run', () => {
    const plan = planOf([
      plannedStep('a', { gate: 'manual' }),
      plannedStep('b', { retry: { attempts: 1, backoffMs: 10 }, maxIterations: 2 }),
    ]);
    const waiting = pass(plan, run.start(plan, T), 'b', failed);
    assert.deepEqual([waiting.status, decided(plan, waiting).wait], ['active', 10]);
  });

  it('may be opened before its turn, and that is remembered', () => {
    const early = run.openGate(gated, run.start(gated, T), 'review', T);
    assert.deepEqual(toBegin(gated, pass(gated, early, 'implement', done)), ['review 1', 'lint 1']);
    assert.equal(run.openGate(gated, early, 'review', T), early);
    assert.throws(() => run.openGate(gated, early, 'lint', T), { code: 'INVALID_PARAMS' });
  });

  it('is not opened by what is added to another step', () => {
    const parked = pass(gated, pass(gated, run.start(gated, T), 'implement', done), 'lint', done);
    const more = continued(gated, parked, { step: 'lint', addIterations: 1 }, T);
    assert.deepEqual(
      [more.status, more.parkedFor?.reason, more.steps[1]?.gateOpen],
      ['parked', 'gate', false],
    );
    assert.throws(() => continued(gated, parked, { step: 'lint' }, T), {
      code: 'INVALID_PARAMS',
      message: /parked at the gate of step review/,
    });
  });
});

describe('what two people say of one run', () => {
  it('is added twice, to the step that both have seen it parked at', () => {
    const parked = pass(
      loop,
      pass(loop, pass(loop, run.start(loop, T), 'fix', again), 'fix', again),
      'fix',
      again,
    );
    assert.equal(parked.parkedFor?.reason, 'stepIterations');
    const more = meant(loop, parked, { addIterations: 2 });
    const both = run.continueWith(loop, run.continueWith(loop, parked, more, T), more, T);
    assert.deepEqual([both.status, both.added, both.steps[0]?.added], ['active', 4, 4]);
  });

  it('opens the gate that both have seen, and none that it comes to later', () => {
    const plan = planOf([
      plannedStep('a', { gate: 'manual' }),
      plannedStep('b', { needs: ['a'], gate: 'manual' }),
    ]);
    const parked = run.start(plan, T);
    const more = [meant(plan, parked, {}), meant(plan, parked, { addIterations: 1 })];
    const next = pass(plan, run.continueWith(plan, parked, meant(plan, parked, {}), T), 'a', done);
    assert.deepEqual(next.parkedFor, { reason: 'gate', step: 'b' });
    for (const one of more) assert.deepEqual(run.continueWith(plan, next, one, T).parkedFor, next.parkedFor);
  });

  it('gives an iteration that was cut again once', () => {
    const plan = planOf([plannedStep('a')]);
    const parked = run.interrupted(plan, run.begun(plan, run.start(plan, T), 'a', T), 'a', T);
    const more = meant(plan, parked, {});
    const both = run.continueWith(plan, run.continueWith(plan, parked, more, T), more, T);
    assert.deepEqual([both.status, both.added], ['active', 1]);
  });

  it('is for the run alone where it is not parked for want of iterations of a step', () => {
    const more = meant(loop, run.start(loop, T), { addIterations: 2 });
    const parked = pass(
      loop,
      pass(loop, pass(loop, run.start(loop, T), 'fix', again), 'fix', again),
      'fix',
      again,
    );
    const late = run.continueWith(loop, parked, more, T);
    assert.deepEqual([late.parkedFor?.reason, late.added, late.steps[0]?.added], ['stepIterations', 2, 0]);
  });
});

describe('a limit', () => {
  it('of a step parks the run when nothing else can go on, and says how far it is', () => {
    const plan = planOf([plannedStep('a'), plannedStep('b')]);
    const ready = pass(plan, run.start(plan, T), 'a', again);
    assert.deepEqual(toBegin(plan, ready), ['b 1']);
    const parked = pass(plan, ready, 'b', done);
    assert.deepEqual(parked.parkedFor, { reason: 'stepIterations', step: 'a', used: 1, limit: 1 });
    const more = continued(plan, parked, { addIterations: 2 }, T);
    assert.deepEqual([more.added, more.steps.map(({ added }) => added)], [2, [2, 0]]);
    assert.deepEqual(
      toBegin(plan, more),
      ['a 2'],
      'one answer is enough, though the run was at its limit too',
    );
    assert.throws(() => continued(plan, parked, {}, T), {
      code: 'ITERATION_LIMIT',
      message: 'Step a of workflow fix-tests has used 1 of its 1 iterations: continue it with addIterations.',
    });
  });

  it('of iterations of the run parks it before the budget of each step is used', () => {
    const plan = { ...two, maxIterations: 1 };
    const parked = pass(plan, run.start(plan, T), 'a', again);
    assert.deepEqual(parked.parkedFor, { reason: 'iterations', used: 1, limit: 1 });
    assert.deepEqual(toBegin(plan, continued(plan, parked, { addIterations: 1 }, T)), ['a 2']);
    assert.throws(() => continued(plan, parked, {}, T), {
      code: 'ITERATION_LIMIT',
      message:
        'The run of workflow fix-tests has used 1 of its 1 iterations: continue it with addIterations.',
    });
  });

  it('of the run parks it once nothing is in flight, and cuts nothing', () => {
    const plan = { ...two, limits: { tokens: 100 } };
    const busy = run.begun(plan, run.start(plan, T), 'b', T);
    const over = pass(plan, busy, 'a', { ...again, tokens: 130 });
    assert.deepEqual([over.status, decided(plan, over).begin], ['active', []]);
    assert.throws(() => run.begun(plan, over, 'a', T), { code: 'ILLEGAL_TRANSITION' });
    const parked = run.ended(plan, over, 'b', again, T);
    assert.deepEqual(parked.parkedFor, { reason: 'tokens', used: 130, limit: 100 });
    const short = continued(plan, parked, { addLimits: { tokens: 20 } }, T);
    assert.deepEqual(short.parkedFor, { reason: 'tokens', used: 130, limit: 120 }, 'that was not enough');
    const enough = continued(plan, short, { addLimits: { tokens: 20 } }, T);
    assert.deepEqual(toBegin(plan, enough), ['a 2', 'b 2']);
    assert.throws(() => continued(plan, parked, {}, T), {
      code: 'INVALID_PARAMS',
      message: /limit tokens, 100/,
    });
    assert.throws(() => continued(plan, parked, { addLimits: { costUsd: 1 } }, T), {
      code: 'INVALID_PARAMS',
    });
  });

  it('of cost or output parks as one of tokens does', () => {
    for (const [limits, reason, used] of [
      [{ costUsd: 0.5 }, 'costUsd', 0.75],
      [{ outputBytes: 64 }, 'outputBytes', 64],
    ] as const) {
      const plan = { ...loop, limits };
      const parked = pass(plan, run.start(plan, T), 'fix', { ...again, costUsd: 0.75, bytes: 64 });
      assert.deepEqual([parked.parkedFor?.reason, parked.parkedFor?.used], [reason, used]);
    }
  });

  it('that is reached as the last step is done does not matter any more', () => {
    const plan = { ...loop, limits: { tokens: 1 } };
    assert.equal(pass(plan, run.start(plan, T), 'fix', { ...done, tokens: 9 }).status, 'completed');
  });

  it('can be raised before it is reached, also while the run is paused, which it stays', () => {
    const paused = run.pause(loop, run.start(loop, T), T);
    const more = continued(loop, paused, { step: 'fix', addIterations: 4 }, T);
    assert.deepEqual([more.status, more.added, more.steps[0]?.added], ['paused', 4, 4]);
    assert.throws(() => continued(loop, run.start(loop, T), {}, T), { code: 'INVALID_PARAMS' });
    assert.throws(() => continued(loop, paused, { addIterations: MAX_ITERATIONS }, T), {
      code: 'INVALID_PARAMS',
    });
  });

  it('of wall clock counts the time in which the run was active, and not that of pauses and gates', () => {
    const plan = { ...loop, limits: { wallClockMs: 1000 } };
    const paused = run.pause(plan, run.start(plan, T), T + 400);
    const resumed = run.resume(plan, paused, T + 90_000);
    assert.equal(activeMs(resumed, T + 90_500), 900);
    assert.deepEqual(toBegin(plan, resumed, T + 90_599), ['fix 1']);
    const { end, state } = decided(plan, resumed, T + 90_600);
    assert.equal(end, 'parked');
    assert.deepEqual(state.parkedFor, { reason: 'wallClock', used: 1000, limit: 1000 });
    assert.equal(activeMs(state, T + 999_999), 1000);
  });

  it('of wall clock cuts what is in flight, which is no failure, and parks the run then', () => {
    const plan = { ...two, limits: { wallClockMs: 1000 } };
    const started = run.start(plan, T);
    assert.equal(decided(plan, started).wait, 1000, 'of what begins');
    const busy = run.begun(plan, run.begun(plan, started, 'a', T), 'b', T);
    assert.deepEqual([decided(plan, busy, T + 400).cancel, decided(plan, busy, T + 400).wait], [[], 600]);
    const pausing = run.pause(plan, busy, T + 400);
    for (const state of [busy, pausing]) {
      const late = decided(plan, state, T + 1000);
      assert.deepEqual(
        [late.cancel, late.begin, late.wait, late.end],
        [['a', 'b'], [], undefined, undefined],
      );
    }
    const one = run.interrupted(plan, busy, 'a', T + 1001, use, 'Time is up.');
    assert.deepEqual(decided(plan, one, T + 1001).cancel, ['b']);
    const both = run.interrupted(plan, one, 'b', T + 1002, use, 'Time is up.');
    assert.deepEqual([both.status, both.parkedFor?.reason, both.iterations], ['parked', 'wallClock', 2]);
    assert.deepEqual(
      both.steps.map(({ failures, cut }) => [failures, cut]),
      [
        [0, 'Time is up.'],
        [0, 'Time is up.'],
      ],
    );
    const more = continued(plan, both, { addLimits: { wallClockMs: 500 } }, T + 2000);
    assert.deepEqual(toBegin(plan, more, T + 2000), ['a 2', 'b 2']);
  });

  it('of wall clock ends the wait for a retry', () => {
    const step = plannedStep('a', { maxIterations: 2, retry: { attempts: 1, backoffMs: 5000 } });
    const plan = planOf([step], { limits: { wallClockMs: 1000 } });
    const waiting = pass(plan, run.start(plan, T), 'a', failed, T + 100);
    assert.equal(decided(plan, waiting, T + 100).wait, 900);
    assert.equal(decided(plan, waiting, T + 1000).end, 'parked');
  });

  it('of wall clock stands still while all that is in flight waits for a person', () => {
    const busy = run.begun(two, run.begun(two, run.start(two, T), 'a', T), 'b', T);
    const one = run.asking(two, busy, 'a', T + 100);
    const both = run.asking(two, one, 'b', T + 300);
    assert.equal(activeMs(both, T + 9000), 300);
    const plan = { ...two, limits: { wallClockMs: 1000 } };
    const asking = decided(plan, both, T + 9000);
    assert.deepEqual([asking.cancel, asking.wait], [[], undefined]);
    const free = planOf([...two.steps, plannedStep('c')], { limits: { wallClockMs: 1000 } });
    const third = run.asking(free, run.begun(free, run.start(free, T), 'a', T), 'a', T);
    assert.equal(decided(free, third, T + 9000).wait, 1000, 'it runs again with what begins');
    assert.equal(activeMs(run.answered(two, both, 'a', T + 9000), T + 9050), 350);
    assert.equal(
      activeMs(run.ended(two, both, 'b', done, T + 9000), T + 9050),
      300,
      'the other one still asks',
    );
  });
});
