import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from '../platform/atomicFile.ts';
import { systemErrorCode } from '../platform/systemError.ts';

/** The folder of a store's backups, which stands beside it. */
export function backupFolder(storePath: string): string {
  return join(dirname(storePath), 'backups');
}

/** The ending of a backup that is being written. */
export const PARTIAL_SUFFIX = '.partial';

/**
 * Begins a backup: an empty file of ours (0600) beside the target, to be filled and then finished, so that what has the
 * target's name is whole. Gives its path.
 */
export function beginBackup(target: string): string {
  const folder = dirname(target);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const partial = join(folder, `.${basename(target)}.${randomBytes(6).toString('hex')}${PARTIAL_SUFFIX}`);
  closeSync(openSync(partial, 'wx', 0o600));
  return partial;
}

/**
 * Gives a backup its name, once it is on disk.
 * @throws an error of the system, EEXIST where something has the name: nothing is ever written over
 */
export function finishBackup(partial: string, target: string): void {
  sync(partial);
  try {
    linkSync(partial, target);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') throw error;
    // A file system without second names.
    copyFileSync(partial, target, constants.COPYFILE_EXCL);
    sync(target);
  }
  rmSync(partial, { force: true });
  syncFolder(dirname(target));
}

/** The backup of a store that is about to get a newer schema. */
export function beforeUpdate(storePath: string, schema: number, now: number): string {
  return join(backupFolder(storePath), `before-update-${stamp(now)}-v${schema}.db`);
}

/** A time as file names can hold it on every system. */
export function stamp(now: number): string {
  return new Date(now).toISOString().replaceAll(/[:.]/g, '-');
}

function sync(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
