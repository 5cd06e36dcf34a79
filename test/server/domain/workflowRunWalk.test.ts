import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isEnded } from '../../../server/domain/workflowRunState.ts';
import { moves, type Move } from './workflowMoves.ts';
import { plans } from './workflowPlans.ts';
import { Walk } from './workflowRunWalk.ts';

const parallel = fc.integer({ min: 1, max: 4 });
/** `size`: as long as they may be, for what goes wrong late. */
const movesOf = (isWild: boolean) => fc.array(moves(isWild), { maxLength: 60, size: 'max' });
const use = { ms: 1, bytes: 0 };

describe('a run of any workflow', () => {
  it('keeps order, budgets, bounds and accounts, whatever its steps do and whoever pauses, continues, stops or kills it', () => {
    fc.assert(
      fc.property(plans, parallel, fc.oneof(movesOf(true), movesOf(false)), (plan, parallel, sequence) => {
        const walk = new Walk(plan, parallel);
        for (const move of sequence) walk.move(move);
      }),
      { numRuns: 800 },
    );
  });

  it('is completed in the end where its steps can succeed and a person always resumes and continues it', () => {
    fc.assert(
      fc.property(plans, parallel, movesOf(false), (plan, parallel, sequence) => {
        const walk = new Walk(plan, parallel);
        for (const move of sequence) walk.move(survivable(walk, move));
        let rounds = 0;
        while (!isEnded(walk.state.status)) {
          assert.ok(rounds++ < 500, `still ${walk.state.status} for ${JSON.stringify(walk.state.parkedFor)}`);
          const { begin, wait, end } = walk.work();
          for (const entry of walk.inFlight()) walk.end(entry, { kind: 'done', ...use });
          if (end === 'paused') walk.move({ kind: 'resume' });
          if (end === 'parked') letOn(walk);
          if (begin.length === 0 && wait !== undefined) walk.pass(wait);
        }
        assert.equal(walk.state.status, 'completed');
      }),
      { numRuns: 250 },
    );
  });
});

/** No failure that ends the run. */
function survivable(walk: Walk, move: Move): Move {
  if (move.kind !== 'end' || move.outcome.kind !== 'failed') return move;
  const running = walk.inFlight();
  const entry = running[move.pick % running.length];
  if (entry === undefined || !walk.wouldBeFatal(entry.step)) return move;
  return { ...move, outcome: { ...move.outcome, kind: 'again' } };
}

/** As a person does who reads what the run is parked for. */
function letOn(walk: Walk): void {
  const { parkedFor } = walk.state;
  assert.ok(parkedFor);
  const { reason, used = 0, limit = 0 } = parkedFor;
  const short = used - limit + 100;
  switch (reason) {
    case 'gate':
      return walk.continueWith(undefined, {});
    case 'iterations':
    case 'stepIterations':
      return walk.continueWith(undefined, { addIterations: 2 });
    case 'wallClock':
      return walk.continueWith(undefined, { addLimits: { wallClockMs: short } });
    case 'tokens':
    case 'costUsd':
    case 'outputBytes':
      return walk.continueWith(undefined, { addLimits: { [reason]: short } });
  }
}
