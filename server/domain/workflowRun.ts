import { added, addedCost } from './counting.ts';
import { LockstepError } from './errors.ts';
import { withMoreIterations, withMoreLimits } from './workflowBudget.ts';
import { isCutAtBudget, type Continuation } from './workflowContinuation.ts';
import type { PlannedStep, WorkflowPlan } from './workflowPlan.ts';
import {
  newStep,
  plannedStep,
  stepOf,
  withStep,
  type IterationOutcome,
  type IterationUse,
  type RunState,
  type StepState,
} from './workflowRunState.ts';
import { allow, CONTINUABLE, illegalStep, mustRun } from './workflowRefusals.ts';
import { beginsNow, isOpen, MAX_RETRY_WAIT_MS, settle, ticked, turns } from './workflowTurns.ts';

/** The longest message of a failure that a state keeps, in characters; the whole one is in the history of the step. */
export const MAX_MESSAGE = 1000;
/** Why what was in flight is cut when a run is loaded. */
const LOST_RUNNER = 'The process that drove the run has gone.';

/**
 * A new run, which may be parked at once, at a gate.
 * @throws LockstepError INVALID_PARAMS where the steps of the plan cannot be brought into an order.
 */
export function start(plan: WorkflowPlan, now: number): RunState {
  checkOrder(plan);
  const state: RunState = {
    status: 'active',
    iterations: 0,
    added: 0,
    used: { activeMs: 0, outputBytes: 0 },
    addedLimits: { wallClockMs: 0, tokens: 0, costUsd: 0, outputBytes: 0 },
    steps: plan.steps.map(({ id }) => newStep(id)),
  };
  return settle(plan, state, now);
}

/**
 * A stored state in the hands of a new runner. What was in flight is interrupted; the time since the last stored change
 * is not counted as active, since nobody knows how much of it was. A pause or a stop that was under way is carried out.
 */
export function load(plan: WorkflowPlan, stored: RunState, now: number): RunState {
  const isOfPlan =
    stored.steps.length === plan.steps.length &&
    stored.steps.every(({ id }, index) => id === plan.steps[index]?.id);
  if (!isOfPlan)
    throw new LockstepError(
      'INVALID_PARAMS',
      `The stored state of workflow ${plan.name} has other steps than its plan: start a new run.`,
      { details: { steps: plan.steps.map(({ id }) => id), stored: stored.steps.map(({ id }) => id) } },
    );
  const steps = stored.steps.map((step) => (step.status === 'running' ? rested(step, LOST_RUNNER) : step));
  const clock = stored.activeSince === undefined ? {} : { activeSince: now };
  return settle(plan, { ...stored, ...clock, steps }, now);
}

/**
 * Charges the next iteration of a step, to the step and the run. Called on the state as it is in the store: where that
 * has changed since the decision, the iteration may not begin any more.
 * @throws LockstepError ILLEGAL_TRANSITION where it may not begin.
 */
export function begun(plan: WorkflowPlan, state: RunState, step: string, now: number): RunState {
  stepOf(plan, state, step);
  const turn = turns(plan, state).find((its) => its.step.id === step);
  if (turn === undefined || !isOpen(plan, state, now) || !beginsNow(turn, now))
    throw illegalStep('begin an iteration of', plan, state, step);
  const charged = { ...ticked(state, now), iterations: state.iterations + 1 };
  return settle(
    plan,
    withStep(charged, step, ({ retryAt: _, cut: _cut, ...its }) => ({
      ...its,
      status: 'running',
      iterations: its.iterations + 1,
    })),
    now,
  );
}

/** The iteration in flight of a step came to its end. After a failure, the step is tried again as often as its plan says. */
export function ended(
  plan: WorkflowPlan,
  state: RunState,
  step: string,
  outcome: IterationOutcome,
  now: number,
): RunState {
  const planned = plannedStep(plan, step);
  mustRun('end an iteration of', plan, state, step);
  return settle(
    plan,
    withStep(used(ticked(state, now), outcome), step, (its) => outcomeOf(planned, its, outcome, now)),
    now,
  );
}

/**
 * The iteration in flight of a step was cancelled or lost: it stays charged, is no failure, and the step goes on with its
 * next one. `use` is what is known of what it used; `why` tells a person why it was cut.
 */
export function interrupted(
  plan: WorkflowPlan,
  state: RunState,
  step: string,
  now: number,
  use?: IterationUse,
  why = 'It was cancelled.',
): RunState {
  mustRun('interrupt an iteration of', plan, state, step);
  const clock = ticked(state, now);
  return settle(
    plan,
    withStep(use === undefined ? clock : used(clock, use), step, (its) =>
      rested({ ...its, workMs: its.workMs + (use?.ms ?? 0) }, shortened(why)),
    ),
    now,
  );
}

/** The iteration in flight waits for the answer of a person: while all do, the clock of the run stands. */
export function asking(plan: WorkflowPlan, state: RunState, step: string, now: number): RunState {
  return withAsking(plan, state, step, now, true);
}

/** It waits for no answer any more; a step that asked several things at once has the answer to the last one. */
export function answered(plan: WorkflowPlan, state: RunState, step: string, now: number): RunState {
  return withAsking(plan, state, step, now, false);
}

/** Nothing more begins; the run is `paused` once nothing is in flight. */
export function pause(plan: WorkflowPlan, state: RunState, now: number): RunState {
  if (state.status === 'pausing') return state;
  allow('pause', plan, state, ['active'], 'paused');
  return settle(plan, { ...ticked(state, now), status: 'pausing' }, now);
}

