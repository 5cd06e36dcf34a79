import { LockstepError } from './errors.ts';
import type { WorkflowPlan } from './workflowPlan.ts';
import { stepOf, type RunState, type RunStatus } from './workflowRunState.ts';

/** What a run is as long as it can go on, or be given more. */
export const CONTINUABLE: readonly RunStatus[] = ['active', 'pausing', 'paused', 'parked'];

/**
 * `to` is the status that the step leads to; the run's own where it stays as it is.
 * @throws LockstepError ILLEGAL_TRANSITION
 */
export function allow(
  verb: string,
  plan: WorkflowPlan,
  state: RunState,
  from: readonly RunStatus[],
  to?: RunStatus,
): void {
  if (from.includes(state.status)) return;
  const { status } = state;
  const advice = advices[status] ?? '';
  throw new LockstepError(
    'ILLEGAL_TRANSITION',
    `Cannot ${verb} the run of workflow ${plan.name}: it is ${status}, and must be ${from.join(' or ')}.${advice}`,
    { details: { from: status, to: to ?? status, allowedFrom: [...from] } },
  );
}

const advices: Readonly<Partial<Record<RunStatus, string>>> = {
  pausing: ' It is paused once its iterations in flight have ended.',
  paused: ' Continue it, or stop it.',
  parked: ' Continue it, or stop it.',
  stopping: ' It ends once its agents have ended.',
  completed: ' Start a new run.',
  failed: ' Start a new run.',
  stopped: ' Start a new run.',
};

/** @throws LockstepError ILLEGAL_TRANSITION where the step has no iteration in flight. */
export function mustRun(verb: string, plan: WorkflowPlan, state: RunState, step: string): void {
  if (stepOf(plan, state, step).status !== 'running') throw illegalStep(verb, plan, state, step);
}

export function illegalStep(verb: string, plan: WorkflowPlan, state: RunState, step: string): LockstepError {
  const { status } = stepOf(plan, state, step);
  return new LockstepError(
    'ILLEGAL_TRANSITION',
    `Cannot ${verb} step ${step} of workflow ${plan.name}: the run is ${state.status}, the step ${status}.`,
    { details: { step, from: status, run: state.status } },
  );
}

/** For a continuation that tells nothing that could help. */
export function nothingAdded(plan: WorkflowPlan, state: RunState): LockstepError {
  const { parkedFor } = state;
  const { reason, step, used, limit } = parkedFor ?? {};
  if (reason === 'iterations' || reason === 'stepIterations') {
    const whose =
      step === undefined ? `The run of workflow ${plan.name}` : `Step ${step} of workflow ${plan.name}`;
    const cuts = state.steps
      .filter(({ id, cut }) => cut !== undefined && (step === undefined || id === step))
      .map(({ id, cut }) => ` The last iteration of step ${id} was cut: ${cut}`);
    return new LockstepError(
      'ITERATION_LIMIT',
      `${whose} has used ${used} of its ${limit} iterations: continue it with addIterations.${cuts.join('')}`,
      { details: { iterations: used, maxIterations: limit, ...(step === undefined ? {} : { step }) } },
    );
  }
  if (reason === 'gate')
    return new LockstepError(
      'INVALID_PARAMS',
      `The run of workflow ${plan.name} is parked at the gate of step ${step}: continue that one.`,
      { details: { param: 'step', step } },
    );
  return new LockstepError(
    'INVALID_PARAMS',
    reason === undefined
      ? `The run of workflow ${plan.name} is ${state.status}: continuing it needs addIterations or addLimits.`
      : `The run of workflow ${plan.name} has used ${used} of its limit ${reason}, ${limit}: continue it with addLimits.`,
    { details: { param: 'addLimits', ...(reason === undefined ? {} : { reason }) } },
  );
}
