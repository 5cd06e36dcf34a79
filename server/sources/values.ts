import { posix, win32 } from 'node:path';
import type { Tokens } from '../protocol/session.ts';

/** What the agents' files say, made into what the protocol takes. None of these throws, whatever it is given. */

/** An ISO time, or milliseconds since the epoch, as an ISO time in UTC; undefined for anything else. */
export function isoTimeOf(value: unknown): string | undefined {
  const isTime = typeof value === 'number' || (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value));
  if (!isTime) return undefined; // Date takes almost any text that holds a number
  const date = new Date(value);
  // Years beyond 9999 are written with a sign, which the protocol refuses.
  return date.getTime() >= 0 && date.getUTCFullYear() <= 9999 ? date.toISOString() : undefined;
}

/** When a file changed, from its `mtimeMs`; the epoch where it says something that is no time of ours. */
export function fileTimeOf(mtimeMs: number): string {
  return isoTimeOf(mtimeMs) ?? new Date(0).toISOString();
}

/** A count of something; undefined where it is none. Beyond what JSON keeps exact, it stays at the limit. */
export function countOf(value: unknown): number | undefined {
  if (typeof value !== 'number' || !(value >= 0)) return undefined;
  return Math.min(Math.trunc(value), Number.MAX_SAFE_INTEGER);
}

/** How a program ended; undefined where it is none. */
export function exitCodeOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? Number(value) : undefined;
}

/** A reported amount of US dollars; undefined where it is none. */
export function dollarsOf(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : undefined;
}

/** The sum of what was reported, part by part; undefined where nothing was. */
export function tokensOf(
  parts: Partial<Record<Exclude<keyof Tokens, 'total'>, unknown>>,
): Tokens | undefined {
  const input = countOf(parts.input) ?? 0;
  const output = countOf(parts.output) ?? 0;
  const cacheRead = countOf(parts.cacheRead) ?? 0;
  const cacheWrite = countOf(parts.cacheWrite) ?? 0;
  const total = countOf(input + output + cacheRead + cacheWrite) ?? 0;
  return total === 0 ? undefined : { input, output, cacheRead, cacheWrite, total };
}

export function addTokens(a: Tokens | undefined, b: Tokens | undefined): Tokens | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return tokensOf({
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
  });
}

/** An absolute path of any system: files are read on another one than they were written on. */
export function absolutePathOf(value: string | undefined): string | undefined {
  if (value === undefined || value.includes('\0')) return undefined;
  return posix.isAbsolute(value) || win32.isAbsolute(value) ? value : undefined;
}

/**
 * Text as one line of at most `maxCharacters`. Controls are left out, and so are the marks that turn the direction
 * of writing, which would let a file decide how the rest of a list reads.
 */
export function oneLine(text: string, maxCharacters: number): string {
  const start = text.trimStart().slice(0, maxCharacters * 8);
  const line = start
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll(/[\u202A-\u202E\u2066-\u2069]/g, '')
    .trim();
  const characters = Array.from(line);
  if (characters.length <= maxCharacters) return line;
  return `${characters
    .slice(0, maxCharacters - 1)
    .join('')
    .trimEnd()}…`;
}
