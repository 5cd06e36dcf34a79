import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

/** What `sqlite3`'s own `.recover` saves of a file, as far as it has the form of a row of ours. */
export interface SavedBySqlite {
  readonly sessions: ReadonlySet<string>;
  /** `<session id> <seq>` */
  readonly events: ReadonlySet<string>;
}

/**
 * Whether there is a `sqlite3` on the PATH whose `.recover` works. Debian's knows the command, but is built without
 * the virtual table `sqlite_dbpage` that it needs, so it is tried on `copy`, which is a whole store with events.
 */
export async function hasSqliteRecover(copy: string): Promise<boolean> {
  try {
    await promisify(execFile)('sqlite3', ['--version']);
  } catch {
    return false;
  }
  return (await sqliteRecover(copy)).events.size > 0;
}

/** Runs `.recover` on a copy, which may change. What stands in free pages was deleted, and is not asked for. */
export async function sqliteRecover(copy: string): Promise<SavedBySqlite> {
  const to = `${copy}.sqlite`;
  const reader = spawn('sqlite3', [copy, '.recover --ignore-freelist'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const writer = spawn('sqlite3', ['-cmd', 'PRAGMA synchronous = OFF', to], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = Promise.all([once(reader, 'close'), once(writer, 'close')]);
  // Where it cannot read the file at all it ends early, which is a result, too.
  await pipeline(reader.stdout, writer.stdin).catch(() => undefined);
  await ended;
  const found = (await stat(to).catch(() => undefined)) ? read(to) : { sessions: [], events: [] };
  await rm(to, { force: true });
  return {
    sessions: new Set(found.sessions),
    events: new Set(found.events),
  };
}

function read(path: string): { sessions: string[]; events: string[] } {
  const db = new DatabaseSync(path);
  try {
    const rows = (sql: string): unknown[][] => {
      try {
        return db
          .prepare(sql)
          .all()
          .map((row) => Object.values(row));
      } catch {
        return []; // there is no such table in what it saved
      }
    };
    const sessions = rows('SELECT id FROM sessions').map(([id]) => String(id));
    const events = rows('SELECT session_id, seq FROM events').map(([id, seq]) => eventKey(id, seq));
    // Columns: root page, page, number of fields, row id, and then those of the row.
    for (const [, , fields, , ...values] of rows('SELECT * FROM lost_and_found')) {
      const [id, seq, time, type, data] = values;
      if (typeof id !== 'string') continue;
      if (Number(fields) >= 40 && typeof data === 'string') sessions.push(id);
      const isEvent = Number(fields) === 5 && typeof seq === 'number' && typeof time === 'number';
      if (isEvent && typeof type === 'string' && typeof data === 'string') events.push(eventKey(id, seq));
    }
    return { sessions, events };
  } finally {
    db.close();
  }
}

function eventKey(id: unknown, seq: unknown): string {
  return `${String(id)} ${String(seq)}`;
}
