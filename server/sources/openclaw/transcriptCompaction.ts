import { existsSync, rmSync, statSync } from 'node:fs';
import { LockstepError } from '../../domain/errors.ts';
import { writeFileAtomic } from '../../platform/atomicFile.ts';
import { isPlainObject, type JsonObject } from '../../protocol/json.ts';
import { fileFacts, openForReading, readRange, type ReadableFile } from '../jsonl/readableFile.ts';
import { MAX_LINE_BYTES, readLines } from '../jsonl/lines.ts';
import { ObjectText } from './jsonText.ts';
import { copyTranscript } from './transcriptArchive.ts';

export type Compaction =
  | { readonly compacted: false; readonly kept: number }
  | { readonly compacted: true; readonly kept: number; readonly removed: number; readonly archived: string };

export interface CompactionOptions {
  /** Lines that stay at most, the header among them; at least 1. */
  readonly maxLines: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Called right before the file is replaced; throws where that may not be. */
  readonly check: () => void;
}

interface Line {
  readonly position: number;
  readonly end: number;
}

interface Entry {
  readonly text: string;
  readonly value: JsonObject;
}

/**
 * Shortens a transcript to its header and its last lines. The whole is copied beside it first. Of the lines that stay,
 * those that cannot be read are dropped; the first entry becomes the root, and a compaction that begins at an entry
 * which is gone begins there.
 * @throws LockstepError STORE_BUSY where the transcript was changed meanwhile
 */
export async function compactTranscript(
  path: string,
  { maxLines, now, check }: CompactionOptions,
): Promise<Compaction> {
  const file = await openForReading(path);
  let before: number;
  let texts: string[];
  let unchanged: () => void;
  try {
    const { size, identity, modified } = await file.stat();
    unchanged = () => {
      const now = fileFacts(statSync(path, { bigint: true }));
      if (now.size !== size || now.modified !== modified || now.identity !== identity) throw changed(path);
    };
    const { first, last, count } = await survey(file, size, maxLines);
    before = count;
    if (count <= maxLines) return { compacted: false, kept: count };
    const header = first && (await entryAt(file, first));
    const hasHeader = header?.value['type'] === 'session';
    const tail = hasHeader ? last.slice(last.length - (maxLines - 1)) : last;
    const entries: Entry[] = [];
    for (const line of tail) {
      const entry = await entryAt(file, line);
      if (entry) entries.push(entry);
    }
    texts = [...(hasHeader ? [header.text] : []), ...withoutGaps(entries)];
  } finally {
    await file.close();
  }
  const archived = copyTranscript(path, now);
  try {
    writeFileAtomic(path, {
      content: texts.map((text) => `${text}\n`),
      mode: statSync(path).mode & 0o777,
      check: () => {
        check();
        unchanged();
      },
    });
  } catch (error) {
    // Of a whole that is still there.
    if (existsSync(path)) rmSync(archived, { force: true });
    throw error;
  }
  return { compacted: true, kept: texts.length, removed: before - texts.length, archived };
}

/** The lines that are not blank: the first, the last `most`, and how many there are. */
async function survey(
  file: ReadableFile,
  size: number,
  most: number,
): Promise<{ first: Line | undefined; last: Line[]; count: number }> {
  let first: Line | undefined;
  let last: Line[] = [];
  let count = 0;
  const add = (line: Line): void => {
    first ??= line;
    count++;
    last.push(line);
    if (last.length >= most * 2 + 64) last = last.slice(-most);
  };
  let end = 0;
  for await (const { position, end: after, content } of readLines(file, 0, size)) {
    if (content === undefined || hasText(content)) add({ position, end: after });
    end = after;
  }
  // What follows the last line end is a line too: whoever wrote it had no time to end it.
  if (end < size && !(await isBlank(file, end, size))) add({ position: end, end: size });
  return { first, last: last.slice(-most), count };
}

async function isBlank(file: ReadableFile, start: number, end: number): Promise<boolean> {
  return end - start <= MAX_LINE_BYTES && !hasText(await readRange(file, start, end));
}

function hasText(line: Buffer): boolean {
  return line.some((byte) => byte > 0x20);
}

async function entryAt(file: ReadableFile, { position, end }: Line): Promise<Entry | undefined> {
  if (end - position > MAX_LINE_BYTES) return undefined;
  const text = (await readRange(file, position, end))
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trim();
  try {
    const value: unknown = JSON.parse(text);
    return isPlainObject(value) ? { text, value } : undefined;
  } catch {
    return undefined; // it stays in the copy
  }
}

function withoutGaps(entries: readonly Entry[]): string[] {
  const [first] = entries;
  const ids = new Set(entries.map(({ value }) => value['id']));
  return entries.map(({ text, value }) => {
    const begins = value['firstKeptEntryId'];
    const isRoot = value === first?.value && value['parentId'] !== undefined;
    const isLost = value['type'] === 'compaction' && begins !== undefined && !ids.has(begins);
    if (!isRoot && !isLost) return text;
    const line = new ObjectText(text, { indent: undefined });
    if (isRoot) line.set('parentId', 'null');
    if (isLost) line.set('firstKeptEntryId', JSON.stringify(first?.value['id'] ?? null));
    return line.toString();
  });
}

function changed(path: string): LockstepError {
  return new LockstepError(
    'STORE_BUSY',
    `The transcript ${path} was written to meanwhile, and was left as it is.`,
    {
      details: { path },
    },
  );
}
