import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { until } from './until.ts';

/** Until so many places in the queue of a session are taken. The store is asked, since nobody is told of that. */
export function queued(home: string, session: string, count: number): Promise<void> {
  return untilRow(
    home,
    'SELECT count(*) AS value FROM lease_tickets WHERE session_id = ?',
    session,
    (found) => found >= count,
  );
}

/** Until a lease was renewed, and the end that it had at first is past. `expiresAt` is that end, as it was granted. */
export function renewed(home: string, session: string, expiresAt: string): Promise<void> {
  const first = Date.parse(expiresAt);
  return untilRow(
    home,
    'SELECT expires_at AS value FROM leases WHERE session_id = ?',
    session,
    (found) => found > first && Date.now() > first,
  );
}

async function untilRow(
  home: string,
  sql: string,
  session: string,
  isSo: (value: number) => boolean,
): Promise<void> {
  const db = new DatabaseSync(join(home, 'lockstep.db'), { readOnly: true });
  try {
    const statement = db.prepare(sql);
    await until(() => isSo(Number(statement.get(session)?.['value'] ?? 0)));
  } finally {
    db.close();
  }
}
