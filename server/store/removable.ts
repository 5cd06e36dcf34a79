import * as z from 'zod';
import { sessionKind, sessionStatus } from '../protocol/session.ts';
import type { Connection } from './connection.ts';
import { iso, parsedRow } from './sessionRow.ts';
import type { RemovableSession, SessionVersion } from './sessionStore.ts';

const SINCE = 'coalesce(ended_at, archived_at)';

/** Nobody works on them. */
const WHERE = `WHERE trashed_at IS NULL AND ${SINCE} <= ?
  AND NOT (status = 'active' AND iteration_open <> 0)
  AND NOT EXISTS (SELECT 1 FROM leases WHERE session_id = sessions.id AND expires_at > ?)`;

const text = z.string();
const optionalText = text.nullable();
const integer = z.int();
const optionalInteger = integer.nullable();

const removableRow = z.object({
  id: text,
  kind: sessionKind,
  title: text,
  label: optionalText,
  status: sessionStatus,
  workspace: optionalText,
  iterations: integer,
  messages: integer,
  created_at: integer,
  ended_at: optionalInteger,
  archived_at: optionalInteger,
  revision: integer,
});
/** Not the whole of a row, which can be megabytes. */
const COLUMNS = Object.keys(removableRow.shape).join(', ');

const versionRow = z.object({ id: text, revision: integer });

/** The first `limit` of them, the oldest first, and how many there are. */
export function readRemovable(
  connection: Connection,
  endedBefore: number,
  limit: number,
  now: number,
): { sessions: RemovableSession[]; total: number } {
  const rows = connection.sql(`SELECT ${COLUMNS} FROM sessions ${WHERE} ORDER BY ${SINCE}, id LIMIT ?`);
  const count = connection.sql(`SELECT count(*) AS total FROM sessions ${WHERE}`).get(endedBefore, now);
  return {
    sessions: rows
      .all(endedBefore, now, limit)
      .map((row) => removableOf(parsedRow(removableRow, row, 'sessions', connection.path))),
    total: Number(count?.['total'] ?? 0),
  };
}

/** All of them, in no order. */
export function readRemovableVersions(
  connection: Connection,
  endedBefore: number,
  now: number,
): SessionVersion[] {
  return connection
    .sql(`SELECT id, revision FROM sessions ${WHERE}`)
    .all(endedBefore, now)
    .map((row) => parsedRow(versionRow, row, 'sessions', connection.path));
}

function removableOf(row: z.output<typeof removableRow>): RemovableSession {
  const { id, kind, title, label, status, workspace, iterations, messages, revision } = row;
  return {
    id,
    kind,
    title,
    ...(label === null ? {} : { label }),
    status,
    ...(workspace === null ? {} : { workspace }),
    iterations,
    messages,
    createdAt: iso(row.created_at),
    ...(row.ended_at === null ? {} : { endedAt: iso(row.ended_at) }),
    ...(row.archived_at === null ? {} : { archivedAt: iso(row.archived_at) }),
    revision,
  };
}
