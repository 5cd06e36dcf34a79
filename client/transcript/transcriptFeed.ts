import type { CallParamsOf } from '../../server/protocol/method.ts';
import type { TranscriptItem, TranscriptPage } from '../../server/protocol/transcript.ts';
import { mergeItems } from '../../server/protocol/transcript.ts';
import type { transcriptsPage } from '../../server/protocol/transcriptMethods.ts';
import { grow, trimmed, type LoadedWindow, type Side } from './loadedWindow.ts';
import type { WindowTarget } from './messages.ts';

export type PageRequest = Omit<CallParamsOf<typeof transcriptsPage>, 'ref'>;
export type FetchPage = (request: PageRequest) => Promise<TranscriptPage>;
export type Kinds = PageRequest['kinds'];

/** Items that are held at once; a reader who goes on has those behind them read again when they come back. */
const MOST_ITEMS = 2000;
/** Characters: of a longer text the beginning is enough to read on, and an editor shows the whole. */
const MOST_TEXT = 20_000;
/** Records of a page: a few screens. To take in more at once would hold up a scroll. */
const AT_ONCE = 80;

/** The failures are what the fetch threw. */
export interface FeedStatus {
  readonly loading: boolean;
  readonly loadingOlder: boolean;
  readonly loadingNewer: boolean;
  /** Items that came since the reader left the end. */
  readonly newCount: number;
  readonly failure?: unknown;
  readonly olderFailure?: unknown;
  readonly newerFailure?: unknown;
}

export type FeedUpdate =
  | ({ readonly kind: 'window'; readonly target: WindowTarget; readonly kinds: Kinds } & LoadedWindow)
  | ({ readonly kind: 'grown'; readonly side: Side } & LoadedWindow)
  | { readonly kind: 'status'; readonly status: FeedStatus };

interface Window extends LoadedWindow {
  readonly generation: string;
  /** Those that it was read with; what is wanted may be others by now. */
  readonly kinds: Kinds;
}

type Work = 'window' | Side | 'tail';

export interface FeedStart {
  readonly target: WindowTarget;
  readonly kinds: Kinds;
}

/**
 * Reads a transcript around its reader, one page at a time: an answer never meets another one that was asked for
 * later. What was asked for meanwhile is remembered, so a change that comes during a fetch is read after it. A
 * direction that failed rests until it is asked for again.
 */
export class TranscriptFeed {
  readonly #fetchPage: FetchPage;
  readonly #onUpdate: (update: FeedUpdate) => void;
  readonly #wanted = new Set<Work>();
  readonly #failures = new Map<Work, unknown>();
  #target: WindowTarget;
  #kinds: Kinds;
  #window: Window | undefined;
  /** Up to here it is known what there is; beyond the window's end where that was cut off. */
  #tail = 0;
  #reading: number | undefined;
  #isFollowing: boolean;
  #newCount = 0;
  #fetching: Work | undefined;
  #work: Promise<void> | undefined;
  #status: FeedStatus = { loading: false, loadingOlder: false, loadingNewer: false, newCount: 0 };
  #isResting = false;
  #disposed = false;

  constructor(fetchPage: FetchPage, onUpdate: (update: FeedUpdate) => void, start: FeedStart) {
    this.#fetchPage = fetchPage;
    this.#onUpdate = onUpdate;
    this.#target = start.target;
    this.#kinds = start.kinds;
    this.#isFollowing = start.target === 'end';
  }

  get loaded(): LoadedWindow | undefined {
    return this.#window && heldOf(this.#window);
  }

  get kinds(): Kinds {
    return this.#kinds;
  }

  get status(): FeedStatus {
    return this.#status;
  }

  /** Reads the first window, or what has come since. Never rejects; resolves when nothing is left to fetch. */
  catchUp(): Promise<void> {
    this.#isResting = false;
    const isOpen = this.#window !== undefined || this.#fetching === 'window';
    this.#wanted.add(isOpen ? 'tail' : 'window');
    return this.#run();
  }

  /** Reads the page beside `from`; nothing to do if that is not where the window ends on that side. */
  load(side: Side, from: number): Promise<void> {
    this.#isResting = false;
    const window = this.#window;
    if (window === undefined) return this.#run();
    const isThere = side === 'older' ? window.start === from : window.end === from;
    const isDone = side === 'older' ? window.atStart : window.atEnd;
    if (isThere && !isDone) this.#wanted.add(side);
    return this.#run();
  }

  /** Looks at another place of the transcript. */
  show(target: WindowTarget): Promise<void> {
    this.#target = target;
    this.#wanted.add('window');
    return this.#run();
  }

