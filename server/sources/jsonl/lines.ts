import { readRange, type ReadableFile } from './readableFile.ts';

/** 8 MiB: a longer line is not held in memory, nor shown. Pictures make lines of a few MiB; nothing seen makes more. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;

/** The most lines of a run: who takes some of a chunk's lines does not wait for all of them. */
export const MAX_RUN_LINES = 1000;

const CHUNK_BYTES = 256 * 1024;
const LF = 0x0a;

/** A line that has its end. Split at the byte 0x0A alone, so characters of several bytes stay whole. */
export interface FileLine {
  /** Byte offset of its first byte. */
  readonly position: number;
  /** Byte offset after its line end: where the next line begins. */
  readonly end: number;
  /** Without the line feed; a carriage return before it is white space to JSON. Undefined where it is longer than {@link MAX_LINE_BYTES}. */
  readonly content: Buffer | undefined;
}

/** The lines of a buffer that begins at byte `position` of a file; what follows the last line end is left out. */
export function splitLines(bytes: Buffer, position: number): FileLine[] {
  const lines: FileLine[] = [];
  let start = 0;
  for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
    lines.push({
      position: position + start,
      end: position + end + 1,
      content: bytes.subarray(start, end),
    });
    start = end + 1;
  }
  return lines;
}

/**
 * The whole lines at `from <= position < until`, in order; `from` has to be a line's start. Memory is bounded by
 * {@link MAX_LINE_BYTES}, however long a line is.
 */
export async function* readLines(file: ReadableFile, from: number, until: number): AsyncGenerator<FileLine> {
  for await (const lines of readLineRuns(file, from, until)) yield* lines;
}

/**
 * As {@link readLines}, some that end in the same chunk of the file together: to wait for each line by itself takes
 * longer than to look through it. The contents of a run share its memory.
 */
export async function* readLineRuns(
  file: ReadableFile,
  from: number,
  until: number,
): AsyncGenerator<FileLine[]> {
  let lineStart = from;
  let parts: Buffer[] = [];
  for (let position = from; position < until;) {
    const chunk = await readRange(file, position, Math.min(position + CHUNK_BYTES, until));
    if (chunk.length === 0) return;
    let lines: FileLine[] = [];
    let start = 0;
    for (let lf = chunk.indexOf(LF); lf !== -1; lf = chunk.indexOf(LF, start)) {
      const end = position + lf + 1;
      const tooLong = end - 1 - lineStart > MAX_LINE_BYTES;
      const rest = chunk.subarray(start, lf);
      const content = tooLong ? undefined : parts.length === 0 ? rest : Buffer.concat([...parts, rest]);
      lines.push({ position: lineStart, end, content });
      start = lf + 1;
      lineStart = end;
      parts = [];
      if (lines.length === MAX_RUN_LINES) {
        yield lines;
        lines = [];
      }
    }
    position += chunk.length;
    if (position - lineStart > MAX_LINE_BYTES) parts = [];
    else if (start < chunk.length) parts.push(chunk.subarray(start));
    if (lines.length > 0) yield lines;
  }
}

/** The offset of the first line end at `from <= offset < until`, or -1. */
async function findLineEnd(file: ReadableFile, from: number, until: number): Promise<number> {
  for (let position = from; position < until;) {
    const chunk = await readRange(file, position, Math.min(position + CHUNK_BYTES, until));
    if (chunk.length === 0) return -1;
    const lf = chunk.indexOf(LF);
    if (lf !== -1) return position + lf;
    position += chunk.length;
  }
  return -1;
}

/** Whether a whole line begins at `position`, a line's start. */
export async function hasLineAt(file: ReadableFile, position: number, size: number): Promise<boolean> {
  return (await findLineEnd(file, position, size)) !== -1;
}

/** Where the last whole line of the first `size` bytes ends: what follows is still being written. */
export async function endOfLines(file: ReadableFile, size: number): Promise<number> {
  for (let until = size; until > 0;) {
    const from = Math.max(0, until - CHUNK_BYTES);
    const lf = (await readRange(file, from, until)).lastIndexOf(LF);
    if (lf !== -1) return from + lf + 1;
    until = from;
  }
  return 0;
}

/** The first line start at or after `position`; the end of the lines where there is none. */
export async function lineStartFrom(file: ReadableFile, position: number, size: number): Promise<number> {
  if (position <= 0) return 0;
  const lf = await findLineEnd(file, position - 1, size);
  return lf === -1 ? endOfLines(file, size) : lf + 1;
}

/**
 * The start of the `maxLines`th line before `before`, which has to be a line's start; a later one where that would
 * take more than `maxBytes`, but always of one line at least. 0 where the file begins first.
 */
export async function lineStartBefore(
  file: ReadableFile,
  before: number,
  maxLines: number,
  maxBytes: number,
): Promise<number> {
  let start = before;
  let lines = 0;
  // The byte before `before` ends the line before it, so the search is for the line end before that one.
  for (let until = before - 1; until > 0;) {
    const from = Math.max(0, until - CHUNK_BYTES);
    const chunk = await readRange(file, from, until);
    for (let lf = chunk.lastIndexOf(LF); lf !== -1; lf = lf === 0 ? -1 : chunk.lastIndexOf(LF, lf - 1)) {
      const lineStart = from + lf + 1;
      if (lines > 0 && before - lineStart > maxBytes) return start;
      start = lineStart;
      lines += 1;
      if (lines >= maxLines) return start;
    }
    if (lines > 0 && before - from > maxBytes) return start;
    until = from;
  }
  return 0;
}

/** The line ends in the first `until` bytes. */
export async function countLines(file: ReadableFile, until: number): Promise<number> {
  let lines = 0;
  for (let position = 0; position < until;) {
    const chunk = await readRange(file, position, Math.min(position + CHUNK_BYTES, until));
    if (chunk.length === 0) return lines;
    for (let lf = chunk.indexOf(LF); lf !== -1; lf = chunk.indexOf(LF, lf + 1)) lines += 1;
    position += chunk.length;
  }
  return lines;
}
