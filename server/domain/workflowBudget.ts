import { charge, raise, remaining, type Budget } from './budget.ts';
import { LockstepError } from './errors.ts';
import type { PlannedStep, WorkflowPlan } from './workflowPlan.ts';
import type { AddedLimits, ParkedFor, RunState, StepState } from './workflowRunState.ts';

export function runBudget(plan: WorkflowPlan, state: RunState): Budget {
  return { iterations: state.iterations, maxIterations: plan.maxIterations + state.added };
}

export function stepBudget(planned: PlannedStep, step: StepState): Budget {
  return { iterations: step.iterations, maxIterations: planned.maxIterations + step.added };
}

/** The time that a run was active, in milliseconds. A clock that was set back takes nothing away. */
export function activeMs(state: RunState, now: number): number {
  const { activeSince, used } = state;
  return activeSince === undefined ? used.activeMs : used.activeMs + Math.max(0, now - activeSince);
}

/**
 * The first limit of the whole run that is reached, if one is: nothing more begins then. Tokens and cost are known once
 * an agent reported them, so they may be over their limit by what was in flight.
 */
export function reachedLimit(plan: WorkflowPlan, state: RunState, now: number): ParkedFor | undefined {
  const budget = runBudget(plan, state);
  if (remaining(budget) === 0)
    return { reason: 'iterations', used: budget.iterations, limit: budget.maxIterations };
  const { limits } = plan;
  const { addedLimits } = state;
  const { tokens = 0, costUsd = 0, outputBytes } = state.used;
  const of = (reason: ParkedFor['reason'], used: number, limit: number | undefined, added: number) =>
    limit === undefined || used < limit + added ? undefined : { reason, used, limit: limit + added };
  return (
    of('wallClock', activeMs(state, now), limits.wallClockMs, addedLimits.wallClockMs) ??
    of('tokens', tokens, limits.tokens, addedLimits.tokens) ??
    of('costUsd', costUsd, limits.costUsd, addedLimits.costUsd) ??
    of('outputBytes', outputBytes, limits.outputBytes, addedLimits.outputBytes)
  );
}

/** Milliseconds of activity until the run reaches its wall clock, if it has one. */
export function wallClockLeft(plan: WorkflowPlan, state: RunState, now: number): number | undefined {
  const { wallClockMs } = plan.limits;
  if (wallClockMs === undefined) return undefined;
  return Math.max(0, wallClockMs + state.addedLimits.wallClockMs - activeMs(state, now));
}

/** Why the turn of a step, whose needs are met, needs a person first. */
export function blockOf(planned: PlannedStep, step: StepState): ParkedFor | undefined {
  if (planned.gate !== undefined && !step.gateOpen) return { reason: 'gate', step: step.id };
  const budget = stepBudget(planned, step);
  if (charge(budget) !== undefined) return undefined;
  return { reason: 'stepIterations', step: step.id, used: budget.iterations, limit: budget.maxIterations };
}

/** @throws LockstepError INVALID_PARAMS where a sum would be over the largest budget. */
export function withMoreIterations(
  plan: WorkflowPlan,
  state: RunState,
  by: number,
  step: PlannedStep | undefined,
): RunState {
  raise(runBudget(plan, state), by);
  const steps = state.steps.map((its) => {
    if (its.id !== step?.id) return its;
    raise(stepBudget(step, its), by);
    return { ...its, added: its.added + by };
  });
  return { ...state, added: state.added + by, steps };
}

/** @throws LockstepError INVALID_PARAMS for a limit that the plan does not have: there is nothing to add to. */
export function withMoreLimits(plan: WorkflowPlan, state: RunState, more: Partial<AddedLimits>): RunState {
  const sum = (key: keyof AddedLimits) => {
    const by = more[key] ?? 0;
    if (by !== 0 && plan.limits[key] === undefined)
      throw new LockstepError(
        'INVALID_PARAMS',
        `${key}: workflow ${plan.name} has no such limit to add to.`,
        {
          details: { param: key },
        },
      );
    return state.addedLimits[key] + by;
  };
  return {
    ...state,
    addedLimits: {
      wallClockMs: sum('wallClockMs'),
      tokens: sum('tokens'),
      costUsd: sum('costUsd'),
      outputBytes: sum('outputBytes'),
    },
  };
}
