import { setTimeout as pause } from 'node:timers/promises';
import { LockstepError } from '../../domain/errors.ts';
import { together, type Decide } from '../../domain/sessionStep.ts';
import type { ClientLeases } from '../../locks/clientLeases.ts';
import type { Leases } from '../../locks/leases.ts';
import type { Session } from '../../protocol/session.ts';

const TTL_MS = 30_000;
/** A store that others keep busy for long is tried again: the work of an agent is worth more than this wait. */
const BUSY_TRIES = 6;
const BUSY_WAIT_MS = 500;

/** A session that this process drives. */
export interface HeldSession {
  readonly id: string;
  /** Of its lease. */
  readonly fence: number;
  /**
   * All of the steps as one: a crash comes before or after them, never between.
   * @throws LockstepError SESSION_LOCKED where the lease was lost
   */
  write(...decides: readonly Decide[]): Promise<Session>;
  /** Others may drive it again. A lease that was lost is no lease to give back. */
  release(): Promise<void>;
}

/** Takes sessions into the hands of this process. */
export class Holder {
  readonly #leases: Leases;
  readonly #kept: ClientLeases;

  /** @param kept  renews what was taken, until it is given back */
  constructor(leases: Leases, kept: ClientLeases) {
    this.#leases = leases;
    this.#kept = kept;
  }

  /** @throws LockstepError SESSION_LOCKED where another drives it still after `waitMs` */
  async take(id: string, name: string, waitMs: number): Promise<HeldSession> {
    const lease = await this.#leases.acquire({ session: id, name, waitMs, ttlMs: TTL_MS });
    this.#kept.hold(lease);
    return {
      id,
      fence: lease.fence,
      write: (...decides) =>
        patiently(() => this.#leases.write({ id, lease: lease.token }, together(...decides))),
      release: async () => {
        this.#kept.forget(lease.token);
        await patiently(() => this.#leases.release(lease.token));
      },
    };
  }
}

async function patiently<T>(write: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await write();
    } catch (error) {
      const isBusy = error instanceof LockstepError && error.code === 'STORE_BUSY';
      if (!isBusy || tries === BUSY_TRIES) throw error;
      await pause(BUSY_WAIT_MS);
    }
  }
}
