import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The folder of a store's backups, which stands beside it. */
export function backupFolder(storePath: string): string {
  return join(dirname(storePath), 'backups');
}

/**
 * Begins a backup: an empty file of ours (0600) beside the target, to be filled and then finished, so that what has the
 * target's name is whole. Gives its path.
 */
export function beginBackup(target: string): string {
  const folder = dirname(target);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const partial = join(folder, `.${basename(target)}.${randomBytes(6).toString('hex')}.partial`);
  closeSync(openSync(partial, 'wx', 0o600));
  return partial;
}

/** Gives a backup its name, once it is on disk. */
export function finishBackup(partial: string, target: string): void {
  sync(partial);
  renameSync(partial, target);
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

/** Makes a rename last. Windows cannot open folders, and needs no such thing. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
