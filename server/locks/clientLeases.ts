import { LockstepError } from '../domain/errors.ts';
import type { Lease } from '../domain/lease.ts';
import type { Logger } from '../platform/logger.ts';
import type { Leases } from './leases.ts';

/**
 * A lease is renewed when a third of its time is over, and not more often than this, in milliseconds: one that is
 * meant to last for less than a second is meant to run out.
 */
const SOONEST_MS = 1000;
/** How soon a renewal that failed, for another reason than that the lease is gone, is tried again. */
const AGAIN_MS = 1000;

/** The leases of one connected client: kept while it is connected, given back when it goes. */
export class ClientLeases {
  readonly #leases: Leases;
  readonly #logger: Logger;
  readonly #onLost: (session: string) => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #isLeaving = false;
  /** Those that came too late to be kept. */
  #givenBack: Promise<unknown> = Promise.resolve();

  /** `onLost` is called when a lease was taken over: its owner slept, or was stopped, for longer than it lasted. */
  constructor(leases: Leases, logger: Logger, onLost: (session: string) => void = () => undefined) {
    this.#leases = leases;
    this.#logger = logger;
    this.#onLost = onLost;
  }

  /** Keeps a lease from now on, for as long as it lasts now. */
  hold(lease: Lease): void {
    if (this.#isLeaving && !this.isHeld(lease.token))
      this.#givenBack = Promise.all([this.#givenBack, this.#release(lease.token)]);
    else this.#renewIn(Math.max(SOONEST_MS, lease.ttlMs / 3), lease);
  }

  isHeld(token: string): boolean {
    return this.#timers.has(token);
  }

  forget(token: string): void {
    clearTimeout(this.#timers.get(token));
    this.#timers.delete(token);
  }

  /** The client makes no more calls: what it holds is kept, and what it is granted from now on is given back at once. */
  leave(): void {
    if (!this.#isLeaving) this.#logger.log('debug', 'The client makes no more calls');
    this.#isLeaving = true;
  }

  /** Gives all of them back. Never rejects: what cannot be released now ends by itself, with its owner or its time. */
  async close(): Promise<void> {
    this.leave();
    const tokens = [...this.#timers.keys()];
    for (const token of tokens) this.forget(token);
    await Promise.all([this.#givenBack, ...tokens.map((token) => this.#release(token))]);
  }

  async #release(token: string): Promise<void> {
    try {
      await this.#leases.release(token);
    } catch (error) {
      this.#logger.log('warn', 'A lease could not be released', { error: String(error) });
    }
  }

  #renewIn(ms: number, lease: Lease): void {
    this.forget(lease.token);
    // It must not keep a process alive whose client is gone.
    this.#timers.set(lease.token, setTimeout(() => void this.#renew(lease), ms).unref());
  }

  async #renew(lease: Lease): Promise<void> {
    try {
      const renewed = await this.#leases.renew(lease.token);
      if (this.isHeld(lease.token)) this.hold(renewed);
    } catch (error) {
      if (!this.isHeld(lease.token)) return;
      this.#logger.log('warn', 'A lease could not be renewed', {
        session: lease.session,
        error: String(error),
      });
      if (error instanceof LockstepError && error.code === 'SESSION_LOCKED') {
        this.forget(lease.token);
        this.#onLost(lease.session);
      } else {
        this.#renewIn(AGAIN_MS, lease);
      }
    }
  }
}
