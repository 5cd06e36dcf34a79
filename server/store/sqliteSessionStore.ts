import type { SQLOutputValue } from 'node:sqlite';
import { LockstepError, sessionNotFound } from '../domain/errors.ts';
import { admit, isHeld, type Access } from '../domain/lease.ts';
import type { Decide, NewEvent, Step } from '../domain/sessionState.ts';
import type { Clock } from '../platform/clock.ts';
import type { Disposable } from '../platform/disposable.ts';
import type { SessionEvent } from '../protocol/event.ts';
import type { Session } from '../protocol/session.ts';
import type { SessionStats } from '../protocol/sessionQueryMethods.ts';
import type { Connection } from './connection.ts';
import { encodeCursor, findWhere, statsWhere } from './findQuery.ts';
import { endLease, leaseOf } from './leaseRow.ts';
import { eventFromRow, rowFromState, stateFromRow, type StoredState } from './sessionRow.ts';
import type {
  Changes,
  ChangesQuery,
  EventPage,
  EventQuery,
  FindQuery,
  LastEventsOptions,
  SessionPage,
  SessionStore,
  StatsFilter,
} from './sessionStore.ts';
import { readStats } from './stats.ts';
import { nextRevision, storeState, type StoreFile } from './storeFile.ts';

/** The most sessions that one answer of `changes` holds. */
const CHANGES_LIMIT = 1000;
/** About the most bytes of JSON that one answer holds: pages end early rather than fill the memory. */
const ANSWER_BYTES = 8 * 1024 * 1024;

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
      insert(connection, state);
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

  remove(id: string): Promise<void> {
    return this.#file.write((connection) => {
      requireSession(connection, id);
      connection.sql('DELETE FROM sessions WHERE id = ?').run(id);
      connection
        .sql('INSERT OR REPLACE INTO removals (id, revision) VALUES (?, ?)')
        .run(id, nextRevision(connection));
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
      const { sql, values } = findWhere(query);
      const rows = connection
        .sql(`SELECT * FROM sessions ${sql} ORDER BY created_at DESC, id DESC`)
        .iterate(...values);
      const { taken, more } = takeRows(rows, query.limit);
      const sessions = taken.map((row) => stateFromRow(row, connection.path).session);
      const last = sessions.at(-1);
      const nextCursor = more && last ? { nextCursor: encodeCursor(last) } : {};
      const { id, revision } = storeState(connection);
      return { sessions, ...nextCursor, store: id, revision };
    });
  }

  changes({ since, store }: ChangesQuery): Promise<Changes> {
    return this.#file.read((connection) => {
      const { id, revision } = storeState(connection);
      const reset = since > revision || (store !== undefined && store !== id);
      const from = reset ? 0 : since;
      const rows = connection
        .sql('SELECT * FROM sessions WHERE revision > ? ORDER BY revision')
        .iterate(from);
      const { taken, more } = takeRows(rows, CHANGES_LIMIT);
      const sessions = taken.map((row) => stateFromRow(row, connection.path).session);
      const upTo = more ? (sessions.at(-1)?.revision ?? revision) : revision;
      const removed = connection
        .sql('SELECT id FROM removals WHERE revision > ? AND revision <= ? ORDER BY revision')
        .all(from, upTo)
        .map((row) => String(row['id']));
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

  stats(filter: StatsFilter): Promise<SessionStats> {
    return this.#file.read((connection) => readStats(connection, statsWhere(filter)));
  }

  onDidChange(listener: (revision: number) => void): Disposable {
    return this.#file.onDidChange(listener);
  }
}

function holdLabelFree(connection: Connection, session: Session): void {
  if (session.label === undefined) return;
  const owner = connection
    .sql('SELECT id FROM sessions WHERE label = ? AND id <> ?')
    .get(session.label, session.id)?.['id'];
  if (owner === undefined) return;
  throw new LockstepError(
    'LABEL_TAKEN',
    `The label "${session.label}" is that of session ${String(owner)}.`,
    {
      details: { label: session.label, id: String(owner) },
    },
  );
}

/** Writes what a step decided, in the transaction that is under way. Without events there is nothing to write. */
export function applyStep(connection: Connection, state: StoredState, step: Step): Session {
  if (step.events.length === 0) return state.session;
  if (step.session.label !== state.session.label) holdLabelFree(connection, step.session);
  const session = { ...step.session, revision: nextRevision(connection) };
  const lastSeq = state.lastSeq + step.events.length;
  replace(connection, { ...step, session, lastSeq });
  appendEvents(connection, session.id, state.lastSeq, Date.parse(session.updatedAt), step.events);
  return session;
}

/** @throws LockstepError SESSION_NOT_FOUND */
export function stateOf(connection: Connection, id: string): StoredState {
  const row = connection.sql('SELECT * FROM sessions WHERE id = ?').get(id);
  if (!row) throw sessionNotFound(id);
  return stateFromRow(row, connection.path);
}

/** @throws LockstepError SESSION_NOT_FOUND */
export function requireSession(connection: Connection, id: string): void {
  if (!connection.sql('SELECT 1 FROM sessions WHERE id = ?').get(id)) throw sessionNotFound(id);
}

type Row = Record<string, SQLOutputValue>;

/** At most `limit` rows, and at least one; fewer where their texts would be over ANSWER_BYTES. */
function takeRows(rows: Iterable<Row>, limit: number): { taken: Row[]; more: boolean } {
  const taken: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    for (const value of Object.values(row)) if (typeof value === 'string') bytes += value.length;
    if (taken.length === limit || (taken.length > 0 && bytes > ANSWER_BYTES)) return { taken, more: true };
    taken.push(row);
  }
  return { taken, more: false };
}

function insert(connection: Connection, state: StoredState): void {
  const row = rowFromState(state);
  const columns = Object.keys(row);
  connection
    .sql(
      `INSERT INTO sessions (${columns.join(', ')}) VALUES (${columns.map((column) => `:${column}`).join(', ')})`,
    )
    .run(row);
}

function replace(connection: Connection, state: StoredState): void {
  const row = rowFromState(state);
  const columns = Object.keys(row).filter((column) => column !== 'id');
  connection
    .sql(`UPDATE sessions SET ${columns.map((column) => `${column} = :${column}`).join(', ')} WHERE id = :id`)
    .run(row);
}

function appendEvents(
  connection: Connection,
  id: string,
  lastSeq: number,
  at: number,
  events: readonly NewEvent[],
): void {
  const statement = connection.sql(
    'INSERT INTO events (session_id, seq, timestamp, type, data) VALUES (?, ?, ?, ?, ?)',
  );
  events.forEach(({ type, data }, index) => {
    statement.run(id, lastSeq + 1 + index, at, type, JSON.stringify(data));
  });
}
