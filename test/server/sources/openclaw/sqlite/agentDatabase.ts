import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { zstdCompressSync } from 'node:zlib';

/*
 * Databases of the form that OpenClaw has since 2026.8, as far as they are read: the tables' and columns' names and what
 * they hold are OpenClaw's, the rest is ours.
 */

const TABLES = `
CREATE TABLE schema_meta (meta_key TEXT PRIMARY KEY, role TEXT, schema_version INTEGER, agent_id TEXT) STRICT;
CREATE TABLE session_nodes (
  session_key TEXT NOT NULL PRIMARY KEY, current_session_id TEXT NOT NULL, entry_json TEXT NOT NULL,
  updated_at INTEGER NOT NULL, status TEXT, spawned_by TEXT, label TEXT, display_name TEXT, category TEXT,
  pinned_at INTEGER, archived_at INTEGER, last_read_at INTEGER
) STRICT;
CREATE TABLE transcript_events (
  session_id TEXT NOT NULL, seq INTEGER NOT NULL, event_json TEXT, event_zstd BLOB, event_utf8_bytes INTEGER,
  PRIMARY KEY (session_id, seq)
) STRICT;
CREATE TABLE transcript_event_identities (
  session_id TEXT NOT NULL, event_id TEXT NOT NULL, seq INTEGER NOT NULL, event_type TEXT, parent_id TEXT,
  PRIMARY KEY (session_id, event_id)
) STRICT;
CREATE TABLE session_transcript_active_events (
  session_id TEXT NOT NULL, active_position INTEGER NOT NULL, event_seq INTEGER NOT NULL, message_position INTEGER,
  PRIMARY KEY (session_id, active_position)
) STRICT;
CREATE UNIQUE INDEX active_by_seq ON session_transcript_active_events (session_id, event_seq);
CREATE TABLE session_transcript_index_state (
  session_id TEXT PRIMARY KEY, indexed_seq INTEGER NOT NULL, needs_rebuild INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE session_transcript_cold_archives (
  session_id TEXT PRIMARY KEY, archive_name TEXT NOT NULL, event_count INTEGER NOT NULL
) STRICT;
CREATE TABLE transcript_rewrite_watermarks (session_id TEXT PRIMARY KEY, generation TEXT NOT NULL) STRICT;
CREATE TABLE auth_profiles (id TEXT PRIMARY KEY, secret TEXT) STRICT;
`;

export interface EventLike {
  readonly type: string;
  readonly id?: string;
  readonly parentId?: string | null;
  readonly message?: { readonly role: string; readonly content?: unknown };
  readonly [field: string]: unknown;
}

export interface SessionLike {
  readonly key: string;
  readonly id: string;
  readonly updatedAt?: number;
  /** Besides `sessionId` and `updatedAt`. */
  readonly entry?: object;
  readonly columns?: Readonly<Record<string, string | number>>;
  readonly events?: readonly EventLike[];
  /** `seq`s that are not on the branch which goes on. */
  readonly leftOut?: readonly number[];
}

export const UPDATED = Date.UTC(2026, 8, 1, 12);

/** A conversation: each text a message, of the user and the assistant by turns. */
export function talk(...texts: readonly string[]): EventLike[] {
  const events: EventLike[] = texts.map((text, index) => ({
    type: 'message',
    id: `m${index}`,
    parentId: index === 0 ? null : `m${index - 1}`,
    timestamp: new Date(UPDATED + index * 1000).toISOString(),
    message: { role: index % 2 === 0 ? 'user' : 'assistant', content: [{ type: 'text', text }] },
  }));
  return [header(), ...events];
}

export function header(more: object = {}): EventLike {
  return {
    type: 'session',
    version: 3,
    id: 'h',
    timestamp: '2026-09-01T12:00:00.000Z',
    cwd: '/srv/app',
    ...more,
  };
}

