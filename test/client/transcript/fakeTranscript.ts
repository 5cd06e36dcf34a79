import type { TranscriptItem, TranscriptPage } from '../../../server/protocol/transcript.ts';
import { mergeItems } from '../../../server/protocol/transcript.ts';
import type { PageRequest } from '../../../client/transcript/transcriptFeed.ts';

/** One record: a line of a file, or an event. It shows nothing, one item or several. */
export type FakeRecord = readonly TranscriptItem[];

const BYTES = 10;

/** A transcript that answers as `transcripts.page` does, with positions that are offsets of records. */
export class FakeTranscript {
  #records: FakeRecord[] = [];
  #generation = 1;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** All of it, as a reader of the whole would show it. */
  get items(): TranscriptItem[] {
    return mergeItems(this.#itemsBetween(0, this.#records.length));
  }

  get length(): number {
    return this.#records.length;
  }

  append(...records: readonly FakeRecord[]): void {
    this.#records.push(...records);
  }

  /** Another transcript takes its place. */
  replace(...records: readonly FakeRecord[]): void {
    this.#records = [...records];
    this.#generation += 1;
  }

  page(request: PageRequest): TranscriptPage {
    const generation = String(this.#generation);
    const limit = Math.min(request.limit ?? this.#limit, this.#limit);
    const length = this.#records.length;
    const same = request.generation === undefined || request.generation === generation;
    const from = same ? request.from : undefined;
    const before = same ? request.before : undefined;
    const end =
      from === undefined
        ? Math.min((before ?? Infinity) / BYTES, length)
        : Math.min(from / BYTES + limit, length);
    const start = from === undefined ? Math.max(0, end - limit) : Math.min(from / BYTES, length);
    const items = mergeItems(this.#itemsBetween(start, end));
    return {
      items: items.filter(({ kind }) => request.kinds?.includes(kind) ?? true),
      start: start * BYTES,
      end: end * BYTES,
      atStart: start === 0,
      atEnd: end === length,
      size: length * BYTES,
      generation,
    };
  }

  #itemsBetween(start: number, end: number): TranscriptItem[] {
    return this.#records
      .slice(start, end)
      .flatMap((record, index) => record.map((item) => ({ ...item, position: (start + index) * BYTES })));
  }
}

/** The same, as the transcript whose n-th record holds it gives it. */
export function at(n: number, item: TranscriptItem): TranscriptItem {
  return { ...item, position: n * BYTES };
}

export function message(
  id: string,
  text = `Text of ${id}`,
  role: 'user' | 'assistant' = 'assistant',
): TranscriptItem {
  return { kind: 'message', id, position: 0, role, text };
}

/** Records of one message each, named from `first` on. */
export function messages(first: number, count: number): FakeRecord[] {
  return Array.from({ length: count }, (_, index) => [message(`m${first + index}`)]);
}
