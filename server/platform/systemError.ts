import { LockstepError } from '../domain/errors.ts';

/** The code of an error of the operating system, such as `ENOENT`; undefined for any other value. */
export function systemErrorCode(error: unknown): string | undefined {
  if (error instanceof LockstepError) return undefined; // its code is of another kind
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** What went wrong with a file, for a person: a clause that goes on after "…: ". */
export function systemErrorReason(error: unknown): string {
  const code = systemErrorCode(error);
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'ENOENT':
      return 'it does not exist';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
      return 'it is not a folder';
    case 'ELOOP':
      return 'its links go in a circle';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open';
    case undefined:
      return error instanceof Error ? error.message : String(error);
    default:
      return `the system says ${code}`;
  }
}
