import assert from 'node:assert/strict';
import { mkdir, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type * as z from 'zod';
import { LockCleaner } from '../../../server/locks/cleaner.ts';
import { FileLocks } from '../../../server/locks/fileLock.ts';
import { Leases } from '../../../server/locks/leases.ts';
import { LockCatalogue } from '../../../server/locks/lockCatalogue.ts';
import { folderIdentity, LockFiles, ownRecordPath } from '../../../server/locks/lockFiles.ts';
import { Owners } from '../../../server/locks/owners.ts';
import { systemClock, type Clock } from '../../../server/platform/clock.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemFileSystem } from '../../../server/platform/fileSystem.ts';
import type { Processes } from '../../../server/platform/processes.ts';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import type { Lock } from '../../../server/protocol/lock.ts';
import { locksAcquire, locksClean, locksList } from '../../../server/protocol/lockMethods.ts';
import type { Method } from '../../../server/protocol/method.ts';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { createServer, type Server } from '../../../server/server.ts';
import { SqliteLeaseStore } from '../../../server/store/sqliteLeaseStore.ts';
import { SqliteSessionStore } from '../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../server/store/storeFile.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { LivingProcess } from './livingProcess.ts';

type Input<M> = M extends Method<infer P> ? z.input<P> : never;

/** A server as a door has it, on real folders: a home of the user with nothing in it, and one of Lockstep. */
export class House {
  /** A folder of locks that no agent and no setting names. */
  readonly root: string;
  readonly userHome: string;
  readonly home: string;
  readonly server: Server;

  constructor(t: Pick<TestContext, 'after'>, folder: string, env: NodeJS.ProcessEnv = {}) {
    this.root = join(folder, 'root');
    this.userHome = join(folder, 'user');
    this.home = join(folder, 'lockstep');
    this.server = createServer({
      env: { LOCKSTEP_HOME: this.home, HOME: this.userHome, LOCKSTEP_LOCK_WAIT_MS: '0', ...env },
      userHome: this.userHome,
      logger: { log: () => undefined },
    });
    t.after(() => this.server.dispose());
  }

  async call<P extends z.ZodType, R extends z.ZodType>(
    method: Method<P, R>,
    params: z.input<P>,
  ): Promise<z.output<R>> {
    const outcome = await this.server.registry.call(method.name, params);
    if (!outcome.ok) throw Object.assign(new Error(outcome.error.message), { code: outcome.error.code });
    return method.result.parse(outcome.result);
  }

  /** The plan, for the root if nothing else is said. */
  plan(params: Input<typeof locksClean> = {}) {
    return this.call(locksClean, { roots: [this.root], ...params, dryRun: true });
  }

  apply(params: Input<typeof locksClean> = {}) {
    return this.call(locksClean, { roots: [this.root], ...params, dryRun: false });
  }

  list(params: Input<typeof locksList> = {}) {
    return this.call(locksList, { roots: [this.root], ...params });
  }

  async lockAt(path: string): Promise<Lock> {
    const { locks } = await this.list();
    const lock = locks.find((one) => one.path === path);
    assert.ok(lock, `${path} is not on the list`);
    return lock;
  }
}

export async function newHouse(t: TestContext, env: NodeJS.ProcessEnv = {}): Promise<House> {
  const house = new House(t, await tempFolder(t), env);
  await mkdir(house.root);
  return house;
}

/** A cleaner without a server, for one whose clock, processes or looks are stood in for. */
export function cleanerIn(
  t: Pick<TestContext, 'after'>,
  home: string,
  { clock = systemClock, processes = systemProcesses(), wrap = LockFiles }: CleanerOptions = {},
): { cleaner: LockCleaner; catalogue: LockCatalogue; files: LockFiles } {
  const ownFolder = join(home, 'locks');
  const counters = new Counters();
  const owners = new Owners(processes);
  const files = new wrap({ owners, processes, clock, ownFolder, sharedRoots: [] });
  const store = new StoreFile({ path: join(home, 'lockstep.db'), fileSystem: systemFileSystem, counters });
  t.after(() => store.close());
  const leaseStore = new SqliteLeaseStore(store, clock);
  const sessions = new SqliteSessionStore(store, clock);
  const leases = new Leases({ sessions, leases: leaseStore, owners, clock, counters });
  const catalogue = new LockCatalogue({
    leases: leaseStore,
    owners,
    files,
    ownFolder,
    agents: [],
    roots: [],
    problems: [],
    clock,
  });
  const fileLocks = new FileLocks({ folder: ownFolder, owners, files, counters, waitMs: 60_000 });
  return {
    cleaner: new LockCleaner({ catalogue, files, leases, fileLocks, ownFolder, counters }),
    catalogue,
    files,
  };
}

interface CleanerOptions {
  readonly clock?: Clock;
  readonly processes?: Processes;
  /** A class of its own that looks at locks. */
  readonly wrap?: typeof LockFiles;
}

/** Writes a file in one go, with its time set back by `ageMs`; what is not text is written as JSON. */
export async function put(path: string, content: unknown, ageMs = 0): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const isRaw = typeof content === 'string' || content instanceof Uint8Array;
  await writeFile(path, isRaw ? content : JSON.stringify(content));
  await setAge(path, ageMs);
  return path;
}

export async function setAge(path: string, ageMs: number): Promise<void> {
  const time = new Date(Date.now() - ageMs);
  await utimes(path, time, time);
}

export function names(locks: readonly { readonly path?: string | undefined }[]): string[] {
  return locks.map(({ path = '' }) => path.slice(path.lastIndexOf('/') + 1)).sort();
}

export function iso(ageMs = 0): string {
  return new Date(Date.now() - ageMs).toISOString();
}

/** A folder as proper-lockfile makes it, with the record of this process or one that is dead, as our own locks have. */
export async function ownLock(folder: string, name: string, pid: number): Promise<string> {
  const path = join(folder, `${name}.lock`);
  await mkdir(path, { recursive: true });
  const self = await new Owners(systemProcesses()).self(undefined);
  const owner = pid === process.pid ? self : { ...self, pid };
  const record = {
    path: `/guarded/${name}`,
    folder: folderIdentity(await stat(path, { bigint: true })),
    owner,
  };
  await writeFile(ownRecordPath(path), JSON.stringify(record));
  return path;
}

/** A session that a living process has the lease on. */
export async function leaseOf(t: TestContext, house: House, ttlMs = 600_000) {
  const owner = new LivingProcess(t);
  const { id: session } = await house.call(sessionsStart, { task: 't', mode: 'm' });
  const grant = await house.call(locksAcquire, { session, ttlMs, ownerPid: owner.pid });
  return { session, owner, grant };
}
