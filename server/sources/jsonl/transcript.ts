import { mergeItems, type TranscriptItem, type TranscriptPage } from '../../protocol/transcript.ts';
import type { PageQuery } from '../source.ts';
import { generationAfterCut, generationOf, isGeneration } from './generation.ts';
import { readLinePage, type LinePage } from './linePage.ts';
import { countLines, lineStartBefore, MAX_LINE_BYTES, readLines } from './lines.ts';
import type { ReadableFile } from './readableFile.ts';
import { readRecord, type LineReading, type ParseRecord } from './record.ts';

/** Up to 64 MiB, line numbers are counted; beyond, a note goes without. */
const MAX_COUNTED_BYTES = 64 * 1024 * 1024;

export interface RecordAt<R> {
  /** Byte offset of its line. */
  readonly position: number;
  readonly record: R;
  /** Of the line just before, where that line holds a record. */
  readonly previous: R | undefined;
}

export interface TranscriptFormat<R> {
  readonly parse: ParseRecord<R>;
  /**
   * The items of a page's records, in order. Apart from the token counts, a record's items must not depend on
   * what else is on the page: pages are cut anywhere.
   */
  items(records: readonly RecordAt<R>[]): TranscriptItem[];
}

export async function readTranscriptPage<R>(
  file: ReadableFile,
  query: PageQuery,
  format: TranscriptFormat<R>,
): Promise<TranscriptPage> {
  const facts = await file.stat();
  const plain = await generationOf(file, facts);
  const known = query.generation;
  const wasReplaced = known !== undefined && !isGeneration(known, plain);
  const wasCut = !wasReplaced && (query.from ?? query.before ?? 0) > facts.size;
  const generation =
    known === undefined || wasReplaced ? plain : wasCut ? generationAfterCut(plain, facts) : known;
  // Positions mean nothing in another content, so the answer is where a reader begins: the end.
  const page = await readLinePage(file, facts.size, wasReplaced || wasCut ? { limit: query.limit } : query);

  const records: RecordAt<R>[] = [];
  const damaged: { index: number; position: number; text: string }[] = [];
  let before = await readingBefore(file, page.start, format.parse);
  for (const [index, line] of page.lines.entries()) {
    const reading = readRecord(line, format.parse);
    if (reading.kind === 'record') {
      const previous = before?.kind === 'record' ? before.record : undefined;
      records.push({ position: line.position, record: reading.record, previous });
    }
    if (reading.kind === 'damaged') damaged.push({ index, position: line.position, text: reading.text });
    before = reading;
  }
  const firstLine = damaged.length === 0 ? undefined : await firstLineNumber(file, page);
  const notes = damaged.map(({ index, position, text }): TranscriptItem => ({
    id: `@${position}`,
    position,
    kind: 'note',
    severity: 'warning',
    text,
    line: firstLine === undefined ? undefined : firstLine + index,
  }));
  const items = [...format.items(records), ...notes].sort((a, b) => a.position - b.position);
  return {
    items: mergeItems(items),
    start: page.start,
    end: page.end,
    atStart: page.start === 0,
    atEnd: page.atEnd,
    generation,
  };
}

async function readingBefore<R>(
  file: ReadableFile,
  position: number,
  parse: ParseRecord<R>,
): Promise<LineReading<R> | undefined> {
  if (position === 0) return undefined;
  const start = await lineStartBefore(file, position, 1, MAX_LINE_BYTES);
  for await (const line of readLines(file, start, position)) return readRecord(line, parse);
  return undefined;
}

/** Of the page's first line, counted from 1; undefined where counting would take long. */
async function firstLineNumber(file: ReadableFile, page: LinePage): Promise<number | undefined> {
  return page.start > MAX_COUNTED_BYTES ? undefined : (await countLines(file, page.start)) + 1;
}