  /** Reads items of other kinds, at the same place. */
  filter(kinds: Kinds, target: WindowTarget): Promise<void> {
    this.#kinds = kinds;
    return this.show(target);
  }

  /** Where the reader is; undefined at the end, where what comes is seen as it comes. */
  reading(position: number | undefined): void {
    this.#reading = position;
    this.#isFollowing = position === undefined;
    if (!this.#isFollowing) return;
    this.#newCount = 0;
    this.#tellStatus();
  }

  /** Asks again for what failed. */
  retry(): Promise<void> {
    for (const work of this.#failures.keys()) this.#wanted.add(work);
    return this.#run();
  }

  /** Nobody waits for what was asked for beside the window: a filter may let nothing through for long. */
  rest(): void {
    this.#isResting = true;
    this.#wanted.delete('older');
    this.#wanted.delete('newer');
  }

  dispose(): void {
    this.#disposed = true;
  }

  #run(): Promise<void> {
    if (this.#disposed || this.#wanted.size === 0) return this.#work ?? Promise.resolve();
    this.#work ??= this.#fetchAll();
    return this.#work;
  }

  async #fetchAll(): Promise<void> {
    try {
      // What someone waits for comes first: a busy transcript may never stop to have something newer.
      for (let work = this.#next(); work !== undefined; work = this.#next()) await this.#fetch(work);
    } finally {
      this.#work = undefined;
    }
  }

  #next(): Work | undefined {
    if (this.#disposed) return undefined;
    const order: readonly Work[] = ['window', 'older', 'newer', 'tail'];
    return order.find((work) => this.#wanted.has(work));
  }

  async #fetch(work: Work): Promise<void> {
    this.#wanted.delete(work);
    this.#fetching = work;
    this.#tellStatus();
    const window = this.#window;
    try {
      if (work === 'window' || window === undefined) await this.#open(this.#target, this.#kinds);
      else if (work === 'older') await this.#growOlder(window);
      else await this.#growNewer(window, work === 'newer' ? work : 'tail');
      this.#failures.delete(work);
    } catch (error) {
      this.#failures.set(work, error);
    }
    this.#fetching = undefined;
    if (!this.#disposed) this.#tellStatus();
  }

  #page(request: PageRequest, kinds: Kinds): Promise<TranscriptPage> {
    return this.#fetchPage({
      // Of records that a filter hides, as many are passed over at once as the server will.
      ...(kinds === undefined ? { limit: AT_ONCE } : { kinds }),
      ...request,
      maxText: MOST_TEXT,
    });
  }

  async #open(target: WindowTarget, kinds: Kinds): Promise<void> {
    const known = this.#window === undefined ? {} : { generation: this.#window.generation };
    const page =
      target === 'end'
        ? await this.#page({}, kinds)
        : target === 'start'
          ? await this.#page({ from: 0 }, kinds)
          : await this.#around(target, known, kinds);
    if (this.#disposed || kinds !== this.#kinds || target !== this.#target) return; // asked for anew meanwhile
    this.#startOver(page, target, kinds);
  }

