import type { Session } from '../protocol/session.ts';
import type { Connection } from './connection.ts';
import { encodeCursor, findSelect } from './findQuery.ts';
import { stateFromRow, type Row } from './sessionRow.ts';
import type { FindQuery } from './sessionStore.ts';

/** About the most bytes of JSON that one answer holds: pages end early rather than fill the memory. */
const ANSWER_BYTES = 8 * 1024 * 1024;

/** At most `limit` rows, and at least one; fewer where their texts would be over ANSWER_BYTES. */
export function takeRows(rows: Iterable<Row>, limit: number): { taken: Row[]; more: boolean } {
  const taken: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    for (const value of Object.values(row)) if (typeof value === 'string') bytes += value.length;
    if (taken.length === limit || (taken.length > 0 && bytes > ANSWER_BYTES)) return { taken, more: true };
    taken.push(row);
  }
  return { taken, more: false };
}

/** Sessions that match, the newest first. */
export function findPage(
  connection: Connection,
  query: FindQuery,
): { sessions: Session[]; nextCursor?: string } {
  const { sql, values } = findSelect(query);
  const { taken, more } = takeRows(connection.sql(sql).iterate(...values), query.limit);
  const sessions = taken.map((row) => stateFromRow(row, connection.path).session);
  const last = sessions.at(-1);
  return { sessions, ...(more && last ? { nextCursor: encodeCursor(last) } : {}) };
}

/** The beginning of the last message of each session that has one. */
export function previewsOf(connection: Connection, sessions: readonly Session[]): Record<string, string> {
  const lastMessage = connection.sql(
    `SELECT substr(data ->> '$.content', 1, 200) AS preview FROM events
     WHERE session_id = ? AND type = 'message' ORDER BY seq DESC LIMIT 1`,
  );
  return Object.fromEntries(
    sessions.flatMap(({ id }) => {
      const preview = lastMessage.get(id)?.['preview'];
      return typeof preview === 'string' ? [[id, preview]] : [];
    }),
  );
}
