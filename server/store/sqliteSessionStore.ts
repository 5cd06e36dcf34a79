import { setImmediate } from 'node:timers/promises';
import { LockstepError, sessionNotFound } from '../domain/errors.ts';
import { admit, isHeld, sessionLocked, type Access } from '../domain/lease.ts';
import { replay } from '../domain/replay.ts';
import type { ImportedSession } from '../domain/sessionExport.ts';
import { fork, renamed } from '../domain/sessionFork.ts';
import { orphan, restore, trash } from '../domain/sessionTrash.ts';
import type { Decide, Step } from '../domain/sessionStep.ts';
import type { Clock } from '../platform/clock.ts';
import type { Disposable } from '../platform/disposable.ts';
import type { SessionEvent } from '../protocol/event.ts';
import type { Session } from '../protocol/session.ts';
import type { SessionCounts, SessionStats } from '../protocol/sessionQueryMethods.ts';
import type { Connection } from './connection.ts';
import { statsWhere } from './findQuery.ts';
import { endLease, leaseOf } from './leaseRow.ts';
import { findPage, previewsOf, takeRows } from './pages.ts';
import { readRemovable, readRemovableVersions } from './removable.ts';
import { readLook } from './sessionLook.ts';
import { eventFromRow, eventTextFromRow, stateFromRow } from './sessionRow.ts';
import type {
  Changes,
  ChangesQuery,
  EventPage,
  EventText,
  EventTextPage,
  EventQuery,
  FindQuery,
  ImportResult,
  LastEventsOptions,
  LookQuery,
  Released,
  RemovableSession,
  RemovalResult,
  SessionLook,
  SessionPage,
  SessionStore,
  SessionVersion,
  StatsFilter,
  StoredState,
} from './sessionStore.ts';
import {
  anyStateOf,
  appendEvents,
  applyStep,
  holdLabelFree,
  insertEvent,
  insertSession,
  isTaken,
  isThere,
  requireSession,
  stateOf,
} from './sessionTable.ts';
import { readCounts, readStats } from './stats.ts';
import { nextRevision, storeState, type StoreFile } from './storeFile.ts';
import { BEING_DESTROYED, destroySome } from './trashEmptying.ts';

/** The most sessions that one answer of `changes` holds. */
const CHANGES_LIMIT = 1000;

/** Sessions in the store's SQLite file. */
export class SqliteSessionStore implements SessionStore {
  readonly #file: StoreFile;
  readonly #clock: Clock;

