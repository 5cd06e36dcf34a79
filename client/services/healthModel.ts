import { healthGet, type Health } from '../../server/protocol/healthMethods.ts';
import { ReadModel } from './readModel.ts';
import type { Call } from './call.ts';

/** What the server said of its health when it was asked last. */
export class HealthModel extends ReadModel {
  readonly #call: Call;
  #health: Health | undefined;

  constructor(call: Call) {
    super();
    this.#call = call;
  }

  get health(): Health | undefined {
    return this.#health;
  }

  reload(): Promise<void> {
    return this.queue(async () => {
      this.#health = await this.#call(healthGet, {});
    });
  }
}