/** Also withdraws a pause that is not carried out yet. */
export function resume(plan: WorkflowPlan, state: RunState, now: number): RunState {
  allow('resume', plan, state, ['pausing', 'paused'], 'active');
  return settle(plan, { ...state, status: 'active' }, now);
}

/** Nothing more begins, and what is in flight is to be cancelled; the run is `stopped` once nothing is. */
export function stop(plan: WorkflowPlan, state: RunState, now: number): RunState {
  if (state.status === 'stopping') return state;
  allow('stop', plan, state, ['active', 'pausing', 'paused', 'parked'], 'stopped');
  return settle(plan, { ...unparked(state), status: 'stopping' }, now);
}

/** Lets a step begin that has a gate. It may be said before the turn of the step has come, and is remembered. */
export function openGate(plan: WorkflowPlan, state: RunState, step: string, now: number): RunState {
  allow('open a gate of', plan, state, CONTINUABLE);
  if (plannedStep(plan, step).gate === undefined)
    throw new LockstepError('INVALID_PARAMS', `step: step ${step} of workflow ${plan.name} has no gate.`, {
      details: { param: 'step', step },
    });
  if (stepOf(plan, state, step).gateOpen) return state;
  return goOn(
    plan,
    withStep(state, step, (its) => ({ ...its, gateOpen: true })),
    now,
  );
}

/**
 * Raises budgets and limits by what is told, opens the gate that is, and lets a parked run go on; one that is paused stays
 * so. Where what was added is not enough, the run is parked anew, and says for what. A gate that is open, and an iteration
 * that was given again already, are no news: who said the same at the same moment has said it for both.
 * @throws LockstepError INVALID_PARAMS for a step or a limit that the plan does not have, or too large a sum
 */
export function continueWith(
  plan: WorkflowPlan,
  state: RunState,
  { step, addIterations = 0, addLimits = {}, gate, again }: Continuation,
  now: number,
): RunState {
  allow('continue', plan, state, CONTINUABLE, 'active');
  const open = gate === undefined ? state : openGate(plan, state, gate, now);
  const isAgain = again !== undefined && isCutAtBudget(plan, open, again);
  const given = isAgain ? withMoreIterations(plan, open, 1, plannedStep(plan, again)) : open;
  const raised = step === undefined ? undefined : plannedStep(plan, step);
  const more = addIterations > 0 ? withMoreIterations(plan, given, addIterations, raised) : given;
  return goOn(plan, withMoreLimits(plan, more, addLimits), now);
}

/** A parked run goes on, and is parked anew by `settle` where it still cannot. */
function goOn(plan: WorkflowPlan, state: RunState, now: number): RunState {
  return settle(plan, state.status === 'parked' ? { ...unparked(state), status: 'active' } : state, now);
}

function unparked({ parkedFor: _, ...state }: RunState): RunState {
  return state;
}

function outcomeOf(planned: PlannedStep, step: StepState, outcome: IterationOutcome, now: number): StepState {
  const its = { ...step, asking: false, workMs: step.workMs + outcome.ms };
  switch (outcome.kind) {
    case 'done':
      return { ...its, status: 'done', failures: 0 };
    case 'again':
      return { ...its, status: 'waiting', failures: 0 };
    case 'failed': {
      const failures = its.failures + 1;
      const { message: _, ...untold } = its;
      const told = outcome.message === undefined ? {} : { message: shortened(outcome.message) };
      const failed = { ...untold, ...told, failures };
      const { retry } = planned;
      if (retry === undefined || failures > retry.attempts) return { ...failed, status: 'failed' };
      const wait = Math.min(retry.backoffMs * 2 ** (failures - 1), MAX_RETRY_WAIT_MS);
      return { ...failed, status: 'retrying', retryAt: now + wait };
    }
  }
}

function rested(step: StepState, cut: string): StepState {
  return { ...step, status: 'waiting', asking: false, cut };
}

function used(state: RunState, { tokens, costUsd, bytes }: IterationUse): RunState {
  const { used } = state;
  return {
    ...state,
    used: {
      ...used,
      outputBytes: added(used.outputBytes, bytes),
      ...(tokens === undefined ? {} : { tokens: added(used.tokens ?? 0, tokens) }),
      ...(costUsd === undefined ? {} : { costUsd: addedCost(used.costUsd ?? 0, costUsd) }),
    },
  };
}

function withAsking(
  plan: WorkflowPlan,
  state: RunState,
  step: string,
  now: number,
  asking: boolean,
): RunState {
  mustRun('ask a person for', plan, state, step);
  return settle(
    plan,
    withStep(ticked(state, now), step, (its) => ({ ...its, asking })),
    now,
  );
}

function shortened(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE - 1).toWellFormed()}…`;
}

/** Takes away the steps whose needs are taken away already, until none is left. */
function checkOrder(plan: WorkflowPlan): void {
  const ids = new Set(plan.steps.map(({ id }) => id));
  const ordered = new Set<string>();
  for (let before = -1; before !== ordered.size;) {
    before = ordered.size;
    for (const { id, needs } of plan.steps) if (needs.every((need) => ordered.has(need))) ordered.add(id);
  }
  if (ids.size === plan.steps.length && ordered.size === ids.size) return;
  const steps = [...ids].filter((id) => !ordered.has(id));
  throw new LockstepError(
    'INVALID_PARAMS',
    steps.length === 0
      ? `Workflow ${plan.name} has two steps of one id: give each its own.`
      : `Workflow ${plan.name} has steps that can never begin: ${steps.join(', ')}. They need each other, or one that is not there.`,
    { details: { steps } },
  );
}
