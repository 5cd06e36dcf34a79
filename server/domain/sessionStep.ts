import { jsonBytes, MAX_JSON_BYTES, type JsonObject } from '../protocol/json.ts';
import type { Session } from '../protocol/session.ts';
import { LockstepError } from './errors.ts';

/** A session and what decides its next step, though nobody is shown it. */
export interface SessionState {
  readonly session: Session;
  /** Whether an iteration was begun and not yet ended. */
  readonly iterationOpen: boolean;
  /** Why the pending pause was asked for. */
  readonly pauseReason: string | undefined;
}

export interface NewEvent {
  readonly type: string;
  readonly data: JsonObject;
}

/** What a step makes of a state: the next state, and the events that tell of it, in order. */
export interface Step extends SessionState {
  readonly events: readonly NewEvent[];
}

/**
 * A step waits for a state and the time, in milliseconds since the epoch; it is pure, so a store may run it twice.
 * `isLeased`: another holds the session's lease.
 */
export type Decide = (state: SessionState, now: number, isLeased?: boolean) => Step;

export function step(
  state: SessionState,
  now: number,
  changes: Partial<Session>,
  events: readonly NewEvent[],
  hidden: Partial<Omit<SessionState, 'session'>> = {},
): Step {
  const session = { ...state.session, ...changes, updatedAt: timeAfter(state.session, now) };
  const { iterationOpen, pauseReason } = { ...state, ...hidden };
  return { session, iterationOpen, pauseReason, events };
}

/** The step that changes nothing. */
export const unchanged: Decide = (state) => ({ ...state, events: [] });

/** Several steps as one, each on what the one before it has left: all of them are written, or none. */
export function together(...decides: readonly Decide[]): Decide {
  return (state, now, isLeased) => {
    let last = unchanged(state, now, isLeased);
    const events: NewEvent[] = [];
    for (const decide of decides) {
      last = decide(last, now, isLeased);
      events.push(...last.events);
    }
    return { ...last, events };
  };
}

/** Now, but never before the last change: clocks are set back, histories are not. */
export function timeAfter(session: Session, now: number): string {
  const at = new Date(now).toISOString();
  return at < session.updatedAt ? session.updatedAt : at;
}

/** `param` is what a caller gave that can make the data too large. */
export function event(type: string, data: JsonObject, param = 'data'): NewEvent {
  return { type, data: sized(param, data) };
}

export function sized(param: string, value: JsonObject): JsonObject {
  const bytes = jsonBytes(value);
  if (bytes <= MAX_JSON_BYTES) return value;
  throw new LockstepError(
    'INVALID_PARAMS',
    `${param}: ${bytes} bytes of JSON is more than the ${MAX_JSON_BYTES} (1 MiB) that can be kept.`,
    { details: { param, bytes, most: MAX_JSON_BYTES } },
  );
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys whose value is undefined: on the wire and in the types, absent is absent. */
export function defined<T extends object>(object: T): Defined<T> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the compiler cannot see through fromEntries that only undefined values went
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}
