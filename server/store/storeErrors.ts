import { dirname } from 'node:path';
import { recover } from '../domain/errorActions.ts';
import { LockstepError } from '../domain/errors.ts';

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const SQLITE = {
  PERM: 3,
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
};

/** SQLite's primary result code of a thrown value, or undefined where SQLite did not throw it. */
function sqliteCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown) || typeof thrown.errcode !== 'number')
    return undefined;
  return thrown.errcode & 0xff;
}

export function isBusy(thrown: unknown): boolean {
  const code = sqliteCode(thrown);
  return code === SQLITE.BUSY || code === SQLITE.LOCKED;
}

/** What can keep the store from being used, with what to do about each. */
export function storeUnavailable(
  reason: 'read-only' | 'permission' | 'disk-full' | 'not-a-file' | 'not-ours' | 'network' | 'io',
  path: string,
  what: string,
  cause?: unknown,
): LockstepError {
  return new LockstepError('STORE_UNAVAILABLE', what, { details: { reason, path }, cause });
}

export function storeCorrupt(path: string, what: string, cause?: unknown): LockstepError {
  return new LockstepError('STORE_CORRUPT', `The store ${path} is damaged: ${what}.`, {
    details: { path },
    actions: [recover],
    cause,
  });
}

/** The mark of a replacement stays where its process was killed. */
export function replacementCutShort(path: string): LockstepError {
  return storeCorrupt(path, 'a recovery of it was cut short, and is finished by recovering again');
}

export function storeNewer(path: string, found: number, known: number): LockstepError {
  return new LockstepError(
    'STORE_NEWER',
    `The store ${path} has schema ${found}; this Lockstep knows schemas up to ${known}. Update Lockstep.`,
    { details: { path, found, known } },
  );
}

export function storeBusy(path: string, waitedMs: number): LockstepError {
  return new LockstepError(
    'STORE_BUSY',
    `The store ${path} was busy for ${Math.round(waitedMs / 1000)} s. Another process holds it; try again.`,
    { details: { path, waitedMs } },
  );
}

/** An error of SQLite or of the file system in the words of the catalogue; anything else as it is. */
export function translateStoreError(thrown: unknown, path: string): unknown {
  const dir = dirname(path);
  switch (sqliteCode(thrown)) {
    case SQLITE.CORRUPT:
    case SQLITE.NOTADB:
      return storeCorrupt(path, thrown instanceof Error ? thrown.message : String(thrown), thrown);
    case SQLITE.READONLY:
      return storeUnavailable(
        'read-only',
        path,
        `The store ${path} is read-only. Make the file and its folder writable for you (chmod u+w), or set another folder.`,
        thrown,
      );
    case SQLITE.FULL:
      return storeUnavailable(
        'disk-full',
        path,
        `The disk that holds ${dir} is full. Free some space there and try again.`,
        thrown,
      );
    case SQLITE.CANTOPEN:
    case SQLITE.PERM:
      return storeUnavailable(
        'permission',
        path,
        `The store ${path} cannot be opened. Check that the folder ${dir} is yours and that you may write there.`,
        thrown,
      );
    case SQLITE.IOERR:
      return storeUnavailable(
        'io',
        path,
        `The disk that holds ${path} failed to read or write. Check its space, its quota and its health.`,
        thrown,
      );
    default:
      return translateFileError(thrown, path);
  }
}

function translateFileError(thrown: unknown, path: string): unknown {
  // Only errors of the system have a `syscall`; whatever else is thrown is a fault of ours.
  if (!(thrown instanceof Error) || !('code' in thrown) || !('syscall' in thrown)) return thrown;
  const dir = dirname(path);
  switch (thrown.code) {
    case 'EACCES':
    case 'EPERM':
      return storeUnavailable(
        'permission',
        path,
        `You may not write to ${path}. Check the owner and the permissions of it and of ${dir}, or set another folder.`,
        thrown,
      );
    case 'EROFS':
      return storeUnavailable(
        'read-only',
        path,
        `${dir} is on a read-only file system. Set another folder.`,
        thrown,
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return storeUnavailable(
        'disk-full',
        path,
        `The disk that holds ${dir} is full. Free some space there and try again.`,
        thrown,
      );
    case 'ENOTDIR':
    case 'EEXIST':
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return storeUnavailable(
        'not-a-file',
        path,
        `${dir} cannot be used as the store's folder: something on its path is not a folder. Move it away, or set another folder.`,
        thrown,
      );
    default:
      return storeUnavailable('io', path, `The store ${path} cannot be used: ${thrown.message}.`, thrown);
  }
}
