import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Deaths, Lease } from '../../../server/domain/lease.ts';
import * as state from '../../../server/domain/sessionState.ts';
import type { AcquireRequest, LeaseStore } from '../../../server/store/leaseStore.ts';
import type { SessionStore } from '../../../server/store/sessionStore.ts';
import { firstStep } from './conformance.ts';

export interface RealStore {
  readonly leases: LeaseStore;
  readonly sessions: SessionStore;
  readonly clock: { time: number };
}

interface Waiter {
  readonly number: number;
  readonly session: string;
  readonly request: AcquireRequest;
}

interface ModelSession {
  lease: Lease | undefined;
  /** Tickets, the oldest first; those whose time is over included. */
  queue: { readonly number: number; readonly until: number }[];
  status: 'active' | 'paused';
  pausing: boolean;
  readonly written: string[];
}

/** What the lease store has to be like, in plain values. */
export interface LeaseModel {
  now: number;
  readonly sessions: Map<string, ModelSession>;
  /** The highest of all that were ever given. */
  fence: number;
  ticket: number;
  /** Every lease ever granted, as it was granted. */
  readonly granted: Lease[];
  readonly waiters: Waiter[];
}

type Command = fc.AsyncCommand<LeaseModel, RealStore>;

const request = (session: string, pid: number, ttlMs: number, until: number | undefined): AcquireRequest => ({
  session,
  owner: { pid, host: 'here' },
  waiter: { pid, host: 'here' },
  ttlMs,
  ticket: undefined,
  until,
  deaths: {},
});

/** One of what there is; undefined where there is nothing. */
function choose<T>(choices: Iterable<T>, index: number): T | undefined {
  const all = [...choices];
  return all[index % all.length];
}

function isHeld(model: LeaseModel, session: ModelSession, deadFence?: number): boolean {
  const { lease } = session;
  return lease !== undefined && lease.expiresAt > model.now && lease.fence !== deadFence;
}

/** The session that the lease is on now, if it is the current one. */
function heldBy(model: LeaseModel, { session, fence }: Lease): ModelSession | undefined {
  const found = model.sessions.get(session);
  return found?.lease?.fence === fence ? found : undefined;
}

function end(session: ModelSession): void {
  session.lease = undefined;
  if (session.pausing) Object.assign(session, { pausing: false, status: 'paused' });
}

const locked = { code: 'SESSION_LOCKED' };
const notFound = { code: 'SESSION_NOT_FOUND' };

/** Asks for a lease, and holds what came of it against the model. */
async function acquire(model: LeaseModel, real: RealStore, asked: AcquireRequest): Promise<void> {
  const session = model.sessions.get(asked.session);
  if (!session) return assert.rejects(real.leases.acquire(asked), notFound);
  const { deaths, ticket } = asked;
  for (const one of model.sessions.values())
    one.queue = one.queue.filter(({ number }) => deaths.tickets?.includes(number) !== true);
  const next = session.queue.find(({ until }) => until > model.now);
  const isGrantable = !isHeld(model, session, deaths.fence) && (next === undefined || next.number === ticket);

  const outcome = await real.leases.acquire(asked);
  assert.equal(outcome.granted !== undefined, isGrantable, 'granted just when it can be');
  if (outcome.granted) {
    const { granted } = outcome;
    assert.ok(granted.fence > model.fence, 'the fence grows');
    assert.ok(
      model.granted.every(({ token }) => token !== granted.token),
      'the token is new',
    );
    assert.equal(granted.expiresAt, model.now + asked.ttlMs);
    assert.equal(outcome.ticket, undefined);
    session.lease = granted;
    session.queue = session.queue.filter(({ number }) => number !== ticket);
    model.fence = granted.fence;
    model.granted.push(granted);
  } else if (asked.until === undefined || ticket !== undefined) {
    assert.equal(outcome.ticket, ticket, 'it has the place that it had');
  } else {
    const number = outcome.ticket ?? 0;
    assert.ok(number > model.ticket, 'it stands behind all others');
    session.queue.push({ number, until: asked.until });
    model.ticket = number;
    model.waiters.push({ number, session: asked.session, request: asked });
  }
}

