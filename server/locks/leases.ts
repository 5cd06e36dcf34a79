import { LockstepError } from '../domain/errors.ts';
import {
  isGrantable,
  isHeld,
  othersWait,
  sessionLocked,
  type Deaths,
  type Lease,
  type LeaseState,
} from '../domain/lease.ts';
import type { Decide } from '../domain/sessionState.ts';
import type { Clock } from '../platform/clock.ts';
import type { Counters } from '../platform/counters.ts';
import type { Session } from '../protocol/session.ts';
import type { AcquireOutcome, AcquireRequest, LeaseStore } from '../store/leaseStore.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import type { Owners } from './owners.ts';

/** How often a waiter looks whether its turn has come, and whether those before it still live, in milliseconds. */
const LOOK_MS = 50;
const JUDGE_MS = 250;

export interface LeaseParts {
  readonly sessions: SessionStore;
  readonly leases: LeaseStore;
  readonly owners: Owners;
  readonly clock: Clock;
  readonly counters: Counters;
}

export interface AcquireParams {
  readonly session: string;
  readonly ttlMs: number;
  /** 0: no waiting. */
  readonly waitMs: number;
  readonly name?: string | undefined;
  /** The process that the lease is for; this one if undefined. */
  readonly ownerPid?: number | undefined;
}

/**
 * Leases on sessions, and every write under them. A lease that has not expired is broken on proof of its owner's death
 * alone. Proof is found outside of transactions, and goes into them as the fence that it is about: should another have
 * taken over meanwhile, it proves nothing.
 */
export class Leases {
  readonly #parts: LeaseParts;
  #entering: Promise<unknown> = Promise.resolve();
  readonly #waiting = new Set<() => void>();

  constructor(parts: LeaseParts) {
    this.#parts = parts;
  }

  /**
   * A change of a session, by the holder of its lease or while nobody holds it.
   * @throws LockstepError SESSION_LOCKED, at once: writes do not wait
   */
  async write({ id, lease }: { id: string; lease?: string | undefined }, decide: Decide): Promise<Session> {
    const { sessions, counters } = this.#parts;
    try {
      return await sessions.update(id, decide, { token: lease });
    } catch (error) {
      if (!isLocked(error)) throw error;
      const deaths = lease === undefined ? await this.#deathOfHolder(id) : undefined;
      if (deaths === undefined) {
        counters.count('leaseConflicts');
        throw error;
      }
      const session = await sessions.update(id, decide, { deaths });
      counters.count('takeOvers');
      return session;
    }
  }

  /** A change that is let in whoever drives the session; `decide` is told whether anybody does. */
  async control(id: string, decide: Decide): Promise<Session> {
    const deaths = await this.#deathOfHolder(id);
    return this.#parts.sessions.update(id, decide, { isControl: true, ...(deaths ? { deaths } : {}) });
  }

  /**
   * Waits for its turn, at most `waitMs`. Calls of one process are served in the order in which they came.
   * @throws LockstepError SESSION_LOCKED, with the holder; SESSION_NOT_FOUND; INVALID_PARAMS for a dead ownerPid
   */
  async acquire(params: AcquireParams): Promise<Lease> {
    const { leases, clock, counters } = this.#parts;
    const deadline = performance.now() + params.waitMs;
    const entered = await this.#enter(params);
    const { request } = entered;
    let { outcome } = entered;
    let ticket = outcome.ticket;
    try {
      while (!outcome.granted) {
        const deaths = await this.#untilGrantable(request.session, outcome, deadline);
        if (deaths === undefined) {
          counters.count('leaseConflicts');
          throw refusal(request.session, outcome.state, clock.now());
        }
        outcome = await leases.acquire({ ...request, ticket, deaths });
        if (outcome.granted && deaths.fence !== undefined) counters.count('takeOvers');
      }
      ticket = undefined;
      return outcome.granted;
    } finally {
      if (ticket !== undefined) await leases.leaveQueue(ticket);
    }
  }