  constructor(file: StoreFile, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  create(first: Step): Promise<Session> {
    return this.#file.write((connection) => {
      holdLabelFree(connection, first.session);
      const revision = nextRevision(connection);
      const { createdAt } = first.session;
      const state = { ...first, session: { ...first.session, revision }, lastSeq: first.events.length };
      insertSession(connection, state);
      appendEvents(connection, state.session.id, 0, Date.parse(createdAt), first.events);
      return state.session;
    });
  }

  get(id: string): Promise<Session> {
    return this.#file.read((connection) => stateOf(connection, id).session);
  }

  update(id: string, decide: Decide, access: Access = {}): Promise<Session> {
    return this.#file.write((connection) => {
      const state = stateOf(connection, id);
      const now = this.#clock.now();
      const lease = leaseOf(connection, id);
      admit(id, lease, access, now);
      if (lease !== undefined && lease.fence === access.deaths?.fence) endLease(connection, lease);
      return applyStep(connection, state, decide(state, now, isHeld(lease, now, access.deaths)));
    });
  }

  state(id: string): Promise<StoredState> {
    return this.#file.read((connection) => stateOf(connection, id));
  }

  remove(id: string, access: Access = {}): Promise<Session> {
    return this.#file.write((connection) => putIntoTrash(connection, id, access, this.#clock.now()).session);
  }

  removeUnchanged(
    chosen: readonly SessionVersion[],
    released: readonly Released[] = [],
  ): Promise<RemovalResult & { released: Released[] }> {
    return this.#file.write((connection) => {
      const now = this.#clock.now();
      const known = new Map(released.map((child) => [child.id, child]));
      const result = { removed: [] as string[], skipped: [] as RemovalResult['skipped'] };
      for (const { id, revision } of chosen) {
        try {
          const { session } = stateOf(connection, id);
          const own = known.get(id);
          const isSame =
            session.revision === revision || (own?.before === revision && own.after === session.revision);
          if (!isSame) throw changedSince(id);
          if (session.endedAt === undefined && session.archivedAt === undefined) throw notEnded(id);
          for (const child of putIntoTrash(connection, id, {}, now).released) known.set(child.id, child);
          result.removed.push(id);
        } catch (error) {
          // What it throws, it throws before it has written.
          if (!(error instanceof LockstepError) || error.code.startsWith('STORE_')) throw error;
          result.skipped.push({ id, message: error.message });
        }
      }
      return { ...result, released: [...known.values()] };
    });
  }

  removable(endedBefore: number, limit: number): Promise<{ sessions: RemovableSession[]; total: number }> {
    return this.#file.read((connection) => readRemovable(connection, endedBefore, limit, this.#clock.now()));
  }

  removableVersions(endedBefore: number): Promise<SessionVersion[]> {
    return this.#file.read((connection) => readRemovableVersions(connection, endedBefore, this.#clock.now()));
  }

  restore(id: string): Promise<Session> {
    return this.#file.write((connection) => {
      const state = anyStateOf(connection, id);
      const { label, parentId, trashedAt } = state.session;
      if (trashedAt !== undefined && Date.parse(trashedAt) === BEING_DESTROYED) throw sessionNotFound(id);
      const decide = restore(isTaken(connection, label), !isThere(connection, parentId));
      const restored = applyStep(connection, state, decide(state, this.#clock.now()));
      connection.sql('DELETE FROM removals WHERE id = ?').run(id);
      return restored;
    });
  }

  async emptyTrash(trashedBefore: number): Promise<number> {
    for (let destroyed = 0; ;) {
      const some = await this.#file.write((connection) => destroySome(connection, trashedBefore));
      destroyed += some.destroyed;
      if (!some.more) return destroyed;
      await setImmediate();
    }
  }

  fork(id: string, atSeq: number | undefined, forkId: string): Promise<Session> {
    return this.#file.write((connection) => {
      const { session: origin, lastSeq } = stateOf(connection, id);
      const seq = atSeq ?? lastSeq;
      if (lastSeq === 0) throw withoutHistory(id);
      if (seq > lastSeq) throw beyondHistory(id, seq, lastSeq);
      const rows = connection
        .sql('SELECT seq, timestamp, type, data FROM events WHERE session_id = ? AND seq <= ? ORDER BY seq')
        .iterate(id, seq);
      const replayed = replay(Iterator.from(rows).map((row) => eventFromRow(row, connection.path)));
      const forked = fork(origin, replayed, forkId, seq, this.#clock.now());
      const session = { ...forked.session, revision: nextRevision(connection) };
      insertSession(connection, { ...forked, session, lastSeq: seq });
      connection
        .sql(
          `INSERT INTO events (session_id, seq, timestamp, type, data)
           SELECT ?, seq, timestamp, type, data FROM events WHERE session_id = ? AND seq <= ?`,
        )
        .run(forkId, id, seq);
      return session;
    });
  }

  import(imported: readonly ImportedSession[], newId: () => string): Promise<ImportResult> {
    return this.#file.write((connection) => {
      const exists = connection.sql('SELECT 1 FROM sessions WHERE id = ?');
      const ids = new Map(
        imported.map(({ state: { session } }) => [session.id, exists.get(session.id) ? newId() : session.id]),
      );
      return imported.map(({ state, events }) => {
        const { parentId } = state.session;
        const parent =
          parentId === undefined || parentId === state.session.id
            ? undefined
            : (ids.get(parentId) ?? (isThere(connection, parentId) ? parentId : undefined));
        const { label, ...session } = renamed(state.session, (id) => ids.get(id) ?? id, parent);
        const isDropped = isTaken(connection, label);
        const revision = nextRevision(connection);
        insertSession(connection, {
          ...state,
          session: { ...session, ...(label === undefined || isDropped ? {} : { label }), revision },
          lastSeq: events.length,
        });
        for (const event of events)
          insertEvent(connection, session.id, { ...event, at: Date.parse(event.timestamp) });
        connection.sql('DELETE FROM removals WHERE id = ?').run(session.id);
        return {
          from: state.session.id,
          id: session.id,
          title: session.title,
          ...(isDropped && label !== undefined ? { droppedLabel: label } : {}),
        };
      });
    });
  }

  events({ id, afterSeq, limit, types }: EventQuery): Promise<EventPage> {
    return this.#file.read((connection) => {
      requireSession(connection, id);
      const ofTypes = types ? `AND type IN (${types.map(() => '?').join(', ')})` : '';
      const sql = `SELECT seq, timestamp, type, data FROM events
        WHERE session_id = ? AND seq > ? ${ofTypes} ORDER BY seq`;
      const { taken, more } = takeRows(connection.sql(sql).iterate(id, afterSeq, ...(types ?? [])), limit);
      const events = taken.map((row) => eventFromRow(row, connection.path));
      const last = events.at(-1);
      return more && last ? { events, nextSeq: last.seq } : { events };
    });
  }

  eventTexts({ id, afterSeq, limit }: Pick<EventQuery, 'id' | 'afterSeq' | 'limit'>): Promise<EventTextPage> {
    return this.#file.read((connection) => {
      requireSession(connection, id);
      const sql = `SELECT seq, timestamp AS at, type, data FROM events
        WHERE session_id = ? AND seq > ? ORDER BY seq`;
      const { taken, more } = takeRows(connection.sql(sql).iterate(id, afterSeq), limit);
      const events = taken.map((row) => eventTextFromRow(row, connection.path));
      const last = events.at(-1);
      return more && last ? { events, nextSeq: last.seq } : { events };
    });
  }

  eventOf({ seq, at, type, data }: EventText): SessionEvent {
    return eventFromRow({ seq, timestamp: at, type, data }, this.#file.path);
  }

  lastEvents(id: string, count: number, { before, type }: LastEventsOptions = {}): Promise<SessionEvent[]> {
    return this.#file.read((connection) => {
      requireSession(connection, id);
      const sql = `SELECT seq, timestamp, type, data FROM events
        WHERE session_id = ? AND seq < ? ${type === undefined ? '' : 'AND type = ?'} ORDER BY seq DESC`;
      const values = [id, before ?? Number.MAX_SAFE_INTEGER, ...(type === undefined ? [] : [type])];
      const { taken } = takeRows(connection.sql(sql).iterate(...values), count);
      return taken.map((row) => eventFromRow(row, connection.path)).reverse();
    });
  }

  countEvents(id: string, type: string, beforeSeq: number): Promise<number> {
    return this.#file.read((connection) => {
      const sql = 'SELECT count(*) AS total FROM events WHERE session_id = ? AND seq < ? AND type = ?';
      return Number(connection.sql(sql).get(id, beforeSeq, type)?.['total'] ?? 0);
    });
  }

  find(query: FindQuery): Promise<SessionPage> {
    return this.#file.read((connection) => {
      const page = findPage(connection, query);
      const previews = query.previews ? { previews: previewsOf(connection, page.sessions) } : {};
      const { id, revision } = storeState(connection);
      return { ...page, ...previews, store: id, revision };
    });
  }

  look(id: string, query: LookQuery): Promise<SessionLook> {
    return this.#file.read((connection) => readLook(connection, stateOf(connection, id).session, query));
  }

  looks(found: FindQuery, query: LookQuery): Promise<{ looks: SessionLook[]; nextCursor?: string }> {
    return this.#file.read((connection) => {
      const { sessions, ...next } = findPage(connection, found);
      return { looks: sessions.map((session) => readLook(connection, session, query)), ...next };
    });
  }

  changes({ since, store }: ChangesQuery): Promise<Changes> {
    return this.#file.read((connection) => {
      const { id, revision } = storeState(connection);
      const reset = since > revision || (store !== undefined && store !== id);
      const from = reset ? 0 : since;
      const rows = connection
        .sql('SELECT * FROM sessions WHERE revision > ? AND trashed_at IS NULL ORDER BY revision')
        .iterate(from);
      const { taken, more } = takeRows(rows, CHANGES_LIMIT);
      const sessions = taken.map((row) => stateFromRow(row, connection.path).session);
      const upTo = more ? (sessions.at(-1)?.revision ?? revision) : revision;
      const removals = connection.sql(
        'SELECT id FROM removals WHERE revision > ? AND revision <= ? ORDER BY revision',
      );
      // Who begins at 0 knows nothing of what was removed.
      const removed = from === 0 ? [] : removals.all(from, upTo).map((row) => String(row['id']));
      return {
        store: id,
        revision: upTo,
        sessions,
        removed,
        ...(more ? { more } : {}),
        ...(reset ? { reset } : {}),
      };
    });
  }

  counts(): Promise<SessionCounts> {
    return this.#file.read((connection) => readCounts(connection));
  }

  stats(filter: StatsFilter): Promise<SessionStats> {
    return this.#file.read((connection) => readStats(connection, statsWhere(filter), this.#clock.now()));
  }

  onDidChange(listener: (revision: number) => void): Disposable {
    return this.#file.onDidChange(listener);
  }
}

