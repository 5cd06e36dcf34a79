import { closeSync, constants, copyFileSync, linkSync, openSync, rmSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../platform/atomicFile.ts';
import { mapBounded } from '../platform/concurrency.ts';
import { systemErrorCode } from '../platform/systemError.ts';

export interface NewFile {
  readonly path: string;
  /** In the same folder; it is written over. */
  readonly temporary: string;
  readonly content: Buffer;
}

/**
 * Writes files that are not there yet (0600), whole or not at all.
 * @throws the system's error, EEXIST where something has a name: nothing is written over
 */
export async function writeNewFiles(files: readonly NewFile[]): Promise<void> {
  for (const { temporary, content } of files) writeOver(temporary, content);
  await syncAll(files.map(({ temporary }) => temporary));
  const copied: string[] = [];
  for (const { path, temporary } of files) {
    try {
      linkSync(temporary, path);
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') throw error;
      // A file system without second names.
      copyFileSync(temporary, path, constants.COPYFILE_EXCL);
      copied.push(path);
    }
    rmSync(temporary, { force: true });
  }
  await syncAll(copied);
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) syncFolder(folder);
}

/** Writes a file (0600), whatever it was; it is on disk only when it is synced. */
export function writeOver(path: string, content: Buffer): void {
  const file = openSync(path, 'w', 0o600);
  try {
    for (let done = 0; done < content.length;) done += writeSync(file, content, done);
  } finally {
    closeSync(file);
  }
}

/** Syncs in flight at once. */
const SYNCS = 16;

/**
 * Makes what was written to files last. Many at once, and after all of them were written: the journal of a file system
 * then takes them together, in a tenth of the time that one after the other would take.
 */
export async function syncAll(paths: readonly string[]): Promise<void> {
  await mapBounded(paths, SYNCS, async (path) => {
    const file = await open(path, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  });
}
