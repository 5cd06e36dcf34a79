import { LIST_READ_BYTES } from '../source.ts';
import { splitLines, type FileLine } from './lines.ts';
import { readRange, type ReadableFile } from './readableFile.ts';

/** What a list reads of a file. */
export interface HeadAndTail {
  readonly head: readonly FileLine[];
  /** The last lines; those of `head` where the whole file was read. */
  readonly tail: readonly FileLine[];
  /** Whether the middle of the file was left out. */
  readonly partial: boolean;
}

/** Reads at most LIST_READ_BYTES: the whole file, or half of that from each of its ends. */
export async function readHeadAndTail(file: ReadableFile, size: number): Promise<HeadAndTail> {
  if (size <= LIST_READ_BYTES) {
    const lines = splitLines(await readRange(file, 0, size), 0);
    return { head: lines, tail: lines, partial: false };
  }
  const half = LIST_READ_BYTES / 2;
  const head = splitLines(await readRange(file, 0, half), 0);
  // The tail begins somewhere in a line, which is no line of it.
  const tail = splitLines(await readRange(file, size - half, size), size - half).slice(1);
  return { head, tail, partial: true };
}
