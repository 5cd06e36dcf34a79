import type { Disposable } from '../platform/disposable.ts';

/** How often the store is asked whether another process has written, in milliseconds. The contract is 500. */
const POLL_MS = 200;

/**
 * What the feed looks at. `version` is `<file>:<number>`; it differs after a commit of another connection, and costs
 * next to nothing.
 */
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
  #seen: { readonly version: string; readonly revision: number } | undefined;

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
    let seen: { version: string; revision: number };
    try {
      const now = this.#look();
      seen = { version: now.version, revision: now.revision() };
    } catch {
      return; // The store cannot be read now. Calls say why; the feed goes on when it can be read again.
    }
    const last = this.#seen;
    this.#seen = seen;
    // A smaller revision is news too, and so is the same one of another file; not that an empty store has been made.
    const isNews =
      last !== undefined &&
      (last.revision !== seen.revision || (seen.revision > 0 && fileOf(last) !== fileOf(seen)));
    if (isNews) for (const listener of this.#listeners) listener(seen.revision);
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
    this.#seen = undefined;
  }

  #poll(): void {
    try {
      if (this.#look().version === this.#seen?.version) return;
    } catch {
      return;
    }
    this.check();
  }
}

function fileOf({ version }: { readonly version: string }): string {
  return version.slice(0, version.lastIndexOf(':'));
}
