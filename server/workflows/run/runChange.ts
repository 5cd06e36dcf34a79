import { remaining } from '../../domain/budget.ts';
import * as session from '../../domain/sessionState.ts';
import { together, unchanged, type Decide, type NewEvent } from '../../domain/sessionStep.ts';
import type { WorkflowPlan } from '../../domain/workflowPlan.ts';
import { jsonBytes, MAX_JSON_BYTES, type JsonObject } from '../../protocol/json.ts';
import { MAX_ITERATIONS, type Session } from '../../protocol/session.ts';
import { stateEvent, type RunRecord, type StepOutput } from './runRecord.ts';

/** What becomes of a run, as its runner writes it: in one step, so that no crash comes between its parts. */
export interface RunChange {
  readonly record: RunRecord;
  /**
   * `revision` of the session up to which its runner knows it. Where others have written since, it does not come to rest:
   * it may be that they have let it go on.
   */
  readonly seen: number;
  /** Beside the state. */
  readonly events?: readonly NewEvent[];
  /** An iteration is begun, and charged to the session as to the state. */
  readonly begins?: JsonObject;
  /** Nothing is in flight any more: the last iteration has ended so. */
  readonly drains?: JsonObject;
  /** Why it is paused, parked, failed or stopped. */
  readonly reason?: string;
  /** What was said last by the steps of a run that is completed. */
  readonly outputs?: readonly StepOutput[];
}

/** Whether a runner may begin an iteration: not where a pause was asked for meanwhile. */
export function mayBegin({ status, pausing }: Session): boolean {
  return (status === 'active' || status === 'timeout') && !pausing;
}

/**
 * The session of a run follows its state, so that lists, statistics and other doors show what it is. Its end is left to
 * `runEnd`.
 */
export function runChange(plan: WorkflowPlan, change: RunChange): Decide {
  const { record, events = [], begins, drains } = change;
  const { state } = record;
  return together(
    withBudget(plan.maxIterations + state.added, begins !== undefined),
    begins === undefined ? unchanged : anIteration(begins),
    recorded(...events),
    drains === undefined ? unchanged : iterationEnd(drains),
    recorded(stateEvent(record)),
    followed(change),
  );
}

/** Events of a session that has not ended. */
export function recorded(...events: readonly NewEvent[]): Decide {
  return together(
    ...events.map(
      ({ type, data }): Decide =>
        (before, now, isLeased) =>
          session.addEvent({ id: before.session.id, type, data })(before, now, isLeased),
    ),
  );
}

/**
 * Lets a paused run go on; also withdraws a pause that is asked for. Whether there are iterations left is the scheduler's
 * to say.
 */
export const resumed: Decide = (before, now) => {
  const { id, status, pausing } = before.session;
  const isActive = status === 'active' && !pausing;
  if (isActive || status === 'completed' || status === 'failed') return { ...before, events: [] };
  const more = remaining(before.session) === 0 ? { addIterations: 1 } : {};
  return session.resume({ id, ...more })(before, now);
};

/**
 * What is added to a run that rests lets it go on. One that is at work goes on in any case, and a pause that was asked for
 * is not withdrawn by it.
 */
export const goingOn: Decide = (before, now) =>
  before.session.status === 'active' ? unchanged(before, now) : resumed(before, now);

/** The session's budget is the run's. It may be one more, where others have charged the session. */
function withBudget(wanted: number, begins: boolean): Decide {
  return (before, now) => {
    const { id, iterations, maxIterations } = before.session;
    const least = Math.max(wanted, begins ? iterations + 1 : 0);
    const addIterations = Math.min(least, MAX_ITERATIONS) - maxIterations;
    return addIterations < 1 ? { ...before, events: [] } : session.update({ id, addIterations })(before, now);
  };
}

function anIteration(data: JsonObject): Decide {
  return together(
    (before, now) => (before.session.status === 'timeout' ? resumed(before, now) : unchanged(before, now)),
    (before, now) => session.iterate({ id: before.session.id, data })(before, now),
  );
}

/** Where several were in flight, the session has one: it ends with the last of them. */
function iterationEnd(data: JsonObject): Decide {
  return (before, now) => {
    const { id, status } = before.session;
    if (!before.iterationOpen || status !== 'active') return { ...before, events: [] };
    return session.endIteration({ id, data })(before, now);
  };
}

/** Ends the session of a run whose state has ended: the last that is written of it, when those of its steps have ended. */
export function runEnd({ record, reason, outputs = [] }: RunChange): Decide {
  return (before, now) => {
    const { id } = before.session;
    const { status } = record.state;
    if (status === 'completed') return session.complete({ id, result: resultOf(outputs) })(before, now);
    return session.fail({ id, error: reason ?? `It is ${status}.` })(before, now);
  };
}

function followed({ record, reason, seen }: RunChange): Decide {
  return (before, now) => {
    const { id, status, revision } = before.session;
    switch (record.state.status) {
      case 'paused':
      case 'parked': {
        if (status === 'paused' || revision !== seen) return { ...before, events: [] };
        // Its holder pauses it at once: nothing is in flight.
        return session.pause({ id, ...(reason === undefined ? {} : { reason }) })(before, now, false);
      }
      case 'active':
      case 'pausing':
      case 'stopping':
      case 'completed':
      case 'failed':
      case 'stopped':
        return { ...before, events: [] };
    }
  };
}

/** Far below what a session may keep, whatever stands in it. */
const SHORT = 1000;

function resultOf(outputs: readonly StepOutput[]): JsonObject {
  const all = outputs.map(({ step, output }) => ({ step, output }));
  if (jsonBytes({ outputs: all }) <= MAX_JSON_BYTES / 2) return { outputs: all };
  return { outputs: all.map(({ step, output }) => ({ step, output: output.slice(-SHORT), isCut: true })) };
}
