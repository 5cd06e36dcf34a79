import fc from 'fast-check';
import type { Addition } from '../../../server/domain/workflowContinuation.ts';
import type { IterationOutcome } from '../../../server/domain/workflowRunState.ts';

/**
 * What happens to a run; `begin` is what a runner does that decided before the state was changed. `pick` chooses among
 * what there is at that moment, so that most moves mean something.
 */
export type Move =
  | { readonly kind: 'work' }
  | { readonly kind: 'end'; readonly pick: number; readonly outcome: IterationOutcome }
  | { readonly kind: 'begin' | 'interrupt' | 'ask' | 'answer' | 'openGate'; readonly pick: number }
  | { readonly kind: 'continue'; readonly pick: number | undefined; readonly more: Addition }
  | { readonly kind: 'pause' | 'resume' | 'stop' | 'crash' | 'tick' }
  | { readonly kind: 'time'; readonly ms: number };

const pick = fc.nat(100);
const outcome: fc.Arbitrary<IterationOutcome> = fc
  .record({
    kind: fc.constantFrom('done', 'again', 'failed'),
    use: fc.record(
      { tokens: fc.nat(20), costUsd: fc.double({ min: 0, max: 2, noNaN: true }) },
      { requiredKeys: [] },
    ),
    ms: fc.nat(1000),
    bytes: fc.nat(200),
    message: fc.option(fc.string({ maxLength: 2000 })),
  })
  .map(({ use, message, ...rest }) => ({ ...rest, ...use, ...(message === null ? {} : { message }) }));

const more: fc.Arbitrary<Addition> = fc.record(
  {
    addIterations: fc.integer({ min: 1, max: 4 }),
    addLimits: fc.record(
      {
        wallClockMs: fc.nat(5000),
        tokens: fc.nat(50),
        costUsd: fc.double({ min: 0, max: 5, noNaN: true }),
        outputBytes: fc.nat(500),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

/** Moves of a runner, and of people and crashes, which come less often; `isWild`: stops and clocks that are set back too. */
export function moves(isWild: boolean): fc.Arbitrary<Move> {
  const of = (kind: 'pause' | 'resume' | 'stop' | 'crash' | 'tick') => fc.constant({ kind } as const);
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant({ kind: 'work' } as const) },
    { weight: 10, arbitrary: fc.record({ kind: fc.constant('end'), pick, outcome }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('openGate', 'ask', 'answer'), pick }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('begin', 'interrupt'), pick }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('continue'),
        pick: fc.option(pick, { nil: undefined }),
        more,
      }),
    },
    { weight: 2, arbitrary: of('pause') },
    { weight: 3, arbitrary: of('resume') },
    { weight: 2, arbitrary: of('crash') },
    { weight: 1, arbitrary: of('tick') },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('time'), ms: fc.nat(1500) }) },
    ...(isWild
      ? [
          { weight: 1, arbitrary: of('stop') },
          { weight: 1, arbitrary: fc.record({ kind: fc.constant('time'), ms: fc.constant(-200) }) },
        ]
      : []),
  );
}
