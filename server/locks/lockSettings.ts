import { delimiter, isAbsolute, join, parse } from 'node:path';
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
  /** What could not be understood: the entry, and why. */
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

const waitMs = z
  .string()
  .regex(/^\d{1,6}$/)
  .transform(Number)
  .pipe(z.int().max(600_000))
  .catch(10_000);

/**
 * Lists are joined as in `PATH`, or JSON, which can hold any path; `~/` is the home folder. What cannot be understood
 * keeps nobody from their sessions: it is a problem that is told of. Where that is a shared root, all folders are taken
 * for shared, since to forget one would cost a container its locks.
 */
export function lockSettings(env: NodeJS.ProcessEnv, userHome: string): LockSettings {
  const roots = folders(env['LOCKSTEP_LOCK_ROOTS'], userHome);
  const shared = folders(env['LOCKSTEP_LOCK_SHARED_ROOTS'], userHome);
  const problems = [...roots.wrong, ...shared.wrong];
  return {
    roots: roots.paths,
    sharedRoots: shared.wrong.length === 0 ? shared.paths : [parse(userHome).root],
    autoClean: autoClean.catch('own').parse(env['LOCKSTEP_LOCK_AUTO_CLEAN']),
    waitMs: waitMs.parse(env['LOCKSTEP_LOCK_WAIT_MS']),
    problems: problems.map((path) => ({ path, message: 'a folder with locks has to be an absolute path' })),
  };
}

function folders(set: string | undefined, userHome: string): { paths: string[]; wrong: string[] } {
  const paths: string[] = [];
  const wrong: string[] = [];
  for (const entry of entriesOf(set ?? '')) {
    const text = typeof entry === 'string' ? entry.trim() : JSON.stringify(entry);
    if (text === '') continue;
    const path = /^~(?=$|[\\/])/.test(text) ? join(userHome, text.slice(1)) : text;
    if (isAbsolute(path)) paths.push(path);
    else wrong.push(text);
  }
  return { paths, wrong };
}

function entriesOf(set: string): unknown[] {
  if (!set.trimStart().startsWith('[')) return set.split(delimiter);
  try {
    return z.array(z.unknown()).parse(JSON.parse(set));
  } catch {
    return [set]; // no absolute path, so it is told of
  }
}
