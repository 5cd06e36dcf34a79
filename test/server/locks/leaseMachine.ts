import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ProcessFacts } from '../../../server/domain/lockVerdict.ts';
import * as state from '../../../server/domain/sessionState.ts';
import { Leases, type AcquireParams } from '../../../server/locks/leases.ts';
import { Owners } from '../../../server/locks/owners.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemFileSystem } from '../../../server/platform/fileSystem.ts';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import type { LeaseStore } from '../../../server/store/leaseStore.ts';
import { SqliteLeaseStore } from '../../../server/store/sqliteLeaseStore.ts';
import { SqliteSessionStore } from '../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../server/store/storeFile.ts';
import { tempFolder } from '../../support/tempFolder.ts';

export const START = Date.UTC(2026, 0, 1);

/** A machine of our own making: its clock and its processes are what a test says. The store is a real one. */
export async function newMachine(t: TestContext) {
  const path = join(await tempFolder(t), 'lockstep.db');
  const machine = {
    now: START,
    /** Processes by pid, with their start. */
    running: new Map<number, string>([[1, 'first']]),
    /** Called before a process is looked at. */
    onLook: (_pid: number): Promise<void> | void => undefined,
  };
  const clock = { now: () => machine.now };

  /** A process of that machine, with its own connection to the store. */
  function open(pid: number, host = 'here', wrap: (store: LeaseStore) => LeaseStore = (store) => store) {
    machine.running.set(pid, 'first');
    const counters = new Counters();
    const file = new StoreFile({ path, fileSystem: systemFileSystem, counters });
    t.after(() => file.close());
    const owners = new Owners({
      pid,
      machine: () => Promise.resolve({ host, bootId: 'this boot', pidNamespace: 'this one' }),
      look: async (looked): Promise<ProcessFacts> => {
        await machine.onLook(looked);
        const start = machine.running.get(looked);
        if (start === undefined) return { state: 'gone' };
        return { state: 'running', start, startedAt: undefined, isForeign: false };
      },
    });
    const sessions = new SqliteSessionStore(file, clock);
    const store = wrap(new SqliteLeaseStore(file, clock));
    const leases = new Leases({ sessions, leases: store, owners, clock, counters });
    return {
      leases,
      sessions,
      store,
      owners,
      counters,
      acquire: (session: string, params: Partial<AcquireParams> = {}) =>
        leases.acquire({ session, ttlMs: 1000, waitMs: 0, name: `agent-${pid}`, ...params }),
      write: (id: string, lease?: string) => leases.write({ id, lease }, state.iterate({ id, data: {} })),
    };
  }

  const first = open(1);
  const begun = state.start(sessionsStart.params.parse({ task: 't', mode: 'm' }), 'the-session', START);
  const { id } = await first.sessions.create(begun);
  return { machine, open, first, id };
}

export const locked = { code: 'SESSION_LOCKED' };

/** A store of which some methods are others. */
export function wrapped(store: LeaseStore, methods: Partial<LeaseStore>): LeaseStore {
  return {
    leaseState: (session) => store.leaseState(session),
    acquire: (request) => store.acquire(request),
    leaveQueue: (ticket) => store.leaveQueue(ticket),
    renew: (token, ttlMs) => store.renew(token, ttlMs),
    release: (token) => store.release(token),
    end: (lease) => store.end(lease),
    leases: () => store.leases(),
    ...methods,
  };
}

/** Until all that can go on without time passing has gone on: nothing here waits for a disk or a socket. */
export async function idle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Until so many wait for a session. */
export async function queued(store: LeaseStore, session: string, count: number): Promise<void> {
  while ((await store.leaseState(session)).queue.length < count) await idle();
}
