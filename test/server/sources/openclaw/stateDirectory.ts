import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import * as z from 'zod';
import { LockstepError } from '../../../../server/domain/errors.ts';
import { LockFiles } from '../../../../server/locks/lockFiles.ts';
import { OpenclawLocks } from '../../../../server/locks/openclawLocks.ts';
import { Owners } from '../../../../server/locks/owners.ts';
import { registerOpenclawMethods } from '../../../../server/methods/openclawMethods.ts';
import { registerOpenclawWriteMethods } from '../../../../server/methods/openclawWriteMethods.ts';
import { Registry } from '../../../../server/methods/registry.ts';
import { systemClock, type Clock } from '../../../../server/platform/clock.ts';
import { Counters } from '../../../../server/platform/counters.ts';
import type { Processes } from '../../../../server/platform/processes.ts';
import { systemProcesses } from '../../../../server/platform/systemProcesses.ts';
import type { WireError } from '../../../../server/protocol/error.ts';
import { isPlainObject, type JsonObject } from '../../../../server/protocol/json.ts';
import type { Method } from '../../../../server/protocol/method.ts';
import { LiveGateways } from '../../../../server/sources/openclaw/liveGateway.ts';
import { SessionsFiles } from '../../../../server/sources/openclaw/sessionsJson.ts';
import { SessionWrites } from '../../../../server/sources/openclaw/sessionWrites.ts';
import { StateDirectories } from '../../../../server/sources/openclaw/stateDirectory.ts';
import { StoreWriter } from '../../../../server/sources/openclaw/storeWriter.ts';
import { TranscriptEnds } from '../../../../server/sources/openclaw/transcripts.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { FIXTURES } from '../reading.ts';

/** When the fixture's sessions were "now": 2026-03-02T08:00Z, in milliseconds since the epoch. */
export const NOW = 1_772_438_400_000;

/** A copy of the fixture's state directory, to change. */
export async function copyOfFixture(t: Pick<TestContext, 'after'>): Promise<string> {
  const dir = join(await tempFolder(t), 'state');
  await cp(join(FIXTURES, 'openclaw'), dir, { recursive: true });
  return dir;
}

export async function writeStore(dir: string, agent: string, store: unknown): Promise<string> {
  const folder = join(dir, 'agents', agent, 'sessions');
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'sessions.json');
  await writeFile(path, typeof store === 'string' || Buffer.isBuffer(store) ? store : JSON.stringify(store));
  return path;
}

/** A store whose values are all objects. */
export type Store = Record<string, JsonObject>;

const store = z.record(z.string(), z.custom<JsonObject>(isPlainObject));

export function parseStore(text: string): Store {
  return store.parse(JSON.parse(text));
}

interface LockOptions {
  readonly waitMs?: number;
  readonly clock?: Clock;
  readonly processes?: Processes;
}

/** Locks on OpenClaw's files that judge real processes. */
export function fileEraLocks({
  waitMs = 0,
  clock = systemClock,
  processes = systemProcesses(),
}: LockOptions = {}): OpenclawLocks {
  const owners = new Owners(processes);
  const files = new LockFiles({
    owners,
    processes,
    clock,
    ownFolder: '/no/locks/of/our/own',
    sharedRoots: [],
  });
  return new OpenclawLocks({ owners, files, clock, counters: new Counters(), waitMs });
}

export interface StateOptions {
  /** Milliseconds since the epoch. */
  readonly now?: number | (() => number);
  /** Of temporary files, in which gateways leave theirs. */
  readonly tempFolder?: string;
}

/** OpenClaw's methods over one state directory; their answers as they would arrive over the wire. */
export function openclawAt(
  dir: string,
  { now = NOW, tempFolder: temporary = '/no/such/folder' }: StateOptions = {},
) {
  const clock = { now: typeof now === 'number' ? () => now : now };
  const registry = new Registry({ log: () => undefined });
  const files = new SessionsFiles({ clock });
  const directories = new StateDirectories(files, '/home/dev');
  registerOpenclawMethods(registry, { directories, ends: new TranscriptEnds(), stateDir: dir, clock });
  const locks = fileEraLocks();
  const writes = new SessionWrites({
    directories,
    writer: new StoreWriter(locks, files),
    locks,
    gateways: new LiveGateways({ processes: systemProcesses(), folders: [temporary] }),
    clock,
  });
  registerOpenclawWriteMethods(registry, { writes, stateDir: dir });
  return {
    call: async <P extends z.ZodType, R extends z.ZodType>(
      method: Method<P, R>,
      params: unknown = {},
    ): Promise<z.output<R>> => {
      const outcome = await registry.call(method.name, params);
      if (!outcome.ok) throw new LockstepError(outcome.error.code, outcome.error.message);
      const wire: unknown = JSON.parse(JSON.stringify(outcome.result));
      return method.result.parse(wire);
    },
    fails: async (method: Method, params: unknown = {}): Promise<WireError> => {
      const outcome = await registry.call(method.name, params);
      if (outcome.ok) throw new Error(`${method.name} was to fail: ${JSON.stringify(outcome.result)}`);
      return outcome.error;
    },
  };
}
