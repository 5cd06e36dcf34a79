import { countIn, folded } from '../domain/foldedText.ts';
import { filterFor, filterForStrings, type RecordFilter } from '../domain/recordFilter.ts';
import { itemMarkdown, sessionMarkdown, transcriptMarkdown } from '../domain/sessionMarkdown.ts';
import { shownTexts } from '../domain/transcriptText.ts';
import type { ParamsOf, ResultOf } from '../protocol/method.ts';
import {
  mergeItems,
  type TranscriptImage,
  type TranscriptItem,
  type TranscriptPage,
} from '../protocol/transcript.ts';
import type {
  OutlineEntry,
  TranscriptHit,
  transcriptsExport,
  transcriptsFind,
  transcriptsOutline,
} from '../protocol/transcriptMethods.ts';
import { OWN_SENTENCES } from '../sources/ownSentences.ts';
import { oneLine } from '../sources/values.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import { isShown, ofKinds } from './transcriptPages.ts';
import type { TranscriptReader } from './transcriptReader.ts';

/** Records that one call looks at, at most; of a file, no more than a page's bytes either. */
const RECORDS_AT_ONCE = 5000;
/** Of a line of the outline, in characters. */
const MAX_LINE = 200;

interface Place {
  readonly ref: string;
  readonly from: number;
  readonly generation?: string | undefined;
}

/** Which part of a transcript a call went through, and where the next call goes on. */
type Progress = Pick<ResultOf<typeof transcriptsFind>, 'start' | 'next' | 'size' | 'generation'>;

/** Occurrences of a text, by the parts of items as they are read. A result that is in a call in a page is one by itself here. */
export async function findInTranscript(
  reader: TranscriptReader,
  { text, kinds, ...place }: ParamsOf<typeof transcriptsFind>,
): Promise<ResultOf<typeof transcriptsFind>> {
  const { items, progress } = await scanPart(reader, place, filterFor(text, OWN_SENTENCES));
  const wanted = folded(text);
  const hits = latestOfEach(items).flatMap((item): TranscriptHit[] => {
    if (!isShown(item, kinds)) return [];
    const { id, position } = item;
    const callId = item.kind === 'tool_result' ? { callId: item.callId } : {};
    return shownTexts(item).flatMap(({ part, texts }) => {
      const count = texts.reduce((sum, each) => sum + countIn(each, wanted), 0);
      return count === 0 ? [] : [{ id, position, ...callId, part, count }];
    });
  });
  return { ...progress, hits };
}

/** Of items that were written again, the last one, where the first one was: as `mergeItems` does, but results stay as they are. */
function latestOfEach(items: readonly TranscriptItem[]): TranscriptItem[] {
  const latest = new Map<string, TranscriptItem>();
  for (const item of items) {
    const { position } = latest.get(item.id) ?? item;
    latest.set(item.id, { ...item, position });
  }
  return [...latest.values()];
}

export async function transcriptOutline(
  reader: TranscriptReader,
  place: ParamsOf<typeof transcriptsOutline>,
): Promise<ResultOf<typeof transcriptsOutline>> {
  const { items, progress } = await scanPart(reader, place, PROMPTS);
  return { ...progress, entries: mergeItems(items).flatMap(outlineEntry) };
}

/** What a person said is marked as the user's, whichever agent wrote it down. */
const PROMPTS = filterForStrings(['user', 'iteration', 'iteration_end']);

function outlineEntry(item: TranscriptItem): OutlineEntry[] {
  const { id, position, timestamp } = item;
  const at = { id, position, ...(timestamp === undefined ? {} : { timestamp }) };
  if (item.kind === 'message' && item.role === 'user' && item.injected !== true)
    return [{ ...at, kind: 'prompt', text: oneLine(item.text, MAX_LINE) || picturesInWords(item.images) }];
  if (item.kind !== 'iteration') return [];
  const kind = item.phase === 'begin' ? 'iteration' : 'iterationEnd';
  const number = item.number === undefined ? {} : { number: item.number };
  return [{ ...at, kind, ...number, text: oneLine(item.text ?? '', MAX_LINE) }];
}

/** For a prompt of pictures alone. */
function picturesInWords(images: readonly TranscriptImage[] = []): string {
  if (images.length === 0) return '';
  return images.length === 1 ? '[1 picture]' : `[${images.length} pictures]`;
}

export async function exportTranscript(
  reader: TranscriptReader,
  store: SessionStore,
  { kinds, ...place }: ParamsOf<typeof transcriptsExport>,
): Promise<ResultOf<typeof transcriptsExport>> {
  const { items, progress } = await scanPart(reader, place, undefined);
  const content = ofKinds(mergeItems(items), kinds).map(itemMarkdown).join('');
  if (progress.start > 0) return { ...progress, content };
  const where = reader.place(place.ref);
  const heading =
    where.origin === 'own' ? sessionMarkdown(await store.get(where.id)) : transcriptMarkdown(place.ref);
  return { ...progress, content: heading + content };
}

/** The next part of a transcript; its beginning where the generation no longer holds, or `from` is beyond its end. */
async function scanPart(
  reader: TranscriptReader,
  { ref, from, generation }: Place,
  filter: RecordFilter | undefined,
): Promise<{ items: TranscriptItem[]; progress: Progress }> {
  const page = await reader.page(ref, { from, generation, limit: RECORDS_AT_ONCE, scan: { filter } });
  return { items: page.items, progress: progressOf(page) };
}

function progressOf({ start, end, atStart, atEnd, size, generation }: TranscriptPage): Progress {
  return {
    start: atStart ? 0 : start,
    ...(atEnd ? {} : { next: end }),
    // A line that is still being written is in the next part, of those who go on when it has grown.
    size: atEnd ? end : size,
    generation,
  };
}
