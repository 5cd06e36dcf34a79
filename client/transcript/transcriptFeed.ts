import type { CallParamsOf } from '../../server/protocol/method.ts';
import type { TranscriptItem, TranscriptPage } from '../../server/protocol/transcript.ts';
import { mergeItems } from '../../server/protocol/transcript.ts';
import type { transcriptsPage } from '../../server/protocol/transcriptMethods.ts';

export type PageRequest = Omit<CallParamsOf<typeof transcriptsPage>, 'ref'>;
export type FetchPage = (request: PageRequest) => Promise<TranscriptPage>;

/** The part of the transcript that was read: from `start` up to what was its end. */
export interface LoadedTranscript {
  readonly items: readonly TranscriptItem[];
  readonly start: number;
  readonly atStart: boolean;
}

/** `failure` and `olderFailure` are what the fetch threw. */
export interface FeedStatus {
  readonly loading: boolean;
  readonly loadingOlder: boolean;
  readonly failure?: unknown;
  readonly olderFailure?: unknown;
}

export type FeedUpdate =
  | ({ readonly kind: 'reset' | 'older' } & LoadedTranscript)
  | { readonly kind: 'newer'; readonly items: readonly TranscriptItem[] }
  | { readonly kind: 'status'; readonly status: FeedStatus };

interface Window extends LoadedTranscript {
  readonly end: number;
  readonly generation: string;
}

/**
 * Reads a transcript from its end, in both directions, one page at a time: an answer never meets another one that
 * was asked for later. What was asked for meanwhile is remembered, so a change that comes during a fetch is read
 * after it. A direction that failed rests until it is asked for again.
 */
export class TranscriptFeed {
  readonly #fetchPage: FetchPage;
  readonly #onUpdate: (update: FeedUpdate) => void;
  readonly #wanted = { newer: false, older: false };
  readonly #failures: { newer?: unknown; older?: unknown } = {};
  #window: Window | undefined;
  #fetching: 'newer' | 'older' | undefined;
  #work: Promise<void> | undefined;
  #status: FeedStatus = { loading: false, loadingOlder: false };
  #disposed = false;

  constructor(fetchPage: FetchPage, onUpdate: (update: FeedUpdate) => void) {
    this.#fetchPage = fetchPage;
    this.#onUpdate = onUpdate;
  }

  get loaded(): LoadedTranscript | undefined {
    return this.#window;
  }

  get status(): FeedStatus {
    return this.#status;
  }

  /** Reads the end, or what has come since. Never rejects; resolves when nothing is left to fetch. */
  catchUp(): Promise<void> {
    this.#wanted.newer = true;
    return this.#run();
  }

  /** Reads the page before `before`; nothing to do if that is not where the loaded part begins. */
  loadOlder(before: number): Promise<void> {
    if (this.#window?.start === before && !this.#window.atStart) this.#wanted.older = true;
    return this.#run();
  }

  /** Asks again for what failed. */
  retry(): Promise<void> {
    if ('newer' in this.#failures) this.#wanted.newer = true;
    if ('older' in this.#failures) this.#wanted.older = true;
    return this.#run();
  }

  dispose(): void {
    this.#disposed = true;
  }

  #run(): Promise<void> {
    if (this.#disposed || !(this.#wanted.newer || this.#wanted.older)) return this.#work ?? Promise.resolve();
    this.#work ??= this.#fetchAll();
    return this.#work;
  }

  async #fetchAll(): Promise<void> {
    try {
      while (!this.#disposed && (this.#wanted.older || this.#wanted.newer)) {
        // Older first: someone waits for it, and a busy transcript may never stop to have something newer.
        await this.#fetch(this.#wanted.older ? 'older' : 'newer');
      }
    } finally {
      this.#work = undefined;
    }
  }

  async #fetch(direction: 'newer' | 'older'): Promise<void> {
    this.#wanted[direction] = false;
    this.#fetching = direction;
    this.#tellStatus();
    const before = this.#window;
    try {
      const page = await this.#fetchPage(requestFor(direction, before));
      if (this.#disposed) return;
      delete this.#failures[direction];
      if (before === undefined || page.generation !== before.generation) this.#startOver(page);
      else if (direction === 'newer') this.#append(page, before);
      else this.#prepend(page, before);
    } catch (error) {
      this.#failures[direction] = error;
    }
    this.#fetching = undefined;
    if (!this.#disposed) this.#tellStatus();
  }

  /** The transcript was replaced: the page is the end of the new one, whatever was asked for. */
  #startOver(page: TranscriptPage): void {
    this.#window = { ...page, items: mergeItems(page.items) };
    this.#wanted.newer ||= !page.atEnd;
    this.#wanted.older = false;
    delete this.#failures.newer;
    delete this.#failures.older;
    this.#onUpdate({ kind: 'reset', items: this.#window.items, start: page.start, atStart: page.atStart });
  }

  #append(page: TranscriptPage, window: Window): void {
    this.#window = { ...window, items: mergeItems([...window.items, ...page.items]), end: page.end };
    // A page that leads nowhere would be asked for for ever.
    this.#wanted.newer ||= !page.atEnd && page.end > window.end;
    if (page.items.length > 0) this.#onUpdate({ kind: 'newer', items: page.items });
  }

  #prepend(page: TranscriptPage, window: Window): void {
    const { start, atStart } = page;
    this.#window = { ...window, items: mergeItems([...page.items, ...window.items]), start, atStart };
    // Records that show nothing are passed over: whoever asked waits for something to read.
    this.#wanted.older = page.items.length === 0 && !atStart && start < window.start;
    this.#onUpdate({ kind: 'older', items: page.items, start, atStart });
  }

  #tellStatus(): void {
    const status: FeedStatus = {
      // Looking for what is new is not worth a word, unless there is nothing yet or it failed before.
      loading: this.#fetching === 'newer' && (this.#window === undefined || 'newer' in this.#failures),
      loadingOlder: this.#fetching === 'older' || this.#wanted.older,
      ...('newer' in this.#failures ? { failure: this.#failures.newer } : {}),
      ...('older' in this.#failures ? { olderFailure: this.#failures.older } : {}),
    };
    const previous = this.#status;
    this.#status = status;
    const same =
      status.loading === previous.loading &&
      status.loadingOlder === previous.loadingOlder &&
      status.failure === previous.failure &&
      status.olderFailure === previous.olderFailure;
    if (!same) this.#onUpdate({ kind: 'status', status });
  }
}

function requestFor(direction: 'newer' | 'older', window: Window | undefined): PageRequest {
  if (window === undefined) return {};
  const { generation, start, end } = window;
  return direction === 'newer' ? { from: end, generation } : { before: start, generation };
}