/** A database that is open, in write-ahead mode. Its maker closes it. */
export function openAgentDatabase(stateDir: string, agent: string, schema = 23): DatabaseSync {
  const path = databasePath(stateDir, agent);
  mkdirSync(dirname(path), { recursive: true });
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA journal_mode = WAL; BEGIN; ${TABLES} PRAGMA user_version = ${schema}; COMMIT`);
  db.prepare("INSERT INTO schema_meta VALUES ('primary', 'agent', ?, ?)").run(schema, agent);
  db.exec("INSERT INTO auth_profiles VALUES ('p', 'secret')");
  return db;
}

export function databasePath(stateDir: string, agent: string): string {
  return join(stateDir, 'agents', agent, 'agent', 'openclaw-agent.sqlite');
}

/** Writes a database and closes it. Gives its path. */
export function writeAgentDatabase(
  stateDir: string,
  agent: string,
  sessions: readonly SessionLike[],
  schema = 23,
): string {
  const db = openAgentDatabase(stateDir, agent, schema);
  for (const session of sessions) addSession(db, session);
  db.close();
  return databasePath(stateDir, agent);
}

export function addSession(db: DatabaseSync, session: SessionLike): void {
  const { key, id, updatedAt = UPDATED, entry = {}, columns = {}, events = [], leftOut = [] } = session;
  db.exec('BEGIN');
  const names = Object.keys(columns);
  db.prepare(
    `INSERT INTO session_nodes (session_key, current_session_id, entry_json, updated_at ${names.map((name) => `, ${name}`).join('')}) VALUES (?, ?, ?, ? ${', ?'.repeat(names.length)})`,
  ).run(
    key,
    id,
    JSON.stringify({ sessionId: id, updatedAt, ...entry }),
    updatedAt,
    ...Object.values(columns),
  );
  addEvents(db, id, events, leftOut);
  db.exec('COMMIT');
}

/** After those that are there. */
export function addEvents(
  db: DatabaseSync,
  id: string,
  events: readonly EventLike[],
  leftOut: readonly number[] = [],
): void {
  const next = (text: string): number => Number(Object.values(db.prepare(text).get(id) ?? {})[0]);
  let seq = next('SELECT coalesce(max(seq), -1) + 1 FROM transcript_events WHERE session_id = ?');
  let position = next(
    'SELECT coalesce(max(active_position), -1) + 1 FROM session_transcript_active_events WHERE session_id = ?',
  );
  let messages = next(
    'SELECT count(message_position) FROM session_transcript_active_events WHERE session_id = ?',
  );
  for (const event of events) {
    const text = JSON.stringify(event);
    const packed = text.length >= 1024 ? zstdCompressSync(text) : null;
    db.prepare('INSERT INTO transcript_events VALUES (?, ?, ?, ?, ?)').run(
      id,
      seq,
      packed === null ? text : null,
      packed,
      Buffer.byteLength(text),
    );
    if (event.id !== undefined && event.type !== 'session')
      db.prepare('INSERT OR REPLACE INTO transcript_event_identities VALUES (?, ?, ?, ?, ?)').run(
        id,
        event.id,
        seq,
        event.type,
        event.parentId ?? null,
      );
    if (event.type !== 'session' && !leftOut.includes(seq)) {
      const isMessage = event.type === 'message';
      db.prepare('INSERT INTO session_transcript_active_events VALUES (?, ?, ?, ?)').run(
        id,
        position++,
        seq,
        isMessage ? messages++ : null,
      );
    }
    seq += 1;
  }
  db.prepare('INSERT OR REPLACE INTO session_transcript_index_state VALUES (?, ?, 0)').run(id, seq - 1);
}

/** All files of a folder with what is in them, so that any trace of a reader shows. */
export function bytesBelow(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    found[path.slice(folder.length + 1)] = entry.isFile()
      ? createHash('sha256').update(readFileSync(path)).digest('hex')
      : 'folder';
  }
  return found;
}
