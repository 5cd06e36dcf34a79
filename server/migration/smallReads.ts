import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { systemErrorReason } from '../platform/systemError.ts';
import { isPlainObject, type JsonObject } from '../protocol/json.ts';
import { Damaged } from './migrationSource.ts';

/** 256 MiB: a file is read as a whole, and a text in memory may be twice as large. */
export const MAX_FILE_BYTES = 256 * 1024 * 1024;

// Without O_NONBLOCK, opening a named pipe would wait for a writer; Windows has neither flag.
const FLAGS =
  constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK | constants.O_NOFOLLOW);

export interface WholeFile {
  readonly content: Buffer;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/**
 * A file as it is. Links are not followed. Not async: most are of a few KiB, for which a turn in the thread pool takes
 * several times as long as the read.
 * @throws Damaged
 */
export function readWhole(path: string): WholeFile {
  try {
    const file = openSync(path, FLAGS);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile()) throw new Damaged(path, 'It is not a file.');
      if (stats.size > MAX_FILE_BYTES)
        throw new Damaged(path, 'It is larger than 256 MiB, the most that is read.');
      return { content: readFileSync(file), modifiedAt: Math.floor(stats.mtimeMs) };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof Damaged) throw error;
    throw new Damaged(path, `It cannot be read: ${systemErrorReason(error)}.`);
  }
}

/** Of what is there; undefined where there is nothing, or it cannot be told. Links are not followed. */
export function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

/** @throws Damaged where it is no JSON, or no object */
export function jsonObjectOf(path: string, content: Buffer): JsonObject {
  const text = content.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    const what = text.trim() === '' ? 'it is empty' : error instanceof Error ? error.message : String(error);
    throw new Damaged(path, `It is not JSON: ${what}.`);
  }
  if (!isPlainObject(value)) throw new Damaged(path, 'It is JSON, but not an object.');
  return value;
}
