import type { TranscriptHeader } from './header.ts';
import type {
  GuestMessage,
  HostMessage,
  TranscriptError,
  TranscriptStatus,
  WindowTarget,
} from './messages.ts';
import { guestMessage } from './messages.ts';
import type { TranscriptStrings } from './strings.ts';
import type { FeedStart, FeedStatus, FeedUpdate, FetchPage, Kinds } from './transcriptFeed.ts';
import { TranscriptFeed } from './transcriptFeed.ts';

/** What a guest asks for besides the transcript's own window: each has an answerer of its own. */
export type GuestRequest = Extract<
  GuestMessage,
  { type: 'find' | 'image' | 'checkPaths' | 'openPath' | 'openLink' | 'openText' | 'action' | 'copy' }
>;

export interface TranscriptHostOptions {
  readonly ref: string;
  readonly locale: string;
  readonly strings: TranscriptStrings;
  readonly header: TranscriptHeader;
  /** Where the transcript is opened, and what of it is wanted. */
  readonly start: FeedStart;
  readonly fetchPage: FetchPage;
  /** Turns what a fetch threw into words. */
  readonly describeError: (error: unknown) => TranscriptError;
  /** For what goes wrong outside the transcript: shown wherever the extension shows errors. */
  readonly showError: (error: unknown) => void;
  readonly onRequest: (request: GuestRequest) => void;
  readonly post: (message: HostMessage) => void;
}

/** The host's end of one panel's conversation with its guest. Knows nothing of VS Code. */
export class TranscriptHost {
  readonly #options: TranscriptHostOptions;
  readonly #feed: TranscriptFeed;
  #header: TranscriptHeader;
  /** Whether a guest is there that has everything so far. A hidden one is gone. */
  #guestIsThere = false;
  /** A place that was asked for while no guest was there to go to it. */
  #untold: WindowTarget | undefined;

  constructor(options: TranscriptHostOptions) {
    this.#options = options;
    this.#header = options.header;
    if (options.start.target !== 'end') this.#untold = options.start.target;
    this.#feed = new TranscriptFeed(
      options.fetchPage,
      (update) => this.post(this.#messageFor(update)),
      options.start,
    );
  }

  /** The kinds that are shown; everything where undefined. */
  get kinds(): Kinds {
    return this.#feed.kinds;
  }

  /** Reads before anybody is there to see it: VS Code takes longer to make a page than the server to read one. */
  prepare(): void {
    void this.#feed.catchUp();
  }

  receive(raw: unknown): void {
    const parsed = guestMessage.safeParse(raw);
    if (!parsed.success) {
      this.#options.showError(
        new Error(
          'The transcript view said something that is not understood. Close the tab and open the transcript again.',
          { cause: parsed.error },
        ),
      );
      return;
    }
    const message = parsed.data;
    switch (message.type) {
      case 'ready':
        this.#welcome();
        break;
      case 'load':
        void this.#feed.load(message.side, message.from);
        break;
      case 'show':
        this.show(message.target);
        break;
      case 'reading':
        this.#feed.reading(message.position);
        break;
      case 'filter':
        void this.#feed.filter(message.kinds, message.target);
        break;
      case 'retry':
        void this.#feed.retry();
        break;
      case 'problem':
        this.#options.showError(new Error(message.message));
        break;
      default:
        this.#options.onRequest(message);
    }
  }

  /** Looks at a place of the transcript, wherever the reader is. */
  show(target: WindowTarget): void {
    if (!this.#guestIsThere) this.#untold = target;
    void this.#feed.show(target);
  }

  /** The transcript may have grown. Nobody reads along while the guest is away; it asks when it comes back. */
  changed(): void {
    if (this.#guestIsThere) void this.#feed.catchUp();
  }

  guestLeft(): void {
    this.#guestIsThere = false;
    this.#feed.rest();
  }

  updateHeader(header: TranscriptHeader): void {
    if (JSON.stringify(header) === JSON.stringify(this.#header)) return;
    this.#header = header;
    this.post({ type: 'header', header });
  }

  /** Says something to the guest, if there is one; one that comes back asks again for what it needs. */
  post(message: HostMessage): void {
    if (this.#guestIsThere) this.#options.post(message);
  }

  dispose(): void {
    this.#guestIsThere = false;
    this.#feed.dispose();
  }

  #welcome(): void {
    this.#guestIsThere = true;
    const { ref, locale, strings } = this.#options;
    const { loaded, kinds } = this.#feed;
    this.post({
      type: 'init',
      ref,
      locale,
      strings,
      header: this.#header,
      status: this.#statusMessage(this.#feed.status),
      ...(kinds === undefined ? {} : { kinds }),
      ...(loaded === undefined ? {} : { loaded: { ...loaded, items: [...loaded.items] } }),
      ...(this.#untold === undefined ? {} : { target: this.#untold }),
    });
    this.#untold = undefined;
    void this.#feed.catchUp();
  }

  #messageFor(update: FeedUpdate): HostMessage {
    switch (update.kind) {
      case 'status':
        return { type: 'status', status: this.#statusMessage(update.status) };
      case 'window': {
        const { kind, items, kinds, ...rest } = update;
        return { type: kind, items: [...items], ...(kinds === undefined ? {} : { kinds }), ...rest };
      }
      case 'grown': {
        const { kind, items, ...rest } = update;
        return { type: kind, items: [...items], ...rest };
      }
    }
  }

  #statusMessage({ failure, olderFailure, newerFailure, ...status }: FeedStatus): TranscriptStatus {
    const { describeError } = this.#options;
    return {
      ...status,
      ...(failure === undefined ? {} : { failure: describeError(failure) }),
      ...(olderFailure === undefined ? {} : { olderFailure: describeError(olderFailure) }),
      ...(newerFailure === undefined ? {} : { newerFailure: describeError(newerFailure) }),
    };
  }
}
