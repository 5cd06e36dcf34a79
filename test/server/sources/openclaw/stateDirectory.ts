import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type * as z from 'zod';
import { LockstepError } from '../../../../server/domain/errors.ts';
import { registerOpenclawMethods } from '../../../../server/methods/openclawMethods.ts';
import { Registry } from '../../../../server/methods/registry.ts';
import type { WireError } from '../../../../server/protocol/error.ts';
import type { Method } from '../../../../server/protocol/method.ts';
import { SessionsFiles } from '../../../../server/sources/openclaw/sessionsJson.ts';
import { StateDirectories } from '../../../../server/sources/openclaw/stateDirectory.ts';
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

/** OpenClaw's methods over one state directory; their answers as they would arrive over the wire. */
export function openclawAt(dir: string, now = NOW) {
  const clock = { now: () => now };
  const registry = new Registry({ log: () => undefined });
  registerOpenclawMethods(registry, {
    directories: new StateDirectories(new SessionsFiles({ clock }), '/home/dev'),
    ends: new TranscriptEnds(),
    stateDir: dir,
    clock,
  });
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
