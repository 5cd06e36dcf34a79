import type { TranscriptItem, TranscriptPage } from '../../protocol/transcript.ts';
import type { PageQuery } from '../source.ts';
import { generationAfterCut, generationOf, isGeneration } from './generation.ts';
import { MAX_PAGE_BYTES, MAX_SCAN_BYTES, pagePlace, takePage } from './linePage.ts';
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
  /** The parts of a record that are pictures: an item's locator counts them by `index`. */
  images(record: R): readonly unknown[];
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
  // Positions mean nothing in another content, so the answer is where a reader begins: the end, or who scans it.
  const anew = { ...query, from: query.scan && 0, before: undefined };
  const asked = wasReplaced || wasCut ? anew : query;
  const place = await pagePlace(file, facts.size, asked);

  const { scan } = query;
  const records: RecordAt<R>[] = [];
  const damaged: { index: number; position: number; text: string }[] = [];
  let before = await readingBefore(file, place.start, format.parse);
  let index = 0;
  const bounds = { limit: query.limit, maxBytes: scan === undefined ? MAX_PAGE_BYTES : MAX_SCAN_BYTES };
  const { end, atEnd } = await takePage(file, facts.size, place, bounds, (line) => {
    const isRefused = line.content !== undefined && scan?.filter?.acceptsBytes(line.content) === false;
    const reading = isRefused ? undefined : readRecord(line, format.parse);
    if (reading?.kind === 'record') {
      const previous = before?.kind === 'record' ? before.record : undefined;
      records.push({ position: line.position, record: reading.record, previous });
    }
    if (reading?.kind === 'damaged') damaged.push({ index, position: line.position, text: reading.text });
    before = reading;
    index += 1;
    return !isRefused;
  });
  const isNumbered = damaged.length > 0 && scan === undefined;
  const firstLine = isNumbered ? await firstLineNumber(file, place.start) : undefined;
  const notes = damaged.map(({ index: lineIndex, position, text }): TranscriptItem => ({
    id: `@${position}`,
    position,
    kind: 'note',
    severity: 'warning',
    text,
    line: firstLine === undefined ? undefined : firstLine + lineIndex,
  }));
  return {
    items: [...format.items(records), ...notes].sort((a, b) => a.position - b.position),
    start: place.start,
    end,
    atStart: place.start === 0,
    atEnd,
    size: facts.size,
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

/** Of the line at `start`, counted from 1; undefined where counting would take long. */
async function firstLineNumber(file: ReadableFile, start: number): Promise<number | undefined> {
  return start > MAX_COUNTED_BYTES ? undefined : (await countLines(file, start)) + 1;
}
