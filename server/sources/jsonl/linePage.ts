import type { PageQuery } from '../source.ts';
import { endOfLines, hasLineAt, lineStartBefore, lineStartFrom, readLines, type FileLine } from './lines.ts';
import type { ReadableFile } from './readableFile.ts';

/** 4 MiB: a page ends before the line that would take it further, but holds one line at least. */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** The whole lines at `start <= position < end`. */
export interface LinePage {
  readonly lines: readonly FileLine[];
  readonly start: number;
  readonly end: number;
  /** Whether no whole line follows; a line that is still being written may. */
  readonly atEnd: boolean;
}

/**
 * A page of the first `size` bytes: lines from `query.from` on, or the last ones before `query.before`, or those at
 * the end. A position inside a line stands for the start of the next one.
 */
export async function readLinePage(file: ReadableFile, size: number, query: PageQuery): Promise<LinePage> {
  const limit = Math.max(1, query.limit);
  if (query.from !== undefined) {
    return readForward(file, size, await lineStartFrom(file, Math.min(query.from, size), size), limit);
  }
  const end =
    query.before === undefined || query.before >= size
      ? await endOfLines(file, size)
      : await lineStartFrom(file, query.before, size);
  const start = await lineStartBefore(file, end, limit, MAX_PAGE_BYTES);
  const lines: FileLine[] = [];
  for await (const line of readLines(file, start, end)) lines.push(line);
  return { lines, start, end, atEnd: !(await hasLineAt(file, end, size)) };
}

async function readForward(
  file: ReadableFile,
  size: number,
  start: number,
  limit: number,
): Promise<LinePage> {
  const lines: FileLine[] = [];
  let end = start;
  for await (const line of readLines(file, start, size)) {
    if (lines.length > 0 && line.end - start > MAX_PAGE_BYTES) return { lines, start, end, atEnd: false };
    lines.push(line);
    end = line.end;
    if (lines.length === limit) return { lines, start, end, atEnd: !(await hasLineAt(file, end, size)) };
  }
  return { lines, start, end, atEnd: true };
}
