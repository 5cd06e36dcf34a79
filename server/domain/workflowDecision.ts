import { remaining } from './budget.ts';
import { runBudget, wallClockLeft } from './workflowBudget.ts';
import type { WorkflowPlan } from './workflowPlan.ts';
import { inFlight, isEnded, type RunState } from './workflowRunState.ts';
import { beginsNow, isDue, isOpen, settle, turns } from './workflowTurns.ts';

/** What a runner is to do next. */
export interface Decision {
  /** The state as it is at this moment: another object than the one that was given where it has to be stored. */
  readonly state: RunState;
  /** To begin now, in this order, each with `begun` first. `iteration` counts from 1 in its step. */
  readonly begin: readonly { readonly step: string; readonly iteration: number }[];
  /** Steps whose iteration in flight is to be cancelled: the run is being stopped, or its wall clock is used up. */
  readonly cancel: readonly string[];
  /** Milliseconds until time alone can change the decision: a retry is due, or the wall clock is reached. */
  readonly wait?: number;
  /** Nothing is in flight, and nothing begins until a person says so, or ever. */
  readonly end?: 'completed' | 'failed' | 'parked' | 'paused' | 'stopped';
}

/** `now`: milliseconds since the epoch. `parallel`: how many iterations may be in flight at once, at least 1. */
export function decide(
  plan: WorkflowPlan,
  given: RunState,
  now: number,
  { parallel }: { readonly parallel: number },
): Decision {
  const state = settle(plan, given, now);
  const running = inFlight(state);
  const { status } = state;
  const nothing = { state, begin: [], cancel: [] };
  if (status === 'parked' || status === 'paused' || isEnded(status)) return { ...nothing, end: status };
  // Other limits let what is in flight come to its end. The wall clock is what is to be had while it is.
  const left = wallClockLeft(plan, state, now);
  if (status === 'stopping' || left === 0) return { ...nothing, cancel: running };
  const all = isOpen(plan, state, now) ? turns(plan, state) : [];
  const places = Math.max(0, Math.min(parallel - running.length, remaining(runBudget(plan, state))));
  const begin = all
    .filter((turn) => beginsNow(turn, now))
    .slice(0, places)
    .map(({ step }) => ({ step: step.id, iteration: step.iterations + 1 }));
  const waits = all
    .filter(({ step, block }) => block === undefined && !isDue(step, now))
    .map(({ step }) => (step.retryAt ?? now) - now);
  const isBusy = waits.length + begin.length + running.length > 0;
  // It stands while all in flight ask a person, and runs again with what begins.
  const isClockRunning = state.activeSince !== undefined || begin.length > 0;
  if (isBusy && isClockRunning && left !== undefined) waits.push(left);
  return { ...nothing, begin, ...(waits.length === 0 ? {} : { wait: Math.min(...waits) }) };
}
