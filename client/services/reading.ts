/** Reads something in turns, remembers what the last turn failed with, and tells listeners after each. */
export class Reading {
  readonly #listeners = new Set<() => void>();
  #turn: Promise<void> = Promise.resolve();
  #error: unknown;

  /** What the last turn failed with, or undefined when all is well. */
  get error(): unknown {
    return this.#error;
  }

  onDidChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /** Resolves after the turns that were asked for so far. */
  get idle(): Promise<void> {
    return this.#turn;
  }

  /** One turn after the other, so that an older answer never overwrites a newer one. Never rejects. */
  queue(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      try {
        await work();
        this.#error = undefined;
      } catch (error) {
        this.#error = error;
      }
      for (const listener of this.#listeners) listener();
    });
    return this.#turn;
  }
}
