import { randomUUID } from 'node:crypto';
import {
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  type BigIntStats,
} from 'node:fs';
import { systemErrorCode, systemErrorReason } from '../platform/systemError.ts';
import type { Lock } from '../protocol/lock.ts';
import { folderIdentity, forgetOwnRecord, type LockFiles } from './lockFiles.ts';

/** Undefined where the lock was removed; else why it was left. */
export type Refusal = string | undefined;

/**
 * Removes a lock file that was found stale. No system removes a file only if it is still the one that was looked at, so
 * it is looked at again, moved aside in one step, and looked at once more; what changed under our hands is put back.
 *
 * What is done to the place of a lock is done without a turn of the event loop: to tell who an owner is takes time in
 * which others remove a stale lock and take it anew, and while theirs is aside, a third could.
 */
export async function removeStale(planned: Lock, path: string, files: LockFiles): Promise<Refusal> {
  const aside = `${path}.${randomUUID()}.aside`;
  try {
    const before = lstatSync(path, { bigint: true });
    const now = await files.look(path);
    if (now === undefined) return 'it is gone already';
    if (now.fingerprint !== planned.fingerprint) return 'it has changed since it was planned';
    if (now.verdict !== 'dead') return 'it is not stale any more';
    if (!isSame(before, lstatSync(path, { bigint: true }))) return 'it has changed just now';
    renameSync(path, aside);
    if (!isSame(before, lstatSync(aside, { bigint: true }))) return putBack(aside, path);
    // Each folder of our own has one holder in its life, and that one is dead.
    if (now.format === 'lockstep') return removeOwn(aside, path, before);
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT' ? 'it is gone already' : systemErrorReason(error);
  }
  return settle(aside, path, files, planned.fingerprint);
}

/**
 * Ends what a cleaner that was killed had begun: what it had moved aside is removed if it is stale, else put back.
 * Undefined where nothing is left to tell of.
 */
export function settleAside(aside: string, path: string, files: LockFiles): Promise<Refusal> {
  return settle(aside, path, files);
}

/** As {@link settleAside}, but nothing is removed: what is stale stays aside, where it is in nobody's way. */
export async function putBackLiving(aside: string, path: string, files: LockFiles): Promise<Refusal> {
  const found = await lookAside(aside, path, files);
  return found === 'gone' || found?.verdict === 'dead' ? undefined : putBack(aside, path);
}

async function settle(aside: string, path: string, files: LockFiles, fingerprint?: string): Promise<Refusal> {
  try {
    const found = await lookAside(aside, path, files);
    if (found === 'gone') return undefined; // another cleaner was faster
    if (found?.verdict !== 'dead' || (fingerprint !== undefined && found.fingerprint !== fingerprint))
      return putBack(aside, path);
    if (found.format === 'lockstep') return removeOwn(aside, path, lstatSync(aside, { bigint: true }));
    unlinkSync(aside);
    return undefined;
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT' ? undefined : `${systemErrorReason(error)}; it is at ${aside}`;
  }
}

/** Undefined where it cannot be looked at, which proves nothing. */
async function lookAside(aside: string, path: string, files: LockFiles): Promise<Lock | 'gone' | undefined> {
  try {
    return (await files.look(aside, path)) ?? 'gone';
  } catch {
    return undefined;
  }
}

function removeOwn(aside: string, path: string, stats: BigIntStats): Refusal {
  rmdirSync(aside);
  forgetOwnRecord(path, folderIdentity(stats));
  return undefined;
}

/** Puts a lock back where it was, unless there is a newer one. */
function putBack(aside: string, path: string): string {
  try {
    if (lstatSync(aside).isDirectory()) {
      // A rename alone would replace the empty folder of a newer lock without a word; on Windows it would not.
      if (process.platform !== 'win32') mkdirSync(path);
      renameSync(aside, path);
    } else {
      linkOrCopy(aside, path);
      unlinkSync(aside);
    }
    return 'it is not stale any more, and was put back';
  } catch (error) {
    const why =
      systemErrorCode(error) === 'EEXIST' ? 'there is a newer lock in its place' : systemErrorReason(error);
    return `it is not stale any more, and could not be put back (${why}): it is at ${aside}`;
  }
}

/** Both fail where there is a file at `path`. Some file systems have no links, and some files may not be linked. */
function linkOrCopy(from: string, path: string): void {
  try {
    linkSync(from, path);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') throw error;
    copyFileSync(from, path, constants.COPYFILE_EXCL);
  }
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return (
    a.dev === b.dev &&
    a.ino === b.ino &&
    a.mode === b.mode &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.birthtimeNs === b.birthtimeNs
  );
}
