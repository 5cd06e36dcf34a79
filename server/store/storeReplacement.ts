import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { syncFolder } from '../platform/atomicFile.ts';
import { systemErrorCode } from '../platform/systemError.ts';
import { logOf } from './connection.ts';
import { replacementOf } from './replacementMark.ts';
import { storeBusy, storeCorrupt } from './storeErrors.ts';

/** What is to be done, as names in the folder of the store; kept in the mark, so that it can be finished after a kill. */
const planSchema = z.strictObject({
  /** The new store, which has no log. */
  saved: z.string().regex(/^[^/\\]+$/),
  /** The second name that the old one gets, and its log with it. */
  kept: z.string().regex(/^[^/\\]+$/),
});
type Plan = z.output<typeof planSchema>;

/**
 * Puts a new store into the place of the old one. SQLite would apply an old log to any file, so the log has to go before
 * the file is replaced, and between the two nobody may open or write to what is there: a mark keeps them out. Whenever
 * this is cut short, the mark tells how to finish it, and everything is there.
 * @throws LockstepError STORE_BUSY where another does the same
 */
export function replaceStore(path: string, saved: string, kept: string): void {
  let mark: number;
  try {
    mark = openSync(replacementOf(path), 'wx', 0o600);
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') throw storeBusy(path, 0);
    throw error;
  }
  const plan: Plan = { saved, kept };
  try {
    writeSync(mark, JSON.stringify(plan));
    fsyncSync(mark);
  } finally {
    closeSync(mark);
  }
  syncFolder(dirname(path));
  carryOut(path, plan);
}

/** Finishes what was cut short, if anything was. */
export function finishReplacement(path: string): void {
  const mark = replacementOf(path);
  if (!existsSync(mark)) return;
  const text = readFileSync(mark, 'utf8');
  if (text === '') {
    // Killed before it said what to do, and so before it did any of it.
    rmSync(mark, { force: true });
    return;
  }
  let plan: Plan;
  try {
    plan = planSchema.parse(JSON.parse(text));
  } catch (error) {
    throw storeCorrupt(
      path,
      `the note ${mark} of a recovery that was cut short cannot be read: move it away`,
      error,
    );
  }
  carryOut(path, plan);
}

function carryOut(path: string, { saved, kept }: Plan): void {
  const folder = dirname(path);
  const savedPath = join(folder, saved);
  const keptPath = join(folder, kept);
  // Without it, the new store is in its place already, and what stands under the other names is the new one's.
  if (existsSync(savedPath)) {
    keep(path, keptPath);
    keep(logOf(path), logOf(keptPath));
    syncFolder(folder);
    rmSync(logOf(path), { force: true });
    rmSync(`${path}-shm`, { force: true });
    renameSync(savedPath, path);
    syncFolder(folder);
  }
  rmSync(replacementOf(path), { force: true });
  syncFolder(folder);
}

/** A second name for a file, or a copy where the file system has no such thing; whichever was made before stays. */
function keep(path: string, keptPath: string): void {
  if (!existsSync(path) || existsSync(keptPath)) return;
  try {
    linkSync(path, keptPath);
  } catch {
    copyFileSync(path, keptPath, constants.COPYFILE_EXCL);
  }
}
