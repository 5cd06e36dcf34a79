import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { isGrantable, leaseGone, type Lease, type LeaseState } from '../domain/lease.ts';
import { settlePause } from '../domain/sessionState.ts';
import type { Clock } from '../platform/clock.ts';
import type { Connection } from './connection.ts';
import { endLease, leaseFromRow, leaseOf, leaseOfToken, leaseStateOf, putLease } from './leaseRow.ts';
import type { AcquireOutcome, AcquireRequest, LeaseEntry, LeaseStore } from './leaseStore.ts';
import { applyStep, requireSession, stateOf } from './sessionTable.ts';
import { nextRevision, type StoreFile } from './storeFile.ts';

/** Leases in the store's SQLite file. */
export class SqliteLeaseStore implements LeaseStore {
  readonly #file: StoreFile;
  readonly #clock: Clock;

  constructor(file: StoreFile, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  leaseState(session: string): Promise<LeaseState> {
    return this.#file.read((connection) => {
      requireSession(connection, session);
      return leaseStateOf(connection, session, this.#clock.now());
    });
  }

  acquire(request: AcquireRequest): Promise<AcquireOutcome> {
    return this.#file.write((connection) => {
      const { session, owner, waiter, ttlMs, until, deaths } = request;
      requireSession(connection, session);
      const now = this.#clock.now();
      for (const dead of deaths.tickets ?? []) dropTicket(connection, dead);
      const state = leaseStateOf(connection, session, now);
      if (!isGrantable(state, request.ticket, now, deaths)) {
        const ticket =
          until === undefined
            ? undefined
            : (request.ticket ?? queueUp(connection, session, waiter, until, now));
        return { granted: undefined, state, ticket };
      }
      if (request.ticket !== undefined) dropTicket(connection, request.ticket);
      const granted: Lease = {
        session,
        token: randomBytes(24).toString('base64url'),
        fence: nextFence(connection),
        owner,
        ttlMs,
        acquiredAt: now,
        expiresAt: now + ttlMs,
      };
      putLease(connection, granted);
      nextRevision(connection);
      return { granted, state, ticket: undefined };
    });
  }

  leaveQueue(ticket: number): Promise<void> {
    return this.#file.write((connection) => dropTicket(connection, ticket));
  }

  renew(token: string, ttlMs: number | undefined): Promise<Lease> {
    return this.#file.write((connection) => {
      const lease = leaseOfToken(connection, token);
      if (!lease) throw leaseGone(undefined);
      const lasts = ttlMs ?? lease.ttlMs;
      const renewed = { ...lease, ttlMs: lasts, expiresAt: this.#clock.now() + lasts };
      putLease(connection, renewed);
      return renewed;
    });
  }

  release(token: string): Promise<boolean> {
    return this.#file.write((connection) => this.#end(connection, leaseOfToken(connection, token)));
  }

  end({ session, fence, expiresAt }: Lease): Promise<boolean> {
    return this.#file.write((connection) => {
      const lease = leaseOf(connection, session);
      const isSame = lease?.fence === fence && lease.expiresAt === expiresAt;
      return this.#end(connection, isSame ? lease : undefined);
    });
  }

  leases(): Promise<LeaseEntry[]> {
    return this.#file.read((connection) =>
      connection
        .sql(
          'SELECT leases.*, sessions.title FROM leases JOIN sessions ON sessions.id = leases.session_id ORDER BY fence',
        )
        .all()
        .map((row) => ({ lease: leaseFromRow(row, connection.path), title: String(row['title']) })),
    );
  }

  #end(connection: Connection, lease: Lease | undefined): boolean {
    if (!lease) return false;
    endLease(connection, lease);
    const state = stateOf(connection, lease.session);
    applyStep(connection, state, settlePause(state, this.#clock.now()));
    return true;
  }
}

function queueUp(
  connection: Connection,
  session: string,
  waiter: AcquireRequest['waiter'],
  until: number,
  now: number,
): number {
  // Those of waiters that never came back.
  connection.sql('DELETE FROM lease_tickets WHERE until <= ?').run(now);
  const { lastInsertRowid } = connection
    .sql('INSERT INTO lease_tickets (session_id, owner, until) VALUES (?, ?, ?)')
    .run(session, JSON.stringify(waiter), until);
  return Number(lastInsertRowid);
}

function dropTicket(connection: Connection, ticket: number): void {
  connection.sql('DELETE FROM lease_tickets WHERE number = ?').run(ticket);
}

const fenceRow = z.object({ fence: z.int() });

/** One counter for the whole store, so that a fence stays used when its session goes. */
function nextFence(connection: Connection): number {
  connection.sql('UPDATE store_state SET fence = fence + 1').run();
  return fenceRow.parse(connection.sql('SELECT fence FROM store_state').get()).fence;
}
