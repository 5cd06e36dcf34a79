import * as z from 'zod';
import { isPlainObject, type JsonObject } from '../protocol/json.ts';
import { sessionStatus, type Session } from '../protocol/session.ts';
import type { Connection } from './connection.ts';
import { leaseOf } from './leaseRow.ts';
import { eventFromRow, json, parsedRow } from './sessionRow.ts';
import type { LookQuery, SessionLook } from './sessionStore.ts';

const CHILDREN = 500;

const childRow = z.object({
  id: z.string(),
  status: sessionStatus,
  metadata: json.pipe(z.custom<JsonObject>(isPlainObject)),
});

/**
 * What belongs to a session, in the transaction that is under way. A few reads of indexes for each session, and no query
 * over all of them: SQLite would go through every event of a type to find the last one of each session.
 */
export function readLook(
  connection: Connection,
  session: Session,
  { last: type, news, after }: LookQuery,
): SessionLook {
  const { id } = session;
  const { path } = connection;
  const lastRow = connection
    .sql(
      `SELECT seq, timestamp, type, data FROM events
       WHERE session_id = ? AND type = ? ORDER BY seq DESC LIMIT 1`,
    )
    .get(id, type);
  const last = lastRow && eventFromRow(lastRow, path);
  const seq = after(session, last);
  const newsRows =
    seq === undefined
      ? []
      : connection
          .sql(
            `SELECT seq, timestamp, type, data FROM events
             WHERE session_id = ? AND seq > ? AND type IN (${news.map(() => '?').join(', ')}) ORDER BY seq`,
          )
          .all(id, seq, ...news);
  const children = connection
    .sql(
      `SELECT id, status, metadata FROM sessions
       WHERE parent_id = ? AND trashed_at IS NULL ORDER BY created_at DESC, id DESC LIMIT ${CHILDREN}`,
    )
    .all(id);
  return {
    session,
    last,
    news: newsRows.map((row) => eventFromRow(row, path)),
    children: children.map((row) => parsedRow(childRow, row, 'sessions', path)),
    lease: leaseOf(connection, id),
  };
}
