import type { Grant } from '../protocol/lockMethods.ts';
import type { LeaseOwner } from '../protocol/lock.ts';
import { actionLabels, retry } from './errorActions.ts';
import { LockstepError } from './errors.ts';

/** The exclusive right to drive a session. Times are milliseconds since the epoch. */
export interface Lease {
  readonly session: string;
  /** Secret; whoever shows it is the holder. */
  readonly token: string;
  /** Grows with every grant in the store, and is never used again. */
  readonly fence: number;
  readonly owner: LeaseOwner;
  readonly ttlMs: number;
  readonly acquiredAt: number;
  readonly expiresAt: number;
}

/** A place in the queue for a session's lease. */
export interface Ticket {
  readonly number: number;
  /** The process that waits. */
  readonly owner: LeaseOwner;
  /** When its waiter gives up, in milliseconds since the epoch: from then on it counts no more. */
  readonly until: number;
}

/** Who holds a session, and who waits for it, the next one first. */
export interface LeaseState {
  readonly lease: Lease | undefined;
  readonly queue: readonly Ticket[];
}

/** Owners whose death was proved a moment ago, by the fence of their lease and the number of their ticket. */
export interface Deaths {
  readonly fence?: number | undefined;
  readonly tickets?: readonly number[];
}

/** What a caller shows of its right to write. */
export interface Access {
  /** A control call: it is let in whoever drives the session. */
  readonly isControl?: boolean;
  readonly token?: string | undefined;
  readonly deaths?: Deaths;
}

/** A lease keeps others out until it expires, or its owner is proved dead. */
export function isHeld(lease: Lease | undefined, now: number, deaths: Deaths = {}): lease is Lease {
  return lease !== undefined && lease.expiresAt > now && lease.fence !== deaths.fence;
}

/**
 * Lets a write in, or not. One that shows a token has to show that of the lease as it is now: an old one is refused
 * for ever, also when nobody holds the session, for its holder may act on what is long out of date.
 * @throws LockstepError SESSION_LOCKED
 */
export function admit(session: string, lease: Lease | undefined, access: Access, now: number): void {
  if (access.isControl === true) return;
  if (access.token !== undefined) {
    if (lease?.token !== access.token) throw leaseGone(session);
    return;
  }
  if (isHeld(lease, now, access.deaths)) throw sessionLocked(lease, now);
}

/** Whether the lease can be granted now: nobody holds it, and nobody has waited for longer. */
export function isGrantable(
  { lease, queue }: LeaseState,
  ticket: number | undefined,
  now: number,
  deaths: Deaths = {},
): boolean {
  if (isHeld(lease, now, deaths)) return false;
  const next = queue.find(({ number, until }) => until > now && deaths.tickets?.includes(number) !== true);
  return next === undefined || next.number === ticket;
}

export function sessionLocked(lease: Lease, now: number): LockstepError {
  const { session, owner } = lease;
  const since = new Date(lease.acquiredAt).toISOString();
  const expiresAt = new Date(lease.expiresAt).toISOString();
  const left = Math.max(0, Math.ceil((lease.expiresAt - now) / 1000));
  return new LockstepError(
    'SESSION_LOCKED',
    `Session ${session} is held by ${describeOwner(owner)} since ${since}; its lease lasts ${left} s unless it is renewed.`,
    {
      details: { session, owner, since, expiresAt, fence: lease.fence },
      actions: [
        {
          kind: 'command',
          label: actionLabels.askToPause,
          method: 'sessions.pause',
          params: { id: session },
        },
        retry,
      ],
    },
  );
}

/** Nobody holds the session, but others have waited for longer. */
export function othersWait(session: string, queue: readonly Ticket[]): LockstepError {
  const first = queue[0];
  const who = first === undefined ? 'another process' : describeOwner(first.owner);
  return new LockstepError(
    'SESSION_LOCKED',
    `Session ${session} goes to ${who} next, who has waited for longer. Wait for it with a larger waitMs.`,
    {
      details: { session, waiting: queue.length, ...(first ? { owner: first.owner } : {}) },
      actions: [retry],
    },
  );
}

/** `session` is undefined where no lease tells of which one the token was. */
export function leaseGone(session: string | undefined): LockstepError {
  return new LockstepError(
    'SESSION_LOCKED',
    `The lease${session === undefined ? '' : ` on session ${session}`} whose token was given is gone: it was released, or another took over after it ran out or its owner ended. Stop what it was for, and acquire a new one.`,
    // No offer to try again: that token is refused for ever.
    { details: session === undefined ? {} : { session } },
  );
}

export function describeOwner({ name, pid, host }: LeaseOwner): string {
  const process = `process ${pid} on ${host}`;
  return name === undefined ? process : `${name} (${process})`;
}

/** A lease as its holder gets it. */
export function grantOf({ session, token, fence, owner, expiresAt }: Lease): Grant {
  return { session, token, fence, owner, expiresAt: new Date(expiresAt).toISOString() };
}
