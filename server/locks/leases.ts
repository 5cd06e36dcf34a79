import { LockstepError } from '../domain/errors.ts';
import {
  isGrantable,
  isHeld,
  othersWait,
  sessionLocked,
  type Access,
  type Deaths,
  type Lease,
  type LeaseState,
} from '../domain/lease.ts';
import type { Decide } from '../domain/sessionStep.ts';
import { inPlaceOfTheDead } from '../domain/sessionState.ts';
import type { Clock } from '../platform/clock.ts';
import type { Counters } from '../platform/counters.ts';
import type { Session } from '../protocol/session.ts';
import type { AcquireOutcome, AcquireRequest, LeaseStore } from '../store/leaseStore.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import type { Owners } from './owners.ts';
import { WaitingLines, type Place } from './waitingLines.ts';

/** How often it is looked whether those before a waiter still live, in milliseconds. */
const JUDGE_MS = 250;

export interface LeaseParts {
  readonly sessions: SessionStore;
  readonly leases: LeaseStore;
  readonly owners: Owners;
  readonly clock: Clock;
  readonly counters: Counters;
}

/** What a write is about, and the token of the lease that the caller holds. */
export interface WriteTarget {
  readonly id: string;
  readonly lease?: string | undefined;
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
  readonly #lines = new WaitingLines();

  constructor(parts: LeaseParts) {
    this.#parts = parts;
  }

