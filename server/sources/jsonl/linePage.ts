import type { PageQuery } from '../source.ts';
import {
  endOfLines,
  hasLineAt,
  lineStartBefore,
  lineStartFrom,
  readLineRuns,
  type FileLine,
} from './lines.ts';
import type { ReadableFile } from './readableFile.ts';

/** 4 MiB: a page ends before the line that would take it further, but holds one line at least. */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/**
 * 2 MiB: what is read of a part, of who goes through the whole. Small, so that little is in memory, and others have
 * their turn; of half of it, the way to the client and back would take longer than the reading (`npm run bench:transcripts`).
 */
export const MAX_SCAN_BYTES = 2 * 1024 * 1024;

/** Where a page begins, and where it ends if that is known before it is read. */
export interface PagePlace {
  readonly start: number;
  readonly end: number | undefined;
}

export interface PageEnd {
  readonly end: number;
  /** Whether no whole line follows; a line that is still being written may. */
  readonly atEnd: boolean;
}

/**
 * Where the page of a query is in the first `size` bytes: lines from `query.from` on, or the last ones before
 * `query.before`, or those at the end. A position inside a line stands for the start of the next one.
 */
export async function pagePlace(file: ReadableFile, size: number, query: PageQuery): Promise<PagePlace> {
  if (query.from !== undefined)
    return { start: await lineStartFrom(file, Math.min(query.from, size), size), end: undefined };
  const end =
    query.before === undefined || query.before >= size
      ? await endOfLines(file, size)
      : await lineStartFrom(file, query.before, size);
  const start = await lineStartBefore(file, end, Math.max(1, query.limit), MAX_PAGE_BYTES);
  return { start, end };
}

/**
 * Gives each line of a page to `take`, in order, while the file is read: others have their turn between chunks. It
 * answers whether it read the line; those that are read take no more than `maxBytes`, one line apart.
 */
export async function takePage(
  file: ReadableFile,
  size: number,
  { start, end }: PagePlace,
  { limit, maxBytes }: { readonly limit: number; readonly maxBytes: number },
  take: (line: FileLine) => boolean,
): Promise<PageEnd> {
  let position = start;
  let lines = 0;
  let bytes = 0;
  for await (const run of readLineRuns(file, start, end ?? size)) {
    for (const line of run) {
      const isFull = lines >= limit || bytes > maxBytes || line.end - start > MAX_PAGE_BYTES;
      if (end === undefined && lines > 0 && isFull) return { end: position, atEnd: false };
      if (take(line)) bytes += line.end - line.position;
      lines += 1;
      position = line.end;
    }
  }
  if (end === undefined) return { end: position, atEnd: true };
  return { end, atEnd: !(await hasLineAt(file, end, size)) };
}
