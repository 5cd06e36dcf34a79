import { LockstepError, sessionNotFound } from '../domain/errors.ts';
import type { NewEvent, Step } from '../domain/sessionStep.ts';
import type { Session } from '../protocol/session.ts';
import type { Connection } from './connection.ts';
import { rowFromState, stateFromRow } from './sessionRow.ts';
import type { StoredState } from './sessionStore.ts';
import { nextRevision } from './storeFile.ts';

/** @throws LockstepError LABEL_TAKEN, naming the session that has it; those in the trash have given theirs up */
export function holdLabelFree(connection: Connection, session: Session): void {
  if (session.label === undefined) return;
  const owner = connection
    .sql('SELECT id FROM sessions WHERE label = ? AND trashed_at IS NULL AND id <> ?')
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

/** Whether a session has the label; those in the trash have given theirs up. */
export function isTaken(connection: Connection, label: string | undefined): boolean {
  if (label === undefined) return false;
  const sql = 'SELECT 1 FROM sessions WHERE label = ? AND trashed_at IS NULL';
  return connection.sql(sql).get(label) !== undefined;
}

/** Whether there is such a session, and not in the trash. */
export function isThere(connection: Connection, id: string | undefined): boolean {
  if (id === undefined) return false;
  const sql = 'SELECT 1 FROM sessions WHERE id = ? AND trashed_at IS NULL';
  return connection.sql(sql).get(id) !== undefined;
}

/** Writes what a step decided, in the transaction that is under way. Without events there is nothing to write. */
export function applyStep(connection: Connection, state: StoredState, step: Step): Session {
  if (step.events.length === 0) return state.session;
  if (step.session.label !== state.session.label) holdLabelFree(connection, step.session);
  const session = { ...step.session, revision: nextRevision(connection) };
  const lastSeq = state.lastSeq + step.events.length;
  replaceSession(connection, state, { ...step, session, lastSeq });
  appendEvents(connection, session.id, state.lastSeq, Date.parse(session.updatedAt), step.events);
  return session;
}

/** @throws LockstepError SESSION_NOT_FOUND, also where it is in the trash */
export function stateOf(connection: Connection, id: string): StoredState {
  const state = anyStateOf(connection, id);
  if (state.session.trashedAt !== undefined) throw sessionNotFound(id);
  return state;
}

/** Of a session that may be in the trash. */
export function anyStateOf(connection: Connection, id: string): StoredState {
  const row = connection.sql('SELECT * FROM sessions WHERE id = ?').get(id);
  if (!row) throw sessionNotFound(id);
  return stateFromRow(row, connection.path);
}

/** @throws LockstepError SESSION_NOT_FOUND, also where it is in the trash */
export function requireSession(connection: Connection, id: string): void {
  if (!isThere(connection, id)) throw sessionNotFound(id);
}

export function insertSession(connection: Connection, state: StoredState): void {
  const row = rowFromState(state);
  const columns = Object.keys(row);
  connection
    .sql(
      `INSERT INTO sessions (${columns.join(', ')}) VALUES (${columns.map((column) => `:${column}`).join(', ')})`,
    )
    .run(row);
}

/** Sets only what differs: SQLite would write the entries of every index whose columns are named again. */
function replaceSession(connection: Connection, before: StoredState, after: StoredState): void {
  const old = rowFromState(before);
  const changed = Object.entries(rowFromState(after)).filter(([column, value]) => value !== old[column]);
  connection
    .sql(
      `UPDATE sessions SET ${changed.map(([column]) => `${column} = :${column}`).join(', ')} WHERE id = :id`,
    )
    .run({ ...Object.fromEntries(changed), id: after.session.id });
}

/** Adds events after the session's last one. `at` is their time, in milliseconds since the epoch. */
export function appendEvents(
  connection: Connection,
  id: string,
  lastSeq: number,
  at: number,
  events: readonly NewEvent[],
): void {
  events.forEach((event, index) => insertEvent(connection, id, { ...event, seq: lastSeq + 1 + index, at }));
}

export function insertEvent(
  connection: Connection,
  id: string,
  { seq, at, type, data }: NewEvent & { readonly seq: number; readonly at: number },
): void {
  connection
    .sql('INSERT INTO events (session_id, seq, timestamp, type, data) VALUES (?, ?, ?, ?, ?)')
    .run(id, seq, at, type, JSON.stringify(data));
}
