import { dirname } from 'node:path';
import { LockstepError } from '../domain/errors.ts';
import { systemErrorCode, systemErrorReason } from '../platform/systemError.ts';

/** An error of the file system while something was written, with what to do; anything else as it is. */
export function fileProblem(path: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (code === undefined || error instanceof LockstepError) return error;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  const words = isFull
    ? `The disk that holds ${dirname(path)} is full. What was to be migrated is as it was. Free some space there, and go on with the migration.`
    : `${path} cannot be written: ${systemErrorReason(error)}. What was to be migrated is as it was. See that you may write there, and go on with the migration.`;
  const reason = isFull ? 'disk-full' : code === 'EROFS' ? 'read-only' : 'permission';
  return new LockstepError('STORE_UNAVAILABLE', words, { details: { path, reason }, cause: error });
}
