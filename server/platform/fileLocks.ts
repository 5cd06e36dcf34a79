import { readFile, readlink } from 'node:fs/promises';

/** The pid namespace that a Linux system begins with; in another one, `/proc/locks` leaves out the locks of others. */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

/** Who has locked a file with flock(2), by its inode; undefined where that cannot be told. Never rejects. */
export type FlockHolder = (
  inode: bigint,
) => Promise<{ readonly pid: number | undefined } | 'nobody' | undefined>;

/**
 * Asks `/proc/locks`, and takes no lock: even a look by locking would be in the way of the holder. Inodes are compared
 * without their device, which some file systems give in two forms: a doubt that is decided for a holder.
 */
export const linuxFlockHolder: FlockHolder = async (inode) => {
  try {
    const [locks, namespace] = await Promise.all([
      readFile('/proc/locks', 'utf8'),
      readlink('/proc/self/ns/pid'),
    ]);
    return flockHolderIn(locks, inode) ?? (namespace === FIRST_PID_NAMESPACE ? 'nobody' : undefined);
  } catch {
    return undefined; // another system
  }
};

/** Format: proc_locks(5), such as `1: FLOCK  ADVISORY  WRITE 4711 08:01:131074 0 EOF`. */
export function flockHolderIn(
  locks: string,
  inode: bigint,
): { readonly pid: number | undefined } | undefined {
  for (const line of locks.split('\n')) {
    const found = /^\d+: FLOCK\s+\S+\s+\S+\s+(-?\d+)\s+\S+:\S+:(\d+)\s/.exec(line);
    if (found?.[2] !== String(inode)) continue;
    const pid = Number(found[1]);
    return { pid: pid > 0 ? pid : undefined };
  }
  return undefined;
}
