import type { SQLOutputValue } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { LockstepError, sessionNotFound } from '../domain/errors.ts';
import type { Decide, NewEvent, Step } from '../domain/sessionState.ts';
import type { Clock } from '../platform/clock.ts';
import type { Disposable } from '../platform/disposable.ts';
import type { FileSystemProbe } from '../platform/fileSystem.ts';
import type { SessionEvent } from '../protocol/event.ts';
import type { Session } from '../protocol/session.ts';
import type { SessionStats } from '../protocol/sessionQueryMethods.ts';
import { ChangeFeed, type StoreVersion } from './changeFeed.ts';
import { Connection, fileIdentity, logOf } from './connection.ts';
import { encodeCursor, findWhere, statsWhere } from './findQuery.ts';
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
import { isBusy, storeBusy, storeCorrupt, translateStoreError } from './storeErrors.ts';

/** How long a call waits while other processes hold the store, in milliseconds. */
const WAIT_MS = 10_000;
/** The most sessions that one answer of `changes` holds. */
const CHANGES_LIMIT = 1000;
/** About the most bytes of JSON that one answer holds: pages end early rather than fill the memory. */
const ANSWER_BYTES = 8 * 1024 * 1024;

export interface SqliteStoreOptions {
  /** Absolute path of the store's file. */
  readonly path: string;
  readonly clock: Clock;
  readonly fileSystem: FileSystemProbe;
}

/**
 * The store in one SQLite file, shared by all processes that open it. The file is opened by the first call, so
 * that a store that cannot be opened fails calls, not the server, and works again once what was wrong is mended.
 * No transaction spans an await.
 */
