import { Listeners } from './listeners.ts';

/** What a window knows of something: read in turns, with what the last turn failed with; listeners are told after each. */
export abstract class ReadModel {
  readonly #listeners = new Listeners();
  #turn: Promise<void> = Promise.resolve();
  #error: unknown;

  /** What the last turn failed with, or undefined when all is well. */
  get error(): unknown {
    return this.#error;
  }

  /** @throws what the last turn failed with: what is known is older then, or nothing is */
  mustBeRead(): void {
    if (this.#error === undefined) return;
    throw this.#error instanceof Error
      ? this.#error
      : new Error('It cannot be read.', { cause: this.#error });
  }

  onDidChange(listener: () => void): { dispose(): void } {
    return this.#listeners.add(listener);
  }

  /** Resolves after the turns that were asked for so far. */
  protected get idle(): Promise<void> {
    return this.#turn;
  }

  /** One turn after the other, so that an older answer never overwrites a newer one. Never rejects. */
  protected queue(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      try {
        await work();
        this.#error = undefined;
      } catch (error) {
        this.#error = error;
      }
      this.#listeners.tell();
    });
    return this.#turn;
  }
}
