import type { HostMessage, TranscriptError } from './messages.ts';
import type { TranscriptCalls } from './transcriptCalls.ts';
import type { Kinds } from './transcriptFeed.ts';

type FoundMessage = Extract<HostMessage, { type: 'found' }>;

export interface TranscriptFindOptions {
  readonly findPart: TranscriptCalls['find'];
  /** What the reader sees: nothing else is looked through. Asked when a search begins. */
  readonly kinds: () => Kinds;
  readonly describeError: (error: unknown) => TranscriptError;
  readonly post: (message: FoundMessage) => void;
  /** Milliseconds, from any beginning. */
  readonly now: () => number;
}

/** Parts that come faster are told together: to show each of a hundred would take longer than to find them. */
const TELL_MS = 300;

/** One text that is looked for; `from` is where to go on. */
interface Search {
  readonly request: number;
  readonly text: string;
  readonly kinds: Kinds;
  from: number;
  generation: string | undefined;
  /** What the guest knows of how far it is; undefined before the first answer. */
  fraction: number | undefined;
  /** What was found since the guest was last told, and when that was. */
  untold: FoundMessage['hits'];
  toldAt: number;
  state: 'running' | 'done' | 'failed';
  hasGrown: boolean;
}

/**
 * Looks for the newest text that the reader asked for, part by part: a text that is no longer wanted costs one part at
 * most. A search that came to the end goes on there when the transcript grows; one that failed rests.
 */
export class TranscriptFind {
  readonly #options: TranscriptFindOptions;
  #search: Search | undefined;

  constructor(options: TranscriptFindOptions) {
    this.#options = options;
  }

  /** Ends an earlier search; an empty text does only that. */
  find(request: number, text: string): void {
    this.stop();
    if (text === '') return;
    const start = { from: 0, generation: undefined, fraction: undefined, hasGrown: false };
    const told = { untold: [], toldAt: -TELL_MS };
    this.#search = { request, text, kinds: this.#options.kinds(), state: 'done', ...start, ...told };
    void this.#run(this.#search);
  }

  /** The transcript may have grown. */
  changed(): void {
    const search = this.#search;
    if (search?.state === 'running') search.hasGrown = true;
    if (search?.state === 'done') void this.#run(search);
  }

  stop(): void {
    this.#search = undefined;
  }

  async #run(search: Search): Promise<void> {
    const { describeError } = this.#options;
    search.state = 'running';
    try {
      do {
        search.hasGrown = false;
        let isAtEnd = false;
        while (!isAtEnd && this.#isWanted(search)) isAtEnd = await this.#readPart(search);
      } while (search.hasGrown && this.#isWanted(search));
      search.state = 'done';
    } catch (error) {
      search.state = 'failed';
      if (this.#isWanted(search)) this.#tell(search, false, { failure: describeError(error) });
    }
  }

  /** True where nothing more can be read for now. */
  async #readPart(search: Search): Promise<boolean> {
    const { text, kinds, from, generation } = search;
    const part = await this.#options.findPart({
      text,
      from,
      ...(generation === undefined ? {} : { generation }),
      ...(kinds === undefined ? {} : { kinds }),
    });
    if (!this.#isWanted(search)) return true;
    const { next, size, hits } = part;
    const restarted = generation !== undefined && part.generation !== generation;
    const fraction = next === undefined || size === 0 ? 1 : Math.min(1, next / size);
    const isNews = hits.length > 0 || restarted || fraction !== search.fraction;
    const isSoon = fraction < 1 && !restarted && this.#options.now() - search.toldAt < TELL_MS;
    if (restarted) search.untold = [];
    search.untold.push(...hits);
    search.generation = part.generation;
    search.from = next ?? size;
    search.fraction = fraction;
    if (isNews && !isSoon) this.#tell(search, restarted);
    return next === undefined;
  }

  #tell(search: Search, restarted: boolean, trouble: Pick<FoundMessage, 'failure'> = {}): void {
    const { request, fraction = 0, untold: hits } = search;
    search.untold = [];
    search.toldAt = this.#options.now();
    this.#options.post({ type: 'found', request, hits, fraction, restarted, ...trouble });
  }

  #isWanted(search: Search): boolean {
    return this.#search === search;
  }
}
