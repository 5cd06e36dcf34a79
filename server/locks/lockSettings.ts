import { delimiter, isAbsolute } from 'node:path';
import * as z from 'zod';

/** `own`: Lockstep's leases and lock files; `all`: other tools' as well. */
export const autoClean = z.enum(['off', 'own', 'all']);
export type AutoClean = z.infer<typeof autoClean>;

export interface LockSettings {
  /** Folders of the user's with lock files of other tools. Absolute paths. */
  readonly roots: readonly string[];
  /** Folders that containers use too. Absolute paths. */
  readonly sharedRoots: readonly string[];
  readonly autoClean: AutoClean;
  /** How long to wait for a lock file that another holds, in milliseconds. */
  readonly waitMs: number;
}

const waitMs = z
  .string()
  .regex(/^\d{1,6}$/)
  .transform(Number)
  .pipe(z.int().max(600_000))
  .catch(10_000);

/**
 * Lists are joined as in `PATH`. What cannot be understood is as if it were not set: settings must not keep anyone
 * from their sessions. A relative path is one of these, since to what it is relative would be anybody's guess.
 */
export function lockSettings(env: NodeJS.ProcessEnv): LockSettings {
  return {
    roots: folders(env['LOCKSTEP_LOCK_ROOTS']),
    sharedRoots: folders(env['LOCKSTEP_LOCK_SHARED_ROOTS']),
    autoClean: autoClean.catch('own').parse(env['LOCKSTEP_LOCK_AUTO_CLEAN']),
    waitMs: waitMs.parse(env['LOCKSTEP_LOCK_WAIT_MS']),
  };
}

function folders(set: string | undefined): string[] {
  return (set ?? '').split(delimiter).filter((path) => isAbsolute(path));
}
