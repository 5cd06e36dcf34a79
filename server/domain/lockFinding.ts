import type { Lock } from '../protocol/lock.ts';

/** A folder whose lock files can be removed once they are proved stale. */
export interface LockFolder {
  /** Absolute path; the folder need not exist. */
  readonly path: string;
  /** How many levels of folders below it are looked at too. */
  readonly depth: number;
}

/** What was found at a place, and what could not be looked at. */
export interface LockFinding {
  readonly locks: readonly Lock[];
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

/** Where an agent keeps its locks. */
export interface AgentLocks {
  readonly folders: readonly LockFolder[];
  /** Locks that tell of living processes. They are shown, and never removed. Rejects never. */
  live?(): Promise<LockFinding>;
}

/** Milliseconds since a moment, as far as dates reach: a file's time may be any number, and ages are shown as dates. */
export function ageOf(madeAt: number, now: number): number {
  return Math.round(Math.min(Math.max(0, now - madeAt), now));
}
