import type { Deaths, Lease, LeaseState } from '../domain/lease.ts';
import type { LeaseOwner } from '../protocol/lock.ts';

export interface AcquireRequest {
  readonly session: string;
  /** Whose the lease is to be. */
  readonly owner: LeaseOwner;
  /** Who waits for it: with its death the place in the queue is lost. */
  readonly waiter: LeaseOwner;
  readonly ttlMs: number;
  /** The place in the queue that the caller has already. */
  readonly ticket: number | undefined;
  /** Until when the caller waits, in milliseconds since the epoch; undefined: it does not queue. */
  readonly until: number | undefined;
  /** Owners whose death the caller has proved: their lease is taken over, their tickets are dropped. */
  readonly deaths: Deaths;
}

export interface AcquireOutcome {
  readonly granted: Lease | undefined;
  /** As it was found. */
  readonly state: LeaseState;
  /** The caller's place in the queue, where it waits. */
  readonly ticket: number | undefined;
}

/** A lease, and the title of the session that it is on. */
export interface LeaseEntry {
  readonly lease: Lease;
  readonly title: string;
}

/**
 * Where leases are kept: beside the sessions, for a write and the look at the lease have to be one transaction. Nothing
 * here judges owners: proof of a death is the caller's, and is named by fence, so that it cannot be taken for that of
 * a later holder. Throws as `SessionStore` does.
 */
export interface LeaseStore {
  /** @throws LockstepError SESSION_NOT_FOUND */
  leaseState(session: string): Promise<LeaseState>;
  /**
   * Grants the lease if nobody holds it and nobody has waited for longer, with a fence that was never given before;
   * else puts the caller into the queue, if it waits. One transaction.
   * @throws LockstepError SESSION_NOT_FOUND
   */
  acquire(request: AcquireRequest): Promise<AcquireOutcome>;
  leaveQueue(ticket: number): Promise<void>;
  /** @throws LockstepError SESSION_LOCKED where no lease has the token */
  renew(token: string, ttlMs: number | undefined): Promise<Lease>;
  /** Ends the lease of that token, and carries out a pause that was left for its holder. False: there is none. */
  release(token: string): Promise<boolean>;
  /** Ends the lease if it is still the one of that fence and end, as `release` does. */
  end(lease: Lease): Promise<boolean>;
  /** All leases, the oldest first, expired ones included. */
  leases(): Promise<LeaseEntry[]>;
}
