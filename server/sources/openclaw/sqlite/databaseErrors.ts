import * as z from 'zod';
import { LockstepError } from '../../../domain/errors.ts';
import { systemErrorReason } from '../../../platform/systemError.ts';

/** The highest `user_version` of an agent's database that was looked at: OpenClaw 2026.9. */
export const KNOWN_SCHEMA = 23;

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const SQLITE = { BUSY: 5, LOCKED: 6, READONLY: 8, CORRUPT: 11, CANTOPEN: 14, PROTOCOL: 15, NOTADB: 26 };

/** SQLite's primary result code of a thrown value; undefined where SQLite did not throw it. */
function sqliteCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown) || typeof thrown.errcode !== 'number')
    return undefined;
  return thrown.errcode & 0xff;
}

/** Somebody locks the database just now, or changes the index of its log while we may only read it. */
function isBusy(code: number | undefined): boolean {
  return (
    code === SQLITE.BUSY || code === SQLITE.LOCKED || code === SQLITE.READONLY || code === SQLITE.PROTOCOL
  );
}

/** Another look, a moment later, may succeed: the log may also just have come or gone. */
export function isPassing(thrown: unknown): boolean {
  const code = sqliteCode(thrown);
  return isBusy(code) || code === SQLITE.CANTOPEN;
}

export function databaseUnavailable(path: string, what: string, cause?: unknown): LockstepError {
  return new LockstepError('STORE_UNAVAILABLE', `The session store ${path} cannot be read: ${what}.`, {
    details: { path },
    cause,
  });
}

export function databaseBusy(path: string, cause?: unknown): LockstepError {
  const message = `The session store ${path} is being changed by OpenClaw. Try again in a moment.`;
  return new LockstepError('STORE_BUSY', message, { details: { path }, cause });
}

export function databaseNewer(path: string, found: number): LockstepError {
  return new LockstepError(
    'STORE_NEWER',
    `The session store ${path} has schema ${found}, whose sessions this Lockstep cannot read; it knows schemas up to ${KNOWN_SCHEMA}. Update Lockstep.`,
    { details: { path, found, known: KNOWN_SCHEMA } },
  );
}

/** What SQLite, Node or the system threw, in our words. */
export function databaseError(path: string, thrown: unknown): LockstepError {
  if (thrown instanceof LockstepError) return thrown;
  const code = sqliteCode(thrown);
  if (isBusy(code)) return databaseBusy(path, thrown);
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  if (code === SQLITE.CORRUPT || code === SQLITE.NOTADB) {
    return new LockstepError('STORE_CORRUPT', `The session store ${path} cannot be read: ${said}.`, {
      details: { path },
      cause: thrown,
    });
  }
  if (thrown instanceof z.ZodError)
    return databaseUnavailable(path, 'its rows have another form than Lockstep knows', thrown);
  return databaseUnavailable(path, code === undefined ? systemErrorReason(thrown) : said, thrown);
}