  /** @throws LockstepError SESSION_LOCKED where no lease has the token */
  renew(token: string, ttlMs?: number): Promise<Lease> {
    return this.#parts.leases.renew(token, ttlMs);
  }

  /** False where the lease was gone already. */
  async release(token: string): Promise<boolean> {
    const released = await this.#parts.leases.release(token);
    for (const look of this.#waiting) look();
    return released;
  }

  /** One lease as it is now; undefined where there is none. */
  async end(lease: Lease): Promise<boolean> {
    const ended = await this.#parts.leases.end(lease);
    for (const look of this.#waiting) look();
    return ended;
  }

  /** The first try of an acquire. In turns, so that calls join the queue in the order in which they came. */
  #enter(params: AcquireParams): Promise<{ request: AcquireRequest; outcome: AcquireOutcome }> {
    const { owners, leases, clock } = this.#parts;
    const enter = async () => {
      const { session, ttlMs, waitMs, name, ownerPid } = params;
      const owner = await (ownerPid === undefined ? owners.self(name) : owners.ofProcess(ownerPid, name));
      const until = waitMs === 0 ? undefined : clock.now() + waitMs;
      const request = { session, ttlMs, owner, until, ticket: undefined, deaths: {} };
      return { request, outcome: await leases.acquire(request) };
    };
    const entered = this.#entering.then(enter, enter);
    this.#entering = entered;
    return entered;
  }

  /** Waits until the lease can be granted; gives the deaths that make it so, or undefined at the deadline. */
  async #untilGrantable(
    session: string,
    { state, ticket }: AcquireOutcome,
    deadline: number,
  ): Promise<Deaths | undefined> {
    const { leases, clock, counters } = this.#parts;
    let deaths = await this.#deathsIn(state);
    let judged = performance.now();
    let seen = state;
    for (let looks = 0; !isGrantable(seen, ticket, clock.now(), deaths); looks++) {
      const left = deadline - performance.now();
      if (left <= 0) return undefined;
      if (looks === 0) counters.count('leaseWaits');
      await this.#nextLook(Math.min(LOOK_MS, left));
      seen = await leases.leaseState(session);
      if (performance.now() - judged < JUDGE_MS && isSameHolder(seen, state)) continue;
      deaths = await this.#deathsIn(seen);
      judged = performance.now();
    }
    return deaths;
  }

  /** Until some time has passed, or a lease was given back in this process. */
  async #nextLook(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#waiting.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }

  async #deathsIn({ lease, queue }: LeaseState): Promise<Deaths> {
    const { owners } = this.#parts;
    const isDead = async (owner: Lease['owner']) => (await owners.judge(owner)).verdict === 'dead';
    const tickets: number[] = [];
    for (const { number, owner } of queue) if (await isDead(owner)) tickets.push(number);
    return { tickets, ...(lease && (await isDead(lease.owner)) ? { fence: lease.fence } : {}) };
  }

  /** Proof that whoever holds the session is dead; undefined where nobody holds it, or there is no such proof. */
  async #deathOfHolder(session: string): Promise<Deaths | undefined> {
    const { leases, owners, clock } = this.#parts;
    const { lease } = await leases.leaseState(session);
    if (!isHeld(lease, clock.now())) return undefined;
    return (await owners.judge(lease.owner)).verdict === 'dead' ? { fence: lease.fence } : undefined;
  }
}

function isSameHolder(a: LeaseState, b: LeaseState): boolean {
  return a.lease?.fence === b.lease?.fence;
}

function refusal(session: string, { lease, queue }: LeaseState, now: number): LockstepError {
  return isHeld(lease, now) ? sessionLocked(lease, now) : othersWait(session, queue);
}

function isLocked(error: unknown): boolean {
  return error instanceof LockstepError && error.code === 'SESSION_LOCKED';
}
