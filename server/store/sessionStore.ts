import type { Disposable } from '../platform/disposable.ts';
import type { SessionEvent } from '../protocol/event.ts';
import type { ParamsOf, ResultOf } from '../protocol/method.ts';
import type { Session } from '../protocol/session.ts';
import type { sessionsEvents } from '../protocol/sessionHistoryMethods.ts';
import type {
  sessionsChanges,
  sessionsFind,
  sessionsStats,
  SessionStats,
} from '../protocol/sessionQueryMethods.ts';
import type { Access } from '../domain/lease.ts';
import type { Decide, Step } from '../domain/sessionState.ts';

export type EventQuery = ParamsOf<typeof sessionsEvents>;
export type EventPage = ResultOf<typeof sessionsEvents>;
export type FindQuery = ParamsOf<typeof sessionsFind>;
export type SessionPage = ResultOf<typeof sessionsFind>;
export type ChangesQuery = ParamsOf<typeof sessionsChanges>;
export type Changes = ResultOf<typeof sessionsChanges>;
export type StatsFilter = ParamsOf<typeof sessionsStats>;

export interface LastEventsOptions {
  /** Only events of a smaller `seq`. */
  readonly before?: number;
  /** Only events of this type. */
  readonly type?: string;
}

/**
 * Where sessions are kept. Async, although the SQLite driver is not, so that a driver for many machines can stand
 * beside it. `test/server/store/conformance.ts` says what every driver has to hold.
 *
 * Every method throws LockstepError: STORE_BUSY, STORE_CORRUPT, STORE_NEWER, STORE_UNAVAILABLE, and
 * SESSION_NOT_FOUND where it takes an id. A call that throws has changed nothing.
 */
export interface SessionStore {
  /** @throws LockstepError LABEL_TAKEN, naming the session that has it. */
  create(first: Step): Promise<Session>;
  get(id: string): Promise<Session>;
  /**
   * Applies `decide` to the session's state as one atomic step: no other writer comes between. `decide` may be run
   * more than once; what it throws is thrown, and nothing is written. Without events nothing is written either. A
   * lease whose owner `access` says to be dead ends with the step.
   * @throws LockstepError SESSION_LOCKED where a lease does not let the caller in, with nothing changed
   */
  update(id: string, decide: Decide, access?: Access): Promise<Session>;
  /** Takes a session and its history out. `changes` tells of it. */
  remove(id: string): Promise<void>;
  events(query: EventQuery): Promise<EventPage>;
  /** The last `count` events, oldest first; of one type if given. Fewer where they would not fit into one answer. */
  lastEvents(id: string, count: number, options?: LastEventsOptions): Promise<SessionEvent[]>;
  /** How many events of one type have a smaller `seq`. */
  countEvents(id: string, type: string, beforeSeq: number): Promise<number>;
  find(query: FindQuery): Promise<SessionPage>;
  changes(query: ChangesQuery): Promise<Changes>;
  stats(filter: StatsFilter): Promise<SessionStats>;
  /** Calls back with the store's revision after it has grown, by whichever process, in under 500 ms. */
  onDidChange(listener: (revision: number) => void): Disposable;
}