async function assertSame(model: LeaseModel, { leases, sessions }: RealStore): Promise<void> {
  for (const [id, expected] of model.sessions) {
    const { lease, queue } = await leases.leaseState(id);
    assert.deepEqual(lease, expected.lease);
    assert.deepEqual(
      queue.map(({ number }) => number),
      expected.queue.filter(({ until }) => until > model.now).map(({ number }) => number),
    );
    const { status, pausing } = await sessions.get(id);
    assert.deepEqual({ status, pausing }, { status: expected.status, pausing: expected.pausing });
    const { events } = await sessions.events({ id, afterSeq: 0, limit: 1000, types: ['note'] });
    assert.deepEqual(
      events.map(({ data }) => data['write']),
      expected.written,
    );
  }
}

function command(name: string, run: (model: LeaseModel, real: RealStore) => Promise<unknown>): Command {
  return {
    check: () => true,
    toString: () => name,
    async run(model, real) {
      await run(model, real);
      await assertSame(model, real);
    },
  };
}

const index = fc.nat(11);
const ttl = fc.integer({ min: 1, max: 100 });
const wait = fc.integer({ min: 1, max: 150 });

const advance = fc.integer({ min: 1, max: 60 }).map((ms) =>
  command(`advance ${ms}`, async (model, { clock }) => {
    model.now += ms;
    clock.time = model.now;
  }),
);

const ask = fc
  .tuple(index, index, ttl, fc.option(wait, { nil: undefined }))
  .map(([session, pid, ttlMs, waitMs]) =>
    command(`acquire ${session} ttl ${ttlMs} wait ${waitMs ?? 0}`, async (model, real) => {
      const id = choose(model.sessions.keys(), session) ?? '';
      await acquire(
        model,
        real,
        request(id, pid + 1, ttlMs, waitMs === undefined ? undefined : model.now + waitMs),
      );
    }),
  );

/** A waiter tries again, who may have proved the death of the holder, of one before, and of others that wait. */
const askAgain = fc
  .tuple(index, fc.option(index, { nil: undefined }), fc.boolean(), fc.array(index, { maxLength: 2 }))
  .map(([which, fence, isHolderDead, tickets]) =>
    command(
      `waiter ${which} again, dead: ${isHolderDead ? 'holder' : (fence ?? '')} ${tickets.join()}`,
      async (model, real) => {
        const waiter = choose(model.waiters, which);
        if (!waiter) return;
        const { number, session } = waiter;
        const holder = model.sessions.get(session)?.lease;
        const deaths: Deaths = {
          fence: isHolderDead
            ? holder?.fence
            : fence === undefined
              ? undefined
              : choose(model.granted, fence)?.fence,
          tickets: tickets
            .flatMap((one) => choose(model.waiters, one)?.number ?? [])
            .filter((one) => one !== number),
        };
        const before = model.fence;
        await acquire(model, real, { ...waiter.request, ticket: number, deaths });
        if (model.fence !== before) model.waiters.splice(model.waiters.indexOf(waiter), 1);
      },
    ),
  );

const leave = index.map((which) =>
  command(`waiter ${which} leaves`, async (model, { leases }) => {
    const waiter = choose(model.waiters, which);
    if (!waiter) return;
    await leases.leaveQueue(waiter.number);
    const session = model.sessions.get(waiter.session);
    if (session) session.queue = session.queue.filter(({ number }) => number !== waiter.number);
    model.waiters.splice(model.waiters.indexOf(waiter), 1);
  }),
);

const renew = fc.tuple(index, fc.option(ttl, { nil: undefined })).map(([which, ttlMs]) =>
  command(`renew ${which} ttl ${ttlMs ?? 'as before'}`, async (model, { leases }) => {
    const granted = choose(model.granted, which);
    if (!granted) return;
    const session = heldBy(model, granted);
    if (!session?.lease) return assert.rejects(leases.renew(granted.token, ttlMs), locked);
    const lasts = ttlMs ?? session.lease.ttlMs;
    session.lease = { ...session.lease, ttlMs: lasts, expiresAt: model.now + lasts };
    assert.deepEqual(await leases.renew(granted.token, ttlMs), session.lease);
  }),
);

