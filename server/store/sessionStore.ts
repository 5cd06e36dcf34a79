import type { Disposable } from '../platform/disposable.ts';
import type { SessionEvent } from '../protocol/event.ts';
import type { ParamsOf, ResultOf } from '../protocol/method.ts';
import type { Session } from '../protocol/session.ts';
import type { sessionsEvents } from '../protocol/sessionHistoryMethods.ts';
import type {
  sessionsChanges,
  sessionsFind,
  sessionsStats,
  SessionCounts,
  SessionStats,
} from '../protocol/sessionQueryMethods.ts';
import type { Access, Lease } from '../domain/lease.ts';
import type { ImportedSession } from '../domain/sessionExport.ts';
import type { Decide, SessionState, Step } from '../domain/sessionStep.ts';
import type { sessionsImport } from '../protocol/sessionCopyMethods.ts';
import type { PlannedSession, sessionsCleanup } from '../protocol/sessionTrashMethods.ts';

export type EventQuery = ParamsOf<typeof sessionsEvents>;
export type EventPage = ResultOf<typeof sessionsEvents>;
type FindParams = ParamsOf<typeof sessionsFind>;
export interface FindQuery extends Omit<FindParams, 'archived'> {
  /** `open`: of the archived ones, those that have not ended. */
  readonly archived: FindParams['archived'] | 'open';
}
export type SessionPage = ResultOf<typeof sessionsFind>;
export type ChangesQuery = ParamsOf<typeof sessionsChanges>;
export type Changes = ResultOf<typeof sessionsChanges>;
export type StatsFilter = ParamsOf<typeof sessionsStats>;

export type ImportResult = ResultOf<typeof sessionsImport>['sessions'];
export type RemovalResult = Pick<ResultOf<typeof sessionsCleanup>, 'removed' | 'skipped'>;

export interface StoredState extends SessionState {
  /** `seq` of its last event. */
  readonly lastSeq: number;
}

/** A session as it was at some moment. */
export interface SessionVersion {
  readonly id: string;
  readonly revision: number;
}

/** A session that a clean-up would put into the trash. */
export type RemovableSession = Omit<PlannedSession, 'fingerprint'> & SessionVersion;

/** A child that lost its parent by a removal, and by that became of a later revision. */
export interface Released {
  readonly id: string;
  readonly before: number;
  readonly after: number;
}

export interface LastEventsOptions {
  /** Only events of a smaller `seq`. */
  readonly before?: number;
  /** Only events of this type. */
  readonly type?: string;
}

/** What is read together with sessions. */
export interface LookQuery {
  /** The type of which the last event is given. */
  readonly last: string;
  /** The types of which all events are given behind a `seq`, which `after` tells; undefined: none of them. */
  readonly news: readonly string[];
  /** May be run more than once. */
  readonly after: (session: Session, last: SessionEvent | undefined) => number | undefined;
}

export type ChildSession = Pick<Session, 'id' | 'status' | 'metadata'>;

/** A session with what belongs to it. */
export interface SessionLook {
  readonly session: Session;
  readonly last: SessionEvent | undefined;
  /** In their order. */
  readonly news: readonly SessionEvent[];
  /** The newest first, archived ones too; at most 500. */
  readonly children: readonly ChildSession[];
  /** It may have expired. */
  readonly lease: Lease | undefined;
}

/** An event as it is stored. */
export interface EventText {
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly type: string;
  /** JSON. */
  readonly data: string;
}

export interface EventTextPage {
  readonly events: EventText[];
  /** Where the next page goes on; absent on the last one. */
  readonly nextSeq?: number;
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
  /** A session with what nobody is shown of it. */
  state(id: string): Promise<StoredState>;
  /**
   * Puts a session into the trash: no method but `restore` and `find` reaches it, its label is free, and its children
   * have no parent any more. `changes` tells of it as removed.
   * @throws LockstepError SESSION_LOCKED while it is held, ILLEGAL_TRANSITION while an iteration is under way
   */
  remove(id: string, access?: Access): Promise<Session>;
  /**
   * Puts those into the trash, in one step, that are ended or archived and as they were; the others are left. That
   * it takes a child's parent is no change; `released` tells who was let go so, also of earlier calls where they are
   * given.
   */
  removeUnchanged(
    chosen: readonly SessionVersion[],
    released?: readonly Released[],
  ): Promise<RemovalResult & { released: Released[] }>;
  /**
   * Sessions on which nobody works and that ended, or were archived, at or before a moment (milliseconds since the
   * epoch): the first `limit` of them, the oldest first, and how many there are.
   */
  removable(endedBefore: number, limit: number): Promise<{ sessions: RemovableSession[]; total: number }>;
  /** All of them, in no order. */
  removableVersions(endedBefore: number): Promise<SessionVersion[]>;
  /**
   * Takes a session out of the trash; one that is not there is left as it is. A label that is taken and a parent that
   * is gone are dropped.
   */
  restore(id: string): Promise<Session>;
  /**
   * Destroys what was put into the trash before a moment (milliseconds since the epoch), bit by bit, so that others
   * need not wait; gives how many.
   */
  emptyTrash(trashedBefore: number): Promise<number>;
  /**
   * A new session `forkId` with the events of `id` up to `atSeq`, or all of them.
   * @throws LockstepError INVALID_PARAMS where the history does not reach so far, or has no events at all
   */
  fork(id: string, atSeq: number | undefined, forkId: string): Promise<Session>;
  /**
   * Adds all of them or none. An id that is taken, also in the trash, is replaced by one of `newId`; a parent that is
   * neither among them nor in the store is dropped.
   */
  import(imported: readonly ImportedSession[], newId: () => string): Promise<ImportResult>;
  events(query: EventQuery): Promise<EventPage>;
  /** Events after a `seq` with their data as the text that is stored, for checksums: to parse it takes most of the time. */
  eventTexts(query: Pick<EventQuery, 'id' | 'afterSeq' | 'limit'>): Promise<EventTextPage>;
  /** What such a text says. @throws LockstepError STORE_CORRUPT */
  eventOf(text: EventText): SessionEvent;
  /** The last `count` events, oldest first; of one type if given. Fewer where they would not fit into one answer. */
  lastEvents(id: string, count: number, options?: LastEventsOptions): Promise<SessionEvent[]>;
  /** How many events of one type have a smaller `seq`. */
  countEvents(id: string, type: string, beforeSeq: number): Promise<number>;
  find(query: FindQuery): Promise<SessionPage>;
  /** A session with what belongs to it, all as of one moment. */
  look(id: string, query: LookQuery): Promise<SessionLook>;
  /** The same of a page of `find`. */
  looks(found: FindQuery, query: LookQuery): Promise<{ looks: SessionLook[]; nextCursor?: string }>;
  /** From 0 there is no word of what was removed: who begins there knows of nothing. */
  changes(query: ChangesQuery): Promise<Changes>;
  /** By status, without archived sessions. Cheap: windows ask after every change. */
  counts(): Promise<SessionCounts>;
  stats(filter: StatsFilter): Promise<SessionStats>;
  /** Calls back with the store's revision after it has grown, by whichever process, in under 500 ms. */
  onDidChange(listener: (revision: number) => void): Disposable;
}
