import * as z from 'zod';
import type { Lease, LeaseState, Ticket } from '../domain/lease.ts';
import { leaseOwner } from '../protocol/lock.ts';
import type { Connection } from './connection.ts';
import { json, parsedRow } from './sessionRow.ts';
import { nextRevision } from './storeFile.ts';

const owner = json.pipe(leaseOwner);

const leaseRow = z.object({
  session_id: z.string(),
  token: z.string(),
  fence: z.int(),
  owner,
  ttl: z.int(),
  acquired_at: z.int(),
  expires_at: z.int(),
});

const ticketRow = z.object({ number: z.int(), owner, until: z.int() });

/** @throws LockstepError STORE_CORRUPT, naming the column. */
export function leaseFromRow(row: unknown, path: string): Lease {
  const {
    session_id: session,
    token,
    fence,
    owner,
    ttl,
    acquired_at,
    expires_at,
  } = parsedRow(leaseRow, row, 'leases', path);
  return { session, token, fence, owner, ttlMs: ttl, acquiredAt: acquired_at, expiresAt: expires_at };
}

function ticketFromRow(row: unknown, path: string): Ticket {
  return parsedRow(ticketRow, row, 'lease_tickets', path);
}

/** The lease on a session, which may have expired. */
export function leaseOf(connection: Connection, session: string): Lease | undefined {
  const row = connection.sql('SELECT * FROM leases WHERE session_id = ?').get(session);
  return row && leaseFromRow(row, connection.path);
}

export function leaseOfToken(connection: Connection, token: string): Lease | undefined {
  const row = connection.sql('SELECT * FROM leases WHERE token = ?').get(token);
  return row && leaseFromRow(row, connection.path);
}

/** The lease and its queue; waiters whose time is over are left out. */
export function leaseStateOf(connection: Connection, session: string, now: number): LeaseState {
  const tickets = connection
    .sql('SELECT number, owner, until FROM lease_tickets WHERE session_id = ? AND until > ? ORDER BY number')
    .all(session, now);
  return {
    lease: leaseOf(connection, session),
    queue: tickets.map((row) => ticketFromRow(row, connection.path)),
  };
}

/** Puts a lease in place of the one that was there, if any. */
export function putLease(connection: Connection, lease: Lease): void {
  connection
    .sql('INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?, ?, ?)')
    .run(
      lease.session,
      lease.token,
      lease.fence,
      JSON.stringify(lease.owner),
      lease.ttlMs,
      lease.acquiredAt,
      lease.expiresAt,
    );
}

/** Takes a lease away, and raises the revision: it is a change that others show. */
export function endLease(connection: Connection, { session, fence }: Lease): void {
  connection.sql('DELETE FROM leases WHERE session_id = ? AND fence = ?').run(session, fence);
  nextRevision(connection);
}
