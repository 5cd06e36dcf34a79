import type { TranscriptItem } from '../../../../server/protocol/transcript.ts';
import type { GuestMessage, HostMessage } from '../../messages.ts';
import type { FindBarState } from './findBar.ts';
import { FindResults, type Occurrence } from './findResults.ts';

export interface FinderOptions {
  readonly post: (message: GuestMessage) => void;
  readonly onChange: () => void;
  /** Where the reader is, to begin there. */
  readonly reading: () => number;
}

/**
 * What the reader looks for: the host goes through the whole transcript, and tells what it finds as it finds it. The
 * first occurrence from the reader's place on is shown, or the last one before it.
 */
export class Finder {
  readonly #options: FinderOptions;
  #isOpen = false;
  #text = '';
  #request = 0;
  #from = 0;
  #results = new FindResults();
  #current: number | undefined;
  #fraction: number | undefined;
  #failure: string | undefined;
  #isToShow = false;

  constructor(options: FinderOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What is marked in the page; empty where nothing is. */
  get text(): string {
    return this.#isOpen ? this.#text : '';
  }

  get state(): FindBarState {
    return {
      text: this.#text,
      current: this.#current,
      total: this.#results.total,
      fraction: this.#fraction,
      failure: this.#failure,
    };
  }

  get current(): Occurrence | undefined {
    return this.#isOpen && this.#current !== undefined ? this.#results.at(this.#current) : undefined;
  }

  /** The occurrence that has to be brought into view. */
  get toShow(): Occurrence | undefined {
    return this.#isToShow ? this.current : undefined;
  }

  shown(): void {
    this.#isToShow = false;
  }

  open(text = this.#text): void {
    this.#isOpen = true;
    this.search(text);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#options.post({ type: 'find', request: ++this.#request, text: '' });
    this.#options.onChange();
  }

  /** Looks through the transcript anew, also where it looked for the same before. */
  search(text: string): void {
    this.#text = text;
    this.#from = this.#options.reading();
    this.#forget();
    this.#fraction = text === '' ? undefined : 0;
    this.#options.post({ type: 'find', request: ++this.#request, text });
    this.#options.onChange();
  }

  receive(found: Extract<HostMessage, { type: 'found' }>): void {
    if (found.request !== this.#request || !this.#isOpen) return;
    if (found.restarted) this.#forget();
    this.#results.add(found.hits);
    this.#failure = found.failure?.message;
    this.#fraction = this.#failure === undefined ? found.fraction : undefined;
    const { total } = this.#results;
    if (this.#current === undefined && total > 0) {
      const last = found.fraction >= 1 ? total - 1 : undefined;
      this.#go(this.#results.firstFrom(this.#from) ?? last);
    }
    this.#options.onChange();
  }

  next(): void {
    this.#step(1);
  }

  previous(): void {
    this.#step(-1);
  }

  #step(by: 1 | -1): void {
    const { total } = this.#results;
    if (this.#failure !== undefined) this.search(this.#text);
    if (total === 0) return;
    const from = this.#current ?? (by === 1 ? -1 : total);
    this.#go((from + by + total) % total);
    this.#options.onChange();
  }

  #go(number: number | undefined): void {
    this.#current = number;
    this.#isToShow = number !== undefined;
  }

  #forget(): void {
    this.#results = new FindResults();
    this.#failure = undefined;
    this.#go(undefined);
  }
}

/** The item that shows an occurrence: a result is shown by its call, where both are there. */
export function itemOf({ hit }: Occurrence, items: readonly TranscriptItem[]): TranscriptItem | undefined {
  return (
    items.find(({ id }) => id === hit.id) ??
    (hit.callId === undefined
      ? undefined
      : items.find((item) => item.kind === 'tool_call' && item.callId === hit.callId))
  );
}
