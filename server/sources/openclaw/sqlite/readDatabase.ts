import { realpath, stat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { systemErrorCode } from '../../../platform/systemError.ts';
import { AgentDatabase } from './agentDatabase.ts';
import { databaseBusy, databaseError, databaseUnavailable, isPassing } from './databaseErrors.ts';

/** How long SQLite itself waits for a lock, in milliseconds: it blocks this process, so the rest is done with timers. */
const BUSY_TIMEOUT_MS = 50;
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 10;

/** What tells one state of a database from another, without opening it. */
export interface DatabaseLooks {
  readonly text: string;
  /** Of the write-ahead log, in bytes; 0 where there is none. */
  readonly logSize: number;
  readonly hasIndex: boolean;
  readonly hasJournal: boolean;
}

/** @throws the system's error where the database itself cannot be looked at */
export async function looksOf(path: string): Promise<DatabaseLooks> {
  const [main, log, index, journal] = await Promise.all([
    stat(path, { bigint: true }),
    statOrNothing(`${path}-wal`),
    statOrNothing(`${path}-shm`),
    statOrNothing(`${path}-journal`),
  ]);
  if (!main.isFile()) throw databaseUnavailable(path, 'it is not a file');
  const logLooks = log === undefined || log.size === 0n ? '' : `${log.ino} ${log.mtimeNs} ${log.size}`;
  return {
    text: `${main.dev}:${main.ino}:${main.birthtimeNs} ${main.mtimeNs} ${main.size} ${logLooks}`,
    logSize: Number(log?.size ?? 0n),
    hasIndex: index !== undefined,
    hasJournal: journal !== undefined && journal.size > 0n,
  };
}

async function statOrNothing(path: string) {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * What `read` makes of one state of the database at `path`, in one short transaction; it may be called again. Nothing
 * is written, and nothing is left behind:
 *
 * - Without a log, the file is all there is. Opened in the ordinary way, SQLite makes an empty log and an index beside
 *   it, read-only or not, and leaves them. So it is opened as `immutable`, which looks at nothing else, and what was
 *   read counts only if afterwards there still is no log and the file is the same.
 * - With a log, committed rows are in the log alone: `immutable` would miss them. The log's index is opened for reading
 *   (`readonly_shm`): locks are taken as any reader takes them, so that a writer cannot take away what is being read,
 *   and where no process has the index open, SQLite makes one in its own memory. Without that word, SQLite writes
 *   into the index, and makes it anew where the last writer was killed.
 *
 * Rejected: copying the file first (it has some 400 MB, and credentials in it); a connection that stays open (the
 * last writer to close could then not put its log away); removing afterwards the files that SQLite made (a writer may
 * have opened them meanwhile). A log without its index is refused: reading it would make one. One gap is left: where the
 * last writer ends between our look and SQLite's, SQLite makes an empty log, which is the same as none to everyone.
 *
 * @throws LockstepError STORE_UNAVAILABLE, STORE_CORRUPT, STORE_BUSY, and what `read` throws of its own
 */
export async function readDatabase<T>(path: string, read: (db: AgentDatabase) => T): Promise<T> {
  const real = await realDatabasePath(path);
  let last: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await delay(FIRST_PAUSE_MS * 2 ** attempt);
    try {
      const before = await looksOf(real);
      if (before.hasJournal)
        throw databaseUnavailable(path, 'another program was interrupted while it changed it');
      if (before.logSize === 0) {
        const outcome = settled(() => readOnce(real, path, 'immutable=1', read));
        // What came of another state is worth nothing, failures included.
        if ((await looksOf(real)).text === before.text) return outcome();
        last = undefined;
      } else if (before.hasIndex) {
        return readOnce(real, path, 'mode=ro&readonly_shm=1', read);
      } else {
        last = databaseUnavailable(
          path,
          'it has a write-ahead log without an index, which only a program that writes can make. Start OpenClaw once',
        );
      }
    } catch (error) {
      if (!isPassing(error)) throw databaseError(path, error);
      last = error;
    }
  }
  throw last === undefined ? databaseBusy(path) : databaseError(path, last);
}

/** @throws an error of SQLite, or what `read` throws */
function readOnce<T>(real: string, path: string, how: string, read: (db: AgentDatabase) => T): T {
  const db = new DatabaseSync(`${pathToFileURL(real).href}?${how}`, {
    readOnly: true,
    timeout: BUSY_TIMEOUT_MS,
    enableDoubleQuotedStringLiterals: false,
    allowExtension: false,
  });
  try {
    db.exec('PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA cell_size_check = ON; BEGIN');
    const result = read(new AgentDatabase(path, db));
    db.exec('COMMIT');
    return result;
  } finally {
    db.close();
  }
}

/** What `work` gives or throws, told when it is asked for. */
function settled<T>(work: () => T): () => T {
  try {
    const result = work();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** Links lead no further than the agent's folder: elsewhere may be any database of this machine. */
async function realDatabasePath(path: string): Promise<string> {
  try {
    const [real, folder] = await Promise.all([realpath(path), realpath(dirname(dirname(path)))]);
    if (real.startsWith(folder + sep)) return real;
  } catch (error) {
    throw databaseError(path, error);
  }
  throw databaseUnavailable(path, 'it is a link to a file elsewhere, which is not followed');
}
