import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { LockstepError } from '../../domain/errors.ts';
import type { FileSystemProbe } from '../../platform/fileSystem.ts';
import { systemErrorCode } from '../../platform/systemError.ts';
import { Connection, logOf } from '../connection.ts';
import { schemaSteps } from '../schema.ts';
import { storeCorrupt, storeNewer, translateStoreError } from '../storeErrors.ts';
import { openDatabaseFile, type DatabaseFile } from './databaseFile.ts';
import { readFreelist } from './freelist.ts';
import { isNewer } from './newerSchema.ts';
import { makeSessions } from './makeSessions.ts';
import { matchIds } from './matchIds.ts';
import { pacer, type Pace } from './pace.ts';
import { collectProblems, counted, type Problems } from './problems.ts';
import { salvage, type Salvage } from './salvage.ts';
import { findTables, type StoreTables } from './storeTables.ts';
import type { PageTally } from './treeWalk.ts';

/** What came of a recovery. */
export interface Recovery {
  readonly sessions: {
    readonly saved: number;
    /** Made anew from their events alone. */
    readonly rebuilt: number;
  };
  readonly events: {
    /** As they were. */
    readonly saved: number;
    /** Kept, but their data or type could not be read. */
    readonly damaged: number;
    /** Known to be missing: gaps in `seq`, or fewer than the session's `last_seq`. */
    readonly lost: number;
  };
  readonly pages: {
    readonly total: number;
    /** Not there, not readable, or not all of it. */
    readonly unreadable: number;
  };
  /** Sentences for a person, at most 100; the last says how many more. */
  readonly problems: readonly string[];
}

export interface RecoverOptions {
  readonly fileSystem: FileSystemProbe;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Reads the damaged store at `from`, and the log beside it, and writes what can be read into a new one at `to`, where
 * nothing may be. The damaged files are read as bytes, never through SQLite, which would change them. Leases and
 * waiters are left behind. On failure nothing is left at `to`.
 *
 * Fences go on above the highest that was found, and above the seconds since the epoch: what was granted last may be
 * in a lost log, and a fence must not be given twice.
 * @throws LockstepError STORE_CORRUPT where nothing can be recognised, STORE_UNAVAILABLE, STORE_NEWER,
 *   INVALID_PARAMS where something is at `to`
 */
export async function recoverStore(from: string, to: string, options: RecoverOptions): Promise<Recovery> {
  const problems = collectProblems();
  const pace = pacer();
  const database = await openDatabaseFile(from, problems, pace);
  try {
    claim(to);
    try {
      return await recoverInto(to, database, from, options, problems, pace);
    } catch (error) {
      for (const suffix of ['', '-wal', '-shm']) rmSync(to + suffix, { force: true });
      throw translateStoreError(error, to);
    }
  } finally {
    database.close();
  }
}

async function recoverInto(
  to: string,
  database: DatabaseFile,
  from: string,
  { fileSystem, now }: RecoverOptions,
  problems: Problems,
  pace: Pace,
): Promise<Recovery> {
  const connection = new Connection(to, fileSystem);
  try {
    const tally: PageTally = { used: new Set(), unreadable: new Set(), missing: new Set() };
    const schema = await findTables(database, tally, pace);
    if (isNewer(database, schema)) throw storeNewer(from, database.userVersion, schemaSteps.length);
    const freelist = await readFreelist(database, pace);
    // Events come before their sessions. And what is half done when the power fails is of no use, synced or not.
    connection.sql('PRAGMA foreign_keys = OFF').run();
    connection.sql('PRAGMA synchronous = OFF').run();
    const found = await salvage({ database, tables: schema.tables, freelist, tally }, connection, now, pace);
    const matched = matchIds(found, connection, problems);
    const made = await makeSessions(matched, found, connection, now, problems, pace);
    const pages = pagesOf(database, tally, problems);
    if (matched.sessions.length === 0 && (!schema.sound || pages.unreadable > 0)) {
      throw storeCorrupt(from, 'nothing in it can be recognised as a session or an event');
    }
    sayMore(found, schema, freelist.whole, problems);
    finish(connection, found, made.revision, now);
    return {
      sessions: { saved: made.saved, rebuilt: made.rebuilt },
      events: { ...eventFigures(found), lost: made.lost },
      pages,
      problems: problems.list(),
    };
  } finally {
    connection.close();
  }
}

/** Makes the file, so that nobody else does, and nothing is overwritten. */
function claim(to: string): void {
  try {
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
    if (statSync(logOf(to), { throwIfNoEntry: false })) throw taken(logOf(to));
    closeSync(openSync(to, 'wx', 0o600));
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') throw taken(to, error);
    throw translateStoreError(error, to);
  }
}

function taken(path: string, cause?: unknown): LockstepError {
  return new LockstepError('INVALID_PARAMS', `${path} is there already: recover into a new file.`, {
    details: { path },
    cause,
  });
}

function pagesOf(database: DatabaseFile, tally: PageTally, problems: Problems): Recovery['pages'] {
  const { pageCount, declaredPages = 0 } = database;
  // A header that says far more with nothing that points there is wrong, not the file short.
  const isShort = declaredPages > pageCount && (tally.missing.size > 0 || declaredPages <= 4 * pageCount);
  const cut = isShort ? declaredPages - pageCount : 0;
  if (cut > 0) problems.say(`The file ends early: its last ${counted(cut, 'page')} are not there.`);
  const numbers = [...tally.unreadable].sort((a, b) => a - b);
  if (numbers.length > 0) {
    const shown = numbers.slice(0, 20).join(', ');
    const more = numbers.length > 20 ? ` and ${numbers.length - 20} more` : '';
    problems.say(`Pages that could not be read, or not wholly: ${shown}${more}.`);
  }
  return { total: pageCount + cut, unreadable: numbers.length + cut };
}

function sayMore(found: Salvage, schema: StoreTables, freelistWhole: boolean, problems: Problems): void {
  const { unreadableRows, untimed } = found;
  if (schema.missing.length > 0) {
    problems.say(
      `The file does not tell any more where these tables begin: ${schema.missing.join(', ')}. Their rows were told by their form.`,
    );
  }
  if (!freelistWhole) {
    problems.say(
      'The list of free pages is damaged, so sessions that had been deleted may be among those saved.',
    );
  }
  if (unreadableRows > 0) {
    problems.say(`${counted(unreadableRows, 'row')} could not be told to be of any session.`);
  }
  if (untimed > 0) {
    problems.say(`${counted(untimed, 'event')} had no readable time, and got that of the one before.`);
  }
}

function eventFigures({ events }: Salvage): { saved: number; damaged: number } {
  let [count, damaged] = [0, 0];
  for (const tally of events.tallies.values()) {
    count += tally.count;
    damaged += tally.damaged;
  }
  return { saved: count - damaged, damaged };
}

function finish(connection: Connection, found: Salvage, revision: number, now: number): void {
  connection.sql('PRAGMA synchronous = FULL').run();
  connection.write(() => {
    const insert = connection.sql('INSERT OR REPLACE INTO removals (id, revision) VALUES (?, ?)');
    for (const [id, at] of found.removals) insert.run(id, at);
    connection
      .sql('UPDATE store_state SET revision = ?, fence = ?')
      .run(revision, Math.max(found.fence, Math.floor(now / 1000)));
  });
  // All of it in the one file, and on the disk: whoever moves it into place need not think of a log.
  connection.sql('PRAGMA wal_checkpoint(TRUNCATE)').get();
}
