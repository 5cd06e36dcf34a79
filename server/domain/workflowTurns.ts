import { activeMs, blockOf, reachedLimit } from './workflowBudget.ts';
import type { PlannedStep, WorkflowPlan } from './workflowPlan.ts';
import {
  type FinalStatus,
  inFlight,
  isEnded,
  stepOf,
  type ParkedFor,
  type RunState,
  type StepState,
} from './workflowRunState.ts';

/** The longest wait before a failed step is tried again. */
export const MAX_RETRY_WAIT_MS = 10 * 60_000;

/** A step that is to go on: its needs are met, it has not ended, and no iteration of it is in flight. */
export interface Turn {
  readonly planned: PlannedStep;
  readonly step: StepState;
  /** What a person has to say first. */
  readonly block: ParkedFor | undefined;
}

/** In the order of the file, which is the order in which they begin where not all can. */
export function turns(plan: WorkflowPlan, state: RunState): Turn[] {
  const steps = pairs(plan, state);
  const met = idsOf(steps, isMet);
  return steps
    .filter(([planned, step]) => isOnItsWay(step) && planned.needs.every((id) => met.has(id)))
    .map(([planned, step]) => ({ planned, step, block: blockOf(planned, step) }));
}

export function beginsNow({ step, block }: Turn, now: number): boolean {
  return block === undefined && isDue(step, now);
}

/** A clock that was set back makes no retry later than the longest wait allows. */
export function isDue({ retryAt }: StepState, now: number): boolean {
  return retryAt === undefined || retryAt <= now || retryAt - now > MAX_RETRY_WAIT_MS;
}

/** Whether anything may begin at all, as far as it depends on the whole run. */
export function isOpen(plan: WorkflowPlan, state: RunState, now: number): boolean {
  return (
    state.status === 'active' &&
    failureOf(plan, state) === undefined &&
    reachedLimit(plan, state, now) === undefined
  );
}

/** The step that makes the run fail, if one does; the first one in the file. */
export function failureOf(plan: WorkflowPlan, state: RunState): StepState | undefined {
  return pairs(plan, state).find(([planned, step]) => isFatal(planned, step))?.[1];
}

/**
 * The state with all that follows from it: steps whose turn has come and that wait for a person are `parked`, those
 * that need a failed one `skipped`, and once nothing is in flight the run is paused, parked or ended, as it may be. The
 * same object where nothing follows.
 *
 * What is done outweighs what was asked: a run whose last step is done while it is pausing or stopping is `completed`,
 * one that cannot go on any more while it is pausing is `failed`. Where all steps wait for
 * a person, the first one in the file is told, before a limit of the whole run: adding to the budget of a step adds to
 * that of the run too, and the other way round would take two answers.
 */
export function settle(plan: WorkflowPlan, given: RunState, now: number): RunState {
  if (isEnded(given.status)) return given;
  return clocked(withStatus(plan, withMarks(plan, given), now), now);
}

/** The state with its clock read: what a runner stores from time to time, so that a crash loses little of it. */
export function ticked(state: RunState, now: number): RunState {
  if (state.activeSince === undefined || state.activeSince === now) return state;
  return { ...state, activeSince: now, used: { ...state.used, activeMs: activeMs(state, now) } };
}

function withStatus(plan: WorkflowPlan, state: RunState, now: number): RunState {
  if (inFlight(state).length > 0) return state;
  if (pairs(plan, state).every(([planned, step]) => isMet(planned, step))) return ended(state, 'completed');
  switch (state.status) {
    case 'stopping':
      return ended(state, 'stopped');
    case 'active':
    case 'pausing': {
      if (failureOf(plan, state) !== undefined) return ended(state, 'failed');
      if (state.status === 'pausing') return { ...state, status: 'paused' };
      const parkedFor = blockOfAll(turns(plan, state)) ?? reachedLimit(plan, state, now);
      return parkedFor === undefined ? state : { ...state, status: 'parked', parkedFor };
    }
    case 'paused':
    case 'parked':
    case 'completed':
    case 'failed':
    case 'stopped':
      return state;
  }
}

/** A gate parks the run only where nothing can go on without a person; so does the budget of a step. */
function blockOfAll(all: readonly Turn[]): ParkedFor | undefined {
  return all.every(({ block }) => block !== undefined) ? all[0]?.block : undefined;
}

function ended(state: RunState, status: FinalStatus): RunState {
  return { ...state, status, steps: state.steps.map((step) => (isOnItsWay(step) ? skipped(step) : step)) };
}

function withMarks(plan: WorkflowPlan, state: RunState): RunState {
  const steps = pairs(plan, state);
  const lost = lostOf(steps);
  const blocked = new Set(
    turns(plan, state)
      .filter(({ block }) => block !== undefined)
      .map(({ step }) => step.id),
  );
  const marked = steps.map(([, step]): StepState => {
    if (!isOnItsWay(step)) return step;
    if (lost.has(step.id)) return skipped(step);
    const unblocked = step.retryAt === undefined ? 'waiting' : 'retrying';
    const status = blocked.has(step.id) ? 'parked' : unblocked;
    return status === step.status ? step : { ...step, status };
  });
  return marked.every((step, index) => step === state.steps[index]) ? state : { ...state, steps: marked };
}

/** The ids of the steps that need, directly or not, one that made the run fail. */
function lostOf(steps: readonly Pair[]): ReadonlySet<string> {
  const fatal = idsOf(steps, isFatal);
  const lost = new Set<string>();
  const isLost = (id: string) => fatal.has(id) || lost.has(id);
  for (let before = -1; before !== lost.size;) {
    before = lost.size;
    for (const [planned] of steps) if (planned.needs.some(isLost)) lost.add(planned.id);
  }
  return lost;
}

/** Its clock runs while it works or waits for a retry, and stands while all that is in flight waits for a person. */
function clocked(state: RunState, now: number): RunState {
  const running = state.steps.filter(({ status }) => status === 'running');
  const isAsking = running.length > 0 && running.every(({ asking }) => asking);
  const runs = ['active', 'pausing', 'stopping'].includes(state.status) && !isAsking;
  if (runs === (state.activeSince !== undefined)) return state;
  if (runs) return { ...state, activeSince: now };
  const { activeSince: _, ...stopped } = ticked(state, now);
  return stopped;
}

type Pair = readonly [PlannedStep, StepState];

function pairs(plan: WorkflowPlan, state: RunState): Pair[] {
  return plan.steps.map((planned) => [planned, stepOf(plan, state, planned.id)] as const);
}

function idsOf(steps: readonly Pair[], is: (planned: PlannedStep, step: StepState) => boolean): Set<string> {
  return new Set(steps.filter(([planned, step]) => is(planned, step)).map(([{ id }]) => id));
}

function isMet(planned: PlannedStep, { status }: StepState): boolean {
  return status === 'done' || (status === 'failed' && planned.continueOnError);
}

function isFatal(planned: PlannedStep, { status }: StepState): boolean {
  return status === 'failed' && !planned.continueOnError;
}

function isOnItsWay({ status }: StepState): boolean {
  return status === 'waiting' || status === 'retrying' || status === 'parked';
}

function skipped({ retryAt: _, ...step }: StepState): StepState {
  return { ...step, status: 'skipped' };
}
