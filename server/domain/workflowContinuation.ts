import { remaining } from './budget.ts';
import { stepBudget } from './workflowBudget.ts';
import type { WorkflowPlan } from './workflowPlan.ts';
import { allow, CONTINUABLE, nothingAdded } from './workflowRefusals.ts';
import { plannedStep, stepOf, type AddedLimits, type RunState } from './workflowRunState.ts';

/** What a person says to let a run go on. Amounts are added to what is there, also while nothing is parked. */
export interface Addition {
  /** Whose gate to open, or whose budget to raise, where it is not the step that the run waits at. */
  readonly step?: string;
  readonly addIterations?: number;
  /** Added to the limits of the plan; in its units. */
  readonly addLimits?: Partial<AddedLimits>;
}

/**
 * What such words mean, with all named that they mean: it does the same wherever the run has come to when it is obeyed,
 * so that of two people each adds what they said, and none opens a gate that they have not seen.
 */
export interface Continuation {
  readonly addIterations?: number;
  /** Whose budget `addIterations` raises, together with that of the run; that of the run alone if unset. */
  readonly step?: string;
  readonly addLimits?: Partial<AddedLimits>;
  /** The step whose gate is opened. */
  readonly gate?: string;
  /** The step whose last iteration was cut at the end of its budget: that one is given again. */
  readonly again?: string;
}

/** Nothing to add, no gate to open: a run that is paused, or has lost its runner, is to go on as it is. */
export function isPlain(addition: Addition): boolean {
  return addition.step === undefined && !adds(addition);
}

/**
 * What a person means who sees the run in this state. Iterations are for the run, and for `step` where it is named; where
 * the run is parked at the budget of a step, they are for that step, and where it is parked at a gate, that one is opened,
 * unless another step is named. Who says nothing else of a run that is parked at the budget of a step whose last iteration
 * was cut, means that one again: it takes a person each time, so a loop of crashes ends all the same.
 * @throws LockstepError ILLEGAL_TRANSITION where it cannot go on; ITERATION_LIMIT where it is parked for want of iterations
 *   and gets none; INVALID_PARAMS where nothing is told that could help
 */
export function meant(plan: WorkflowPlan, state: RunState, addition: Addition): Continuation {
  allow('continue', plan, state, CONTINUABLE, 'active');
  const { step } = addition;
  const { reason, step: parkedAt } = state.parkedFor ?? {};
  const waiting = step === undefined || step === parkedAt ? parkedAt : undefined;
  const gate = reason === 'gate' ? waiting : undefined;
  if (adds(addition)) {
    const raised = step ?? (reason === 'stepIterations' ? parkedAt : undefined);
    return {
      ...addition,
      ...(raised === undefined ? {} : { step: raised }),
      ...(gate === undefined ? {} : { gate }),
    };
  }
  if (gate !== undefined) return { gate };
  if (waiting !== undefined && isCutAtBudget(plan, state, waiting)) return { again: waiting };
  const isEarly = step !== undefined && step !== parkedAt && plannedStep(plan, step).gate !== undefined;
  if (isEarly) return { gate: step };
  const isPaused = state.status === 'paused' || state.status === 'pausing';
  if (step === undefined && isPaused) return {};
  throw nothingAdded(plan, state);
}

/** Whether a step has lost its last iteration, without an end, and has none left. */
export function isCutAtBudget(plan: WorkflowPlan, state: RunState, step: string): boolean {
  const its = stepOf(plan, state, step);
  return its.cut !== undefined && remaining(stepBudget(plannedStep(plan, step), its)) === 0;
}

function adds({ addIterations = 0, addLimits = {} }: Addition): boolean {
  return addIterations > 0 || Object.values(addLimits).some((by) => by > 0);
}
