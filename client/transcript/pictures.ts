import type { TranscriptImage } from '../../server/protocol/transcript.ts';
import type { HostMessage, TranscriptError } from './messages.ts';
import type { TranscriptCalls } from './transcriptCalls.ts';

/** A picture can have megabytes: more at once would hold up everything else that is asked of the server. */
const MOST_AT_ONCE = 4;

export interface PicturesOptions {
  readonly fetchImage: TranscriptCalls['image'];
  readonly describeError: (error: unknown) => TranscriptError;
  readonly post: (message: Extract<HostMessage, { type: 'image' }>) => void;
}

/** Brings the guest the pictures that it asks for, a few at a time. What is asked for twice meanwhile comes once. */
export class Pictures {
  readonly #options: PicturesOptions;
  readonly #waiting = new Map<string, TranscriptImage>();
  readonly #fetching = new Set<string>();

  constructor(options: PicturesOptions) {
    this.#options = options;
  }

  ask({ position, index }: TranscriptImage): void {
    const key = `${position}/${index}`;
    if (this.#fetching.has(key)) return;
    this.#waiting.set(key, { position, index });
    this.#fetchNext();
  }

  /** Nobody waits any more for those that are not on their way yet. */
  stop(): void {
    this.#waiting.clear();
  }

  #fetchNext(): void {
    for (const [key, place] of this.#waiting) {
      if (this.#fetching.size >= MOST_AT_ONCE) return;
      this.#waiting.delete(key);
      this.#fetching.add(key);
      void this.#fetch(key, place);
    }
  }

  async #fetch(key: string, place: TranscriptImage): Promise<void> {
    const { fetchImage, describeError, post } = this.#options;
    let answer: { mediaType: string; data: string } | { problem: string };
    try {
      const { mediaType, data } = await fetchImage(place);
      answer = { mediaType, data };
    } catch (error) {
      answer = { problem: describeError(error).message };
    }
    this.#fetching.delete(key);
    post({ type: 'image', ...place, ...answer });
    this.#fetchNext();
  }
}
