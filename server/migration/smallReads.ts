import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { systemErrorCode, systemErrorReason } from '../platform/systemError.ts';
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
    if (fileStats(path)?.isSymbolicLink() === true)
      throw new Damaged(path, 'It is a link, which is not followed.');
    throw new Damaged(path, `It cannot be read: ${systemErrorReason(error)}.`);
  }
}

/** Of what is there; undefined where there is nothing, or it cannot be told. Links are not followed. */
export function fileStats(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

/** A sentence: why what is no plain file is not read. */
export function whatElse(stats: Stats): string {
  return stats.isSymbolicLink() ? 'It is a link, which is not followed.' : 'It is not a file.';
}

/** Whether nothing is there; what cannot be told is no such proof. */
export function isMissing(path: string): boolean {
  try {
    lstatSync(path);
    return false;
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT';
  }
}

/** A sentence: why it cannot be told what is there; undefined where it can, even that nothing is. */
export function lookProblem(path: string): string | undefined {
  try {
    lstatSync(path);
    return undefined;
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT'
      ? undefined
      : `It cannot be read: ${systemErrorReason(error)}.`;
  }
}

/** Text that may hold a number which a double cannot: most has none, and is parsed in a tenth of the time. */
const PERHAPS_INEXACT = /\d{16}|[eE][+-]?\d{3}/;

/** A number that no double holds, which became its text. */
export interface TextNumber {
  /** The keys that lead to it. */
  readonly path: readonly string[];
  readonly source: string;
}

/**
 * Numbers that no double holds, such as ids of 19 digits, become their text, and are added to `numbers`.
 * @throws Damaged where it is no JSON, or no object
 */
export function jsonObjectOf(path: string, content: Buffer, numbers: TextNumber[] = []): JsonObject {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw new Damaged(path, 'It is not UTF-8 text.');
  }
  let value: unknown;
  try {
    value = PERHAPS_INEXACT.test(text) ? parseExactly(text, numbers) : JSON.parse(text);
  } catch (error) {
    const what = text.trim() === '' ? 'it is empty' : error instanceof Error ? error.message : String(error);
    throw new Damaged(path, `It is not JSON: ${what}.`);
  }
  if (!isPlainObject(value)) throw new Damaged(path, 'It is JSON, but not an object.');
  return value;
}

/** Sentences told of one session, whose messages may each have such an id. */
const MAX_SENTENCES = 20;

/** A sentence of each, or of how many more there are. */
export function lossesFrom(numbers: readonly TextNumber[]): string[] {
  const losses = numbers
    .slice(0, MAX_SENTENCES)
    .map(
      ({ path, source }) =>
        `The number ${source.slice(0, 40)} at "${path.join('.').slice(0, 100)}" is kept as text.`,
    );
  const more = numbers.length - losses.length;
  return more === 0 ? losses : [...losses, `So are ${more} more numbers.`];
}

/** A reviver sees what is within a value before the value, so that paths grow from their ends. */
function parseExactly(text: string, numbers: TextNumber[]): unknown {
  const within = new Map<unknown, { path: string[]; source: string }[]>();
  let found: { path: string[]; source: string }[] = [];
  const value: unknown = JSON.parse(
    text,
    function (this: object, key: string, part: unknown, context?: { readonly source?: string }) {
      const source = context?.source;
      const isInexact = typeof part === 'number' && source !== undefined && !isExact(part, source);
      found = isInexact ? [{ path: [], source }] : (within.get(part) ?? []);
      within.delete(part);
      if (found.length > 0) {
        for (const { path } of found) path.unshift(key);
        const others = within.get(this);
        if (others === undefined) within.set(this, found);
        else for (const one of found) others.push(one);
      }
      return isInexact ? source : part;
    },
  );
  for (const { path, source } of found) numbers.push({ path: path.slice(1), source }); // the first is the whole's
  return value;
}

/** Whether the number comes back as it was: `-27585380873018110` is no double, but what its double is written as. */
function isExact(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return false;
  return !/^-?\d+$/.test(source) || String(value) === source || BigInt(source) === BigInt(value);
}