export class SqliteSessionStore implements SessionStore {
  readonly #options: SqliteStoreOptions;
  readonly #feed: ChangeFeed;
  #connection: Connection | undefined;
  /** The log of a file that was open here and then replaced: a new file must not be opened with it. */
  #orphanedLog: string | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: SqliteStoreOptions) {
    this.#options = options;
    this.#feed = new ChangeFeed(() => this.#version());
  }

  create(first: Step): Promise<Session> {
    return this.#write((connection) => {
      this.#holdLabelFree(connection, first.session);
      const revision = nextRevision(connection);
      const { createdAt } = first.session;
      const state = { ...first, session: { ...first.session, revision }, lastSeq: first.events.length };
      insert(connection, state);
      appendEvents(connection, state.session.id, 0, Date.parse(createdAt), first.events);
      return state.session;
    });
  }

  get(id: string): Promise<Session> {
    return this.#read((connection) => stateOf(connection, id).session);
  }

  update(id: string, decide: Decide): Promise<Session> {
    return this.#write((connection) => {
      const state = stateOf(connection, id);
      const step = decide(state, this.#options.clock.now());
      if (step.events.length === 0) return state.session;
      if (step.session.label !== state.session.label) this.#holdLabelFree(connection, step.session);
      const session = { ...step.session, revision: nextRevision(connection) };
      const lastSeq = state.lastSeq + step.events.length;
      replace(connection, { session, iterationOpen: step.iterationOpen, lastSeq });
      appendEvents(connection, id, state.lastSeq, Date.parse(session.updatedAt), step.events);
      return session;
    });
  }

  remove(id: string): Promise<void> {
    return this.#write((connection) => {
      requireSession(connection, id);
      connection.sql('DELETE FROM sessions WHERE id = ?').run(id);
      connection
        .sql('INSERT OR REPLACE INTO removals (id, revision) VALUES (?, ?)')
        .run(id, nextRevision(connection));
    });
  }

  events({ id, afterSeq, limit, types }: EventQuery): Promise<EventPage> {
    return this.#read((connection) => {
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
    return this.#read((connection) => {
      requireSession(connection, id);
      const sql = `SELECT seq, timestamp, type, data FROM events
        WHERE session_id = ? AND seq < ? ${type === undefined ? '' : 'AND type = ?'} ORDER BY seq DESC`;
      const values = [id, before ?? Number.MAX_SAFE_INTEGER, ...(type === undefined ? [] : [type])];
      const { taken } = takeRows(connection.sql(sql).iterate(...values), count);
      return taken.map((row) => eventFromRow(row, connection.path)).reverse();
    });
  }

  countEvents(id: string, type: string, beforeSeq: number): Promise<number> {
    return this.#read((connection) => {
      const sql = 'SELECT count(*) AS total FROM events WHERE session_id = ? AND seq < ? AND type = ?';
      return Number(connection.sql(sql).get(id, beforeSeq, type)?.['total'] ?? 0);
    });
  }

  find(query: FindQuery): Promise<SessionPage> {
    return this.#read((connection) => {
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
    return this.#read((connection) => {
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
    return this.#read((connection) => readStats(connection, statsWhere(filter)));
  }

  onDidChange(listener: (revision: number) => void): Disposable {
    return this.#feed.subscribe(listener);
  }

  close(): void {
    this.#feed.dispose();
    this.#connection?.close();
    this.#connection = undefined;
  }

  /**
   * One at a time within this process: writers that wait for another process would otherwise each block it in turn.
   */
  async #write<T>(work: (connection: Connection) => T): Promise<T> {
    const deadline = performance.now() + WAIT_MS;
    const before = this.#writing;
    let done: (() => void) | undefined;
    this.#writing = new Promise((resolve) => (done = resolve));
    try {
      await before;
      return await this.#whenFree(deadline, () => {
        const connection = this.#connect();
        return connection.write(() => work(connection));
      });
    } finally {
      done?.();
      this.#feed.check();
    }
  }

  #read<T>(work: (connection: Connection) => T): Promise<T> {
    return this.#whenFree(performance.now() + WAIT_MS, () => {
      const connection = this.#connect();
      return connection.read(() => work(connection));
    });
  }

  /** Tries until no other process is in the way. Waits with timers, at random, so that waiters do not march in step. */
  async #whenFree<T>(deadline: number, attempt: () => T): Promise<T> {
    const { path } = this.#options;
    for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
      try {
        return attempt();
      } catch (error) {
        if (!isBusy(error)) throw translateStoreError(error, path);
        if (performance.now() > deadline) throw storeBusy(path, WAIT_MS);
      }
      await delay(Math.random() * pause);
    }
  }

  #connect(): Connection {
    const { path, fileSystem } = this.#options;
    if (this.#connection && !this.#connection.isCurrent()) {
      this.#orphanedLog = this.#connection.logIdentity;
      this.#connection.close();
      this.#connection = undefined;
    }
    if (this.#connection) return this.#connection;
    if (this.#orphanedLog !== undefined && this.#orphanedLog === fileIdentity(logOf(path))) {
      throw storeCorrupt(
        path,
        `the file was replaced while its log ${logOf(path)} stayed: move that log away, so that it does not go into the new file`,
      );
    }
    this.#connection = new Connection(path, fileSystem);
    return this.#connection;
  }

  /** For the feed. A store that is not there is not made: its folder may be about to be put back. */
  #version(): StoreVersion {
    if (fileIdentity(this.#options.path) === undefined) return { version: 'none:0', revision: () => 0 };
    const connection = this.#connect();
    return { version: connection.version(), revision: () => storeState(connection).revision };
  }

  #holdLabelFree(connection: Connection, session: Session): void {
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
}

function stateOf(connection: Connection, id: string): StoredState {
  const row = connection.sql('SELECT * FROM sessions WHERE id = ?').get(id);
  if (!row) throw sessionNotFound(id);
  return stateFromRow(row, connection.path);
}

function requireSession(connection: Connection, id: string): void {
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

const stateRow = z.object({ id: z.string(), revision: z.int() });

function storeState(connection: Connection): z.output<typeof stateRow> {
  const row = stateRow.safeParse(connection.sql('SELECT id, revision FROM store_state').get());
  if (!row.success) throw storeCorrupt(connection.path, 'its revision cannot be read');
  return row.data;
}

function nextRevision(connection: Connection): number {
  connection.sql('UPDATE store_state SET revision = revision + 1').run();
  return storeState(connection).revision;
}
