import type { ClientLeases } from '../locks/clientLeases.ts';
import type { Caller } from './caller.ts';
import type { Outcome, Registry } from './registry.ts';

/** A client that is connected for some time: what it acquires is kept until it goes. */
export class Client {
  readonly #registry: Registry;
  readonly #leases: ClientLeases;

  constructor(registry: Registry, leases: ClientLeases) {
    this.#registry = registry;
    this.#leases = leases;
  }

  /** As `Registry.call`. */
  call(name: string, params: unknown, caller: Pick<Caller, 'source'> = {}): Promise<Outcome> {
    return this.#registry.call(name, params, { ...caller, leases: this.#leases });
  }

  /** The client makes no more calls, and may wait for answers: it keeps what it holds, and gets nothing more to hold. */
  leave(): void {
    this.#leases.leave();
  }

  /** The client is gone: its leases are released. Never rejects. */
  close(): Promise<void> {
    return this.#leases.close();
  }
}
