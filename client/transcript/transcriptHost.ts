import type { TranscriptHeader } from './header.ts';
import type { HostMessage, TranscriptError, TranscriptStatus } from './messages.ts';
import { guestMessage } from './messages.ts';
import type { TranscriptStrings } from './strings.ts';
import type { FeedStatus, FeedUpdate, FetchPage } from './transcriptFeed.ts';
import { TranscriptFeed } from './transcriptFeed.ts';

export interface TranscriptHostOptions {
  readonly ref: string;
  readonly locale: string;
  readonly strings: TranscriptStrings;
  readonly header: TranscriptHeader;
  readonly fetchPage: FetchPage;
  /** Turns what a fetch threw into words. */
  readonly describeError: (error: unknown) => TranscriptError;
  /** For what goes wrong outside the transcript: shown wherever the extension shows errors. */
  readonly showError: (error: unknown) => void;
  readonly copy: (text: string) => void;
  readonly post: (message: HostMessage) => void;
}

/** The host's end of one panel's conversation with its guest. Knows nothing of VS Code. */
export class TranscriptHost {
  readonly #options: TranscriptHostOptions;
  readonly #feed: TranscriptFeed;
  #header: TranscriptHeader;
  /** Whether a guest is there that has everything so far. A hidden one is gone. */
  #guestIsThere = false;

  constructor(options: TranscriptHostOptions) {
    this.#options = options;
    this.#header = options.header;
    this.#feed = new TranscriptFeed(options.fetchPage, (update) => this.#post(this.#messageFor(update)));
  }

  receive(raw: unknown): void {
    const parsed = guestMessage.safeParse(raw);
    if (!parsed.success) {
      this.#options.showError(parsed.error);
      return;
    }
    const message = parsed.data;
    switch (message.type) {
      case 'ready':
        this.#welcome();
        break;
      case 'loadOlder':
        void this.#feed.loadOlder(message.before);
        break;
      case 'retry':
        void this.#feed.retry();
        break;
      case 'copy':
        this.#options.copy(message.text);
        break;
      case 'problem':
        this.#options.showError(new Error(message.message));
        break;
    }
  }

  /** The transcript may have grown. Nobody reads along while the guest is away; it asks when it comes back. */
  changed(): void {
    if (this.#guestIsThere) void this.#feed.catchUp();
  }

  guestLeft(): void {
    this.#guestIsThere = false;
  }

  updateHeader(header: TranscriptHeader): void {
    if (JSON.stringify(header) === JSON.stringify(this.#header)) return;
    this.#header = header;
    this.#post({ type: 'header', header });
  }

  dispose(): void {
    this.#guestIsThere = false;
    this.#feed.dispose();
  }

  #welcome(): void {
    this.#guestIsThere = true;
    const { ref, locale, strings } = this.#options;
    const loaded = this.#feed.loaded;
    this.#post({
      type: 'init',
      ref,
      locale,
      strings,
      header: this.#header,
      status: this.#statusMessage(this.#feed.status),
      ...(loaded === undefined
        ? {}
        : { loaded: { items: [...loaded.items], start: loaded.start, atStart: loaded.atStart } }),
    });
    void this.#feed.catchUp();
  }

  #messageFor(update: FeedUpdate): HostMessage {
    switch (update.kind) {
      case 'status':
        return { type: 'status', status: this.#statusMessage(update.status) };
      case 'newer':
        return { type: 'newer', items: [...update.items] };
      case 'reset':
      case 'older': {
        const { kind, items, start, atStart } = update;
        return { type: kind, items: [...items], start, atStart };
      }
    }
  }

  #statusMessage(status: FeedStatus): TranscriptStatus {
    const { describeError } = this.#options;
    return {
      loading: status.loading,
      loadingOlder: status.loadingOlder,
      ...('failure' in status ? { failure: describeError(status.failure) } : {}),
      ...('olderFailure' in status ? { olderFailure: describeError(status.olderFailure) } : {}),
    };
  }

  #post(message: HostMessage): void {
    if (this.#guestIsThere) this.#options.post(message);
  }
}