  /**
   * A change of a session, by the holder of its lease or while nobody holds it.
   * @throws LockstepError SESSION_LOCKED, at once: writes do not wait
   */
  write(target: WriteTarget, decide: Decide): Promise<Session> {
    const { sessions } = this.#parts;
    return this.#admitted(target, (access) =>
      sessions.update(target.id, access.deaths ? inPlaceOfTheDead(decide) : decide, access),
    );
  }

  /** Into the trash, which nobody may do to a session that is held, its holder included. */
  remove(target: WriteTarget): Promise<Session> {
    return this.#admitted(target, (access) => this.#parts.sessions.remove(target.id, access));
  }

  /** A change that is let in whoever drives the session; `decide` is told whether anybody does. */
  async control(id: string, decide: Decide): Promise<Session> {
    const { sessions, counters } = this.#parts;
    const deaths = await this.#deathOfHolder(id);
    if (deaths === undefined) return sessions.update(id, decide, { isControl: true });
    const session = await sessions.update(id, inPlaceOfTheDead(decide), { isControl: true, deaths });
    counters.count('takeOvers');
    return session;
  }

  /**
   * Waits for its turn, at most `waitMs`. Calls of one process are served in the order in which they came.
   * @throws LockstepError SESSION_LOCKED, with the holder; SESSION_NOT_FOUND; INVALID_PARAMS for a dead ownerPid
   */
  async acquire(params: AcquireParams): Promise<Lease> {
    const deadline = performance.now() + params.waitMs;
    const { request, entering } = await this.#enter(params);
    const outcome = await entering;
    if (outcome.granted) return outcome.granted;
    const { ticket } = outcome;
    if (ticket === undefined) return this.#take(request, outcome.state, undefined, deadline);
    const place = this.#lines.join(request.session);
    try {
      return await this.#take({ ...request, ticket }, outcome.state, place, deadline);
    } catch (error) {
      // Should that fail as well, the ticket ends at the deadline by itself.
      await this.#parts.leases.leaveQueue(ticket).catch(() => undefined);
      throw error;
    } finally {
      place.leave();
    }
  }

  /** @throws LockstepError SESSION_LOCKED where no lease has the token */
  renew(token: string, ttlMs?: number): Promise<Lease> {
    return this.#parts.leases.renew(token, ttlMs);
  }

  /** False where the lease was gone already. */
  async release(token: string): Promise<boolean> {
    const released = await this.#parts.leases.release(token);
    this.#lines.wake();
    return released;
  }

  /** Who drives a session: the lease on it, if it lasts still, and its owner is not proved dead. */
  async holder(session: string): Promise<Lease | undefined> {
    return this.living((await this.#parts.leases.leaseState(session)).lease);
  }

  /** A lease that was just read, if it lasts still, and its owner is not proved dead. */
  async living(lease: Lease | undefined): Promise<Lease | undefined> {
    const { owners, clock } = this.#parts;
    if (!isHeld(lease, clock.now())) return undefined;
    return (await owners.judge(lease.owner)).verdict === 'dead' ? undefined : lease;
  }

  /** Whether nobody can come back to a session with the lease on it: there is none, or its owner is proved dead. */
  async isAbandoned(session: string): Promise<boolean> {
    const { leases, owners } = this.#parts;
    const { lease } = await leases.leaseState(session);
    return lease === undefined || (await owners.judge(lease.owner)).verdict === 'dead';
  }

  /** Ends a stale lease, if it is still the one that was seen. False: it is not. */
  async end(lease: Lease): Promise<boolean> {
    const ended = await this.#parts.leases.end(lease);
    this.#lines.wake();
    return ended;
  }

  /**
   * The first try of an acquire. In turns, so that calls join the queue in the order in which they came; the store
   * keeps the order of its writes by itself.
   */
  #enter(params: AcquireParams): Promise<{ request: AcquireRequest; entering: Promise<AcquireOutcome> }> {
    const { owners, leases, clock } = this.#parts;
    const enter = async () => {
      const { session, ttlMs, waitMs, name, ownerPid } = params;
      const waiter = await owners.self(name);
      const owner = ownerPid === undefined ? waiter : await owners.ofProcess(ownerPid, name);
      const until = waitMs === 0 ? undefined : clock.now() + waitMs;
      const request = { session, ttlMs, owner, waiter, until, ticket: undefined, deaths: {} };
      return { request, entering: leases.acquire(request) };
    };
    const entered = this.#entering.then(enter, enter);
    this.#entering = entered;
    return entered;
  }

  /** Tries again whenever there is reason to, until the deadline; without a place in the line, once. */
  async #take(
    request: AcquireRequest,
    found: LeaseState,
    place: Place | undefined,
    deadline: number,
  ): Promise<Lease> {
    const { leases, clock, counters } = this.#parts;
    const { session, ticket } = request;
    let state = found;
    let deaths = await this.#deathsIn(state, ticket);
    let judged = { at: performance.now(), fence: state.lease?.fence };
    for (let looks = 0; ; looks++) {
      if (isGrantable(state, ticket, clock.now(), deaths)) {
        const outcome = await leases.acquire({ ...request, deaths });
        ({ state } = outcome);
        if (outcome.granted) {
          if (state.lease !== undefined && state.lease.fence === deaths.fence) counters.count('takeOvers');
          return outcome.granted;
        }
      }
      const left = deadline - performance.now();
      if (place === undefined || left <= 0) {
        counters.count('leaseConflicts');
        throw refusal(session, state, ticket, deaths, clock.now());
      }
      if (looks === 0) counters.count('leaseWaits');
      await place.turn(left);
      state = await leases.leaseState(session);
      if (performance.now() - judged.at < JUDGE_MS && state.lease?.fence === judged.fence) continue;
      deaths = await this.#deathsIn(state, ticket);
      judged = { at: performance.now(), fence: state.lease?.fence };
    }
  }

  /** Who of those that stand in the way is dead: the holder, then the waiters up to the first that lives. */
  async #deathsIn({ lease, queue }: LeaseState, ticket: number | undefined): Promise<Deaths> {
    const { owners, clock } = this.#parts;
    const now = clock.now();
    const isDead = async (owner: Lease['owner']) => (await owners.judge(owner)).verdict === 'dead';
    const fence = isHeld(lease, now) && (await isDead(lease.owner)) ? lease.fence : undefined;
    if (isHeld(lease, now, { fence })) return {};
    const tickets: number[] = [];
    for (const { number, owner } of queue) {
      if (number === ticket || !(await isDead(owner))) break;
      tickets.push(number);
    }
    return { fence, tickets };
  }

  /** A write, and once more in place of a holder who is proved dead. */
  async #admitted<T>({ id, lease }: WriteTarget, write: (access: Access) => Promise<T>): Promise<T> {
    const { counters } = this.#parts;
    try {
      return await write({ token: lease });
    } catch (error) {
      if (!isLocked(error)) throw error;
      const deaths = lease === undefined ? await this.#deathOfHolder(id) : undefined;
      if (deaths === undefined) {
        counters.count('leaseConflicts');
        throw error;
      }
      const written = await write({ deaths });
      counters.count('takeOvers');
      return written;
    }
  }

  /** Proof that whoever holds the session is dead; undefined where nobody holds it, or there is no such proof. */
  async #deathOfHolder(session: string): Promise<Deaths | undefined> {
    const { leases, owners, clock } = this.#parts;
    const { lease } = await leases.leaseState(session);
    if (!isHeld(lease, clock.now())) return undefined;
    return (await owners.judge(lease.owner)).verdict === 'dead' ? { fence: lease.fence } : undefined;
  }
}

function refusal(
  session: string,
  { lease, queue }: LeaseState,
  ticket: number | undefined,
  deaths: Deaths,
  now: number,
): LockstepError {
  if (isHeld(lease, now, deaths)) return sessionLocked(lease, now);
  const others = queue.filter(({ number }) => number !== ticket && deaths.tickets?.includes(number) !== true);
  return othersWait(session, others);
}

function isLocked(error: unknown): boolean {
  return error instanceof LockstepError && error.code === 'SESSION_LOCKED';
}
