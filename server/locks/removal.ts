import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, lstat, mkdir, rename, rmdir, rm, unlink, utimes } from 'node:fs/promises';
import { systemErrorCode, systemErrorReason } from '../platform/systemError.ts';
import type { Lock } from '../protocol/lock.ts';
import { ownRecordPath, type LockFiles } from './lockFiles.ts';

/** Undefined where the lock was removed; else why it was left. */
export type Refusal = string | undefined;

/**
 * Removes a lock file that was found stale. No system removes a file only if it is still the one that was looked at, so
 * it is looked at again, moved aside in one step, and looked at once more; what changed under our hands is put back.
 */
export async function removeStale(planned: Lock, path: string, files: LockFiles): Promise<Refusal> {
  const aside = `${path}.${randomUUID()}.aside`;
  try {
    const now = await files.look(path);
    if (now === undefined) return 'it is gone already';
    if (now.fingerprint !== planned.fingerprint) return 'it has changed since it was planned';
    if (now.verdict !== 'dead') return 'it is not stale any more';
    await rename(path, aside);
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT' ? 'it is gone already' : systemErrorReason(error);
  }
  return removeAside(planned, aside, path, files);
}

/**
 * Ends what a cleaner that was killed had begun: what it had moved aside is removed if it is stale, else put back.
 * Undefined where nothing is left aside.
 */
export async function settleAside(aside: string, path: string, files: LockFiles): Promise<Refusal> {
  try {
    const found = await files.look(aside, path);
    return found && (await removeAside(found, aside, path, files));
  } catch (error) {
    return systemErrorReason(error);
  }
}

async function removeAside(planned: Lock, aside: string, path: string, files: LockFiles): Promise<Refusal> {
  try {
    const moved = await files.look(aside, path);
    if (moved === undefined) return undefined; // another cleaner was faster
    if (moved.fingerprint !== planned.fingerprint || moved.verdict !== 'dead')
      return await putBack(aside, path);
    if (planned.format === 'lockstep') {
      await rmdir(aside);
      await rm(ownRecordPath(path), { force: true });
    } else {
      await unlink(aside);
    }
    return undefined;
  } catch (error) {
    return `${systemErrorReason(error)}; it is at ${aside}`;
  }
}

/** Puts a lock back where it was, unless there is a newer one. */
async function putBack(aside: string, path: string): Promise<string> {
  try {
    const stats = await lstat(aside);
    if (stats.isDirectory()) {
      // A rename would replace an empty folder without a word.
      await mkdir(path);
      await utimes(path, stats.atime, stats.mtime);
      await rmdir(aside);
    } else {
      await linkOrCopy(aside, path);
      await unlink(aside);
    }
    return 'it was taken anew just now, and was put back';
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
    return `it was taken twice anew just now; the first of these locks is at ${aside}`;
  }
}

/** Both fail where there is a file at `path`. Some file systems have no links. */
async function linkOrCopy(from: string, path: string): Promise<void> {
  try {
    await link(from, path);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') throw error;
    await copyFile(from, path, constants.COPYFILE_EXCL);
  }
}