  /** The records before a place and those from it on, as one page. */
  async #around(
    position: number,
    known: Pick<PageRequest, 'generation'>,
    kinds: Kinds,
  ): Promise<TranscriptPage> {
    const after = await this.#page({ ...known, from: position, limit: AT_ONCE }, kinds);
    if (known.generation !== undefined && after.generation !== known.generation) return after;
    if (after.atStart) return after;
    const place = { before: after.start, limit: AT_ONCE, generation: after.generation };
    const before = await this.#page(place, kinds);
    if (before.generation !== after.generation) return before;
    return {
      ...after,
      items: mergeItems([...before.items, ...after.items]),
      start: before.start,
      atStart: before.atStart,
    };
  }

  /** The page is all that is held from now on. */
  #startOver(page: TranscriptPage, target: WindowTarget, kinds: Kinds): void {
    const { start, end, atStart, atEnd, generation } = page;
    this.#window = { items: mergeItems(page.items), start, end, atStart, atEnd, generation, kinds };
    this.#tail = Math.max(end, page.size);
    this.#isFollowing = target === 'end';
    this.#reading = typeof target === 'number' ? target : target === 'start' ? start : undefined;
    this.#newCount = 0;
    this.#failures.clear();
    this.#wanted.delete('older');
    this.#wanted.delete('newer');
    if (target === 'end' && !atEnd) this.#wanted.add('tail');
    this.#passOverNothing(page, target === 'end' ? 'older' : 'newer');
    this.#onUpdate({ kind: 'window', target, kinds, ...heldOf(this.#window) });
  }

  async #growOlder(window: Window): Promise<void> {
    const page = await this.#page({ before: window.start, generation: window.generation }, window.kinds);
    if (this.#disposed || this.#isReplaced(page, window)) return;
    const { start, atStart } = page;
    this.#wanted.delete('older'); // asked for again meanwhile, from where it is no more
    this.#grow('older', page, { ...window, start, atStart });
    if (start < window.start) this.#passOverNothing(page, 'older');
  }

  /** What lies beyond a window's end that the reader has left is counted, and read when they come back. */
  async #growNewer(window: Window, work: 'newer' | 'tail'): Promise<void> {
    const counts = work === 'tail' && !window.atEnd && !this.#isFollowing;
    const from = counts ? this.#tail : window.end;
    const page = await this.#page({ from, generation: window.generation }, window.kinds);
    if (this.#disposed || this.#isReplaced(page, window)) return;
    const isNew = ({ kind, position }: TranscriptItem) => kind !== 'tool_result' && position >= this.#tail;
    if (!this.#isFollowing) this.#newCount += page.items.filter(isNew).length;
    this.#tail = Math.max(this.#tail, page.end);
    if (!counts) this.#grow('newer', page, { ...window, end: page.end, atEnd: page.atEnd });
    // A page that leads nowhere would be asked for for ever.
    if (page.end === from) return;
    if (work === 'newer') {
      this.#wanted.delete('newer');
      this.#passOverNothing(page, 'newer');
    } else if (!page.atEnd) {
      this.#wanted.add('tail');
    }
  }

  /** Records that show nothing are passed over: whoever asked waits for something to read. */
  #passOverNothing(page: TranscriptPage, side: Side): void {
    if (page.items.length > 0 || this.#isResting) return;
    if (side === 'older' ? !page.atStart : !page.atEnd) this.#wanted.add(side);
  }

  #isReplaced(page: TranscriptPage, window: Window): boolean {
    if (page.generation === window.generation) return false;
    // The page is the end of the new one, whatever was asked for.
    this.#target = 'end';
    this.#startOver(page, 'end', window.kinds);
    return true;
  }

  #grow(side: Side, { items: added }: TranscriptPage, range: Window): void {
    const before = this.#window;
    const whole = { ...range, items: grow(range.items, side, added, range) };
    const cut = trimmed(whole, this.#isFollowing ? undefined : this.#reading, MOST_ITEMS);
    const { start, end } = cut ?? whole;
    const items = cut === undefined ? whole.items : grow(whole.items, side, [], cut);
    const atStart = whole.atStart && start === whole.start;
    const atEnd = whole.atEnd && end === whole.end;
    this.#window = { ...whole, items, start, end, atStart, atEnd };
    const isSame = before?.start === start && before.end === end && before.atEnd === atEnd;
    if (added.length === 0 && isSame && before.atStart === atStart) return;
    this.#onUpdate({ kind: 'grown', side, ...heldOf(this.#window), items: added });
  }

  #tellStatus(): void {
    const failure = this.#failures.get('window');
    const olderFailure = this.#failures.get('older');
    const newerFailure = this.#failures.get('tail') ?? this.#failures.get('newer');
    const status: FeedStatus = {
      loading: this.#fetching === 'window' || this.#wanted.has('window'),
      loadingOlder: this.#fetching === 'older' || this.#wanted.has('older'),
      // Looking for what is new is not worth a word, unless it failed before.
      loadingNewer:
        this.#fetching === 'newer' ||
        this.#wanted.has('newer') ||
        (this.#fetching === 'tail' && newerFailure !== undefined),
      newCount: this.#newCount,
      ...(failure === undefined ? {} : { failure }),
      ...(olderFailure === undefined ? {} : { olderFailure }),
      ...(newerFailure === undefined ? {} : { newerFailure }),
    };
    const previous = this.#status;
    this.#status = status;
    const isSame =
      status.loading === previous.loading &&
      status.loadingOlder === previous.loadingOlder &&
      status.loadingNewer === previous.loadingNewer &&
      status.newCount === previous.newCount &&
      status.failure === previous.failure &&
      status.olderFailure === previous.olderFailure &&
      status.newerFailure === previous.newerFailure;
    if (!isSame) this.#onUpdate({ kind: 'status', status });
  }
}

function heldOf({ items, start, end, atStart, atEnd }: Window): LoadedWindow {
  return { items, start, end, atStart, atEnd };
}
