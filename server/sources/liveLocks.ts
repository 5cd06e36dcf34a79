import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ageOf, type LockFinding } from '../domain/lockFinding.ts';
import { mapBounded } from '../platform/concurrency.ts';
import { fileFingerprint, readSmallFile, type SmallFile } from '../platform/smallFile.ts';
import { systemErrorCode, systemErrorReason } from '../platform/systemError.ts';
import type { Lock, LockFormat } from '../protocol/lock.ts';

/** Such a file has some 300 bytes. */
const MAX_BYTES = 64 * 1024;

/** What an agent's own reader says of one of its files; the rest of the lock is the same for all. */
export type LiveLock = Pick<Lock, 'guards' | 'owner' | 'verdict' | 'reasons'> & {
  /** When it was made, in milliseconds since the epoch; when it was written last, if undefined. */
  readonly madeAt?: number | undefined;
};

export interface LiveLockFolder {
  readonly format: LockFormat;
  readonly folder: string;
  /** The path of the file that tells of the owner, for an entry of the folder; undefined for what is no lock. */
  readonly fileOf: (name: string) => string | undefined;
  readonly read: (file: SmallFile, path: string) => Promise<LiveLock>;
}

/**
 * Files by which an agent tells that it runs: shown with their owner's verdict, and never removed, since the agent
 * itself cleans them and some hold secrets. Rejects never.
 */
export async function findLiveLocks({ format, folder, fileOf, read }: LiveLockFolder): Promise<LockFinding> {
  const problems: { path: string; message: string }[] = [];
  async function lockAt(name: string): Promise<Lock[]> {
    const file = fileOf(name);
    if (file === undefined) return [];
    const path = join(folder, file);
    try {
      const found = await readSmallFile(path, MAX_BYTES);
      const { madeAt = Number(found.stats.mtimeMs), ...live } = await read(found, path);
      const ageMs = ageOf(madeAt, Date.now());
      const fingerprint = fileFingerprint(path, found);
      return [{ kind: 'file', format, path, ageMs, fingerprint, removable: false, ...live }];
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') problems.push({ path, message: systemErrorReason(error) });
      return [];
    }
  }
  try {
    const names = await readdir(folder);
    return { locks: (await mapBounded(names, 8, lockAt)).flat(), problems };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return { locks: [], problems };
    return { locks: [], problems: [{ path: folder, message: systemErrorReason(error) }] };
  }
}

/** The JSON of a small file; undefined for what is none. */
export function jsonOf({ content }: SmallFile): unknown {
  try {
    return content === undefined ? undefined : JSON.parse(content.toString('utf8'));
  } catch {
    return undefined;
  }
}