/**
 * Takes a session out of all lists, and lets its children go.
 * @throws LockstepError before anything is written: SESSION_LOCKED also to its holder, ILLEGAL_TRANSITION
 */
function putIntoTrash(
  connection: Connection,
  id: string,
  access: Access,
  now: number,
): { session: Session; released: Released[] } {
  const state = stateOf(connection, id);
  const lease = leaseOf(connection, id);
  admit(id, lease, access, now);
  if (isHeld(lease, now, access.deaths)) throw sessionLocked(lease, now);
  const step = trash(state, now);
  connection.sql('DELETE FROM leases WHERE session_id = ?').run(id);
  connection.sql('DELETE FROM lease_tickets WHERE session_id = ?').run(id);
  const children = connection.sql('SELECT id FROM sessions WHERE parent_id = ?').all(id);
  const released = children.map((child) => {
    const state = anyStateOf(connection, String(child['id']));
    const { revision } = applyStep(connection, state, orphan(state, now));
    return { id: state.session.id, before: state.session.revision, after: revision };
  });
  const session = applyStep(connection, state, step);
  connection.sql('INSERT OR REPLACE INTO removals (id, revision) VALUES (?, ?)').run(id, session.revision);
  return { session, released };
}

function changedSince(id: string): LockstepError {
  return new LockstepError('ILLEGAL_TRANSITION', `Session ${id} has changed since the plan was made.`);
}

function notEnded(id: string): LockstepError {
  return new LockstepError('ILLEGAL_TRANSITION', `Session ${id} is neither ended nor archived.`);
}

function withoutHistory(id: string): LockstepError {
  return new LockstepError(
    'INVALID_PARAMS',
    `id: session ${id} has no history, so there is nothing that a fork could begin with.`,
    { details: { param: 'id', lastSeq: 0 } },
  );
}

function beyondHistory(id: string, seq: number, lastSeq: number): LockstepError {
  return new LockstepError(
    'INVALID_PARAMS',
    `atSeq: session ${id} has ${lastSeq} events, so there is no event ${seq}.`,
    { details: { param: 'atSeq', lastSeq } },
  );
}