const release = index.map((which) =>
  command(`release ${which}`, async (model, { leases }) => {
    const granted = choose(model.granted, which);
    if (!granted) return;
    const session = heldBy(model, granted);
    assert.equal(await leases.release(granted.token), session !== undefined);
    if (session) end(session);
  }),
);

/** With the lease as it was when it was granted: one that was renewed since is another. */
const endSeen = index.map((which) =>
  command(`end ${which}`, async (model, { leases }) => {
    const granted = choose(model.granted, which);
    if (!granted) return;
    const session = heldBy(model, granted);
    const isSame = session?.lease?.expiresAt === granted.expiresAt;
    assert.equal(await leases.end(granted), isSame);
    if (session && isSame) end(session);
  }),
);

const write = fc
  .tuple(index, fc.option(index, { nil: undefined }), fc.option(index, { nil: undefined }))
  .map(([which, token, dead]) =>
    command(
      `write to ${which} token ${token ?? 'none'} dead ${dead ?? 'none'}`,
      async (model, { sessions }) => {
        const shown = token === undefined ? undefined : choose(model.granted, token);
        const id = shown?.session ?? choose(model.sessions.keys(), which) ?? '';
        const fence = dead === undefined ? undefined : choose(model.granted, dead)?.fence;
        const access = shown ? { token: shown.token } : { deaths: { fence } };
        const session = model.sessions.get(id);
        const name = `w${session?.written.length ?? 0}`;
        const writing = sessions.update(
          id,
          state.addEvent({ id, type: 'note', data: { write: name } }),
          access,
        );
        if (!session) return assert.rejects(writing, notFound);
        const isLet = shown ? heldBy(model, shown) === session : !isHeld(model, session, fence);
        if (!isLet) return assert.rejects(writing, locked);
        await writing;
        session.written.push(name);
        if (!shown && session.lease && session.lease.fence === fence) session.lease = undefined;
      },
    ),
  );

const pause = index.map((which) =>
  command(`pause or resume ${which}`, async (model, { sessions }) => {
    const id = choose(model.sessions.keys(), which) ?? '';
    const session = model.sessions.get(id);
    if (!session) return;
    const isPaused = session.status === 'paused';
    await sessions.update(id, isPaused ? state.resume({ id }) : state.pause({ id }), { isControl: true });
    if (isPaused) session.status = 'active';
    else if (isHeld(model, session)) session.pausing = true;
    else Object.assign(session, { pausing: false, status: 'paused' });
  }),
);

const replace = index.map((which) =>
  command(`remove ${which}`, async (model, { sessions }) => {
    const id = choose(model.sessions.keys(), which) ?? '';
    const session = model.sessions.get(id);
    if (session && isHeld(model, session)) {
      await assert.rejects(sessions.remove(id), { code: 'SESSION_LOCKED' });
      return;
    }
    await sessions.remove(id);
    model.sessions.delete(id);
    await addSession(model, sessions);
  }),
);

async function addSession(model: LeaseModel, sessions: SessionStore): Promise<void> {
  const { id } = await sessions.create(firstStep({}, model.now));
  model.sessions.set(id, { lease: undefined, queue: [], status: 'active', pausing: false, written: [] });
}

/** A model of two new sessions in a store that others may have used. */
export async function newModel({ sessions, clock }: RealStore, fence: number): Promise<LeaseModel> {
  const model: LeaseModel = {
    now: clock.time,
    sessions: new Map(),
    fence,
    ticket: 0,
    granted: [],
    waiters: [],
  };
  await addSession(model, sessions);
  await addSession(model, sessions);
  return model;
}

export const leaseCommands = fc.commands(
  [advance, ask, ask, askAgain, leave, renew, release, endSeen, write, pause, replace],
  { maxCommands: 60, size: 'max' },
);
