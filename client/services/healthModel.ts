import { healthGet, type Health } from '../../server/protocol/healthMethods.ts';
import { Reading } from './reading.ts';
import type { Call } from './sessionModel.ts';

/** What the server said of its health when it was asked last. */
export class HealthModel {
  readonly #call: Call;
  readonly #reading = new Reading();
  #health: Health | undefined;

  constructor(call: Call) {
    this.#call = call;
  }

  onDidChange(listener: () => void): { dispose(): void } {
    return this.#reading.onDidChange(listener);
  }

  get error(): unknown {
    return this.#reading.error;
  }

  get health(): Health | undefined {
    return this.#health;
  }

  reload(): Promise<void> {
    return this.#reading.queue(async () => {
      this.#health = await this.#call(healthGet, {});
    });
  }
}
