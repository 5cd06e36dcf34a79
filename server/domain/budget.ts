import { MAX_ITERATIONS } from '../protocol/session.ts';
import { LockstepError } from './errors.ts';

/** How many iterations were begun, and how many may be. A value: charging and raising give a new one. */
export interface Budget {
  readonly iterations: number;
  readonly maxIterations: number;
}

export function remaining(budget: Budget): number {
  return Math.max(0, budget.maxIterations - budget.iterations);
}

/** The budget after one more iteration, or undefined when there is none left. */
export function charge(budget: Budget): Budget | undefined {
  return remaining(budget) === 0 ? undefined : { ...budget, iterations: budget.iterations + 1 };
}

/** @throws LockstepError INVALID_PARAMS where the sum would be over the largest budget. */
export function raise(budget: Budget, by: number): Budget {
  const maxIterations = budget.maxIterations + by;
  if (maxIterations > MAX_ITERATIONS) {
    throw new LockstepError(
      'INVALID_PARAMS',
      `addIterations: ${budget.maxIterations} and ${by} more would be over the largest budget, ${MAX_ITERATIONS}.`,
      { details: { param: 'addIterations', most: MAX_ITERATIONS - budget.maxIterations } },
    );
  }
  return { ...budget, maxIterations };
}
