import type { Disposable } from '../platform/disposable.ts';

/** How often the store is asked whether another process has written, in milliseconds. The contract is 500. */
const POLL_MS = 200;

/** What the feed looks at: `version` differs after a commit of another connection, and costs next to nothing. */
export interface StoreVersion {
  readonly version: string;
  revision(): number;
}

/**
 * Tells listeners of the store's revision when it has grown. Polls, for `PRAGMA data_version` sees every commit on
 * every platform; watching the files was rejected, since events of a memory-mapped log differ between systems.
 */
export class ChangeFeed {
  readonly #look: () => StoreVersion;
  readonly #listeners = new Set<(revision: number) => void>();
  #timer: NodeJS.Timeout | undefined;
  #version: string | undefined;
  #revision: number | undefined;

  constructor(look: () => StoreVersion) {
    this.#look = look;
  }

  subscribe(listener: (revision: number) => void): Disposable {
    const own = (revision: number) => listener(revision);
    this.#listeners.add(own);
    if (!this.#timer) {
      this.check();
      // It must not keep a process alive whose work is done.
      this.#timer = setInterval(() => this.#poll(), POLL_MS).unref();
    }
    return {
      dispose: () => {
        this.#listeners.delete(own);
        if (this.#listeners.size === 0) this.dispose();
      },
    };
  }

  /** Looks at the revision now: after a commit of our own, of which `version` does not tell. */
  check(): void {
    if (this.#listeners.size === 0) return;
    let revision: number;
    try {
      revision = this.#look().revision();
    } catch {
      return; // The store cannot be read now. Calls say why; the feed goes on when it can be read again.
    }
    // Smaller is news too: the file was replaced by an older one.
    const isNews = this.#revision !== undefined && revision !== this.#revision;
    this.#revision = revision;
    if (isNews) for (const listener of this.#listeners) listener(revision);
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
    this.#version = undefined;
    this.#revision = undefined;
  }

  #poll(): void {
    try {
      const { version } = this.#look();
      if (version === this.#version && this.#revision !== undefined) return;
      this.#version = version;
    } catch {
      return;
    }
    this.check();
  }
}
