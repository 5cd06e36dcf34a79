import type { TestContext } from 'node:test';
import * as protocol from '../../../server/protocol/migrationMethods.ts';
import type { CallParamsOf, ResultOf } from '../../../server/protocol/method.ts';
import { sessionsEvents } from '../../../server/protocol/sessionHistoryMethods.ts';
import { sessionsFind } from '../../../server/protocol/sessionQueryMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { caller, type Caller } from '../methods/caller.ts';

type PlanParams = Omit<CallParamsOf<typeof protocol.migrationPlan>, 'cursor'>;
type Applied = ResultOf<typeof protocol.migrationApply>;

/** A real server on a store of its own, and migrations driven as clients drive them: part by part. */
export async function migrator(t: TestContext, given?: string) {
  const home = given ?? (await tempFolder(t));
  const call = await caller(t, home);
  return { home, call, ...driver(call) };
}

export function driver(call: Caller) {
  async function plan(params: PlanParams) {
    const items: protocol.MigrationItem[] = [];
    const damaged: protocol.MigrationDamage[] = [];
    for (let cursor: string | undefined; ;) {
      const part = await call(protocol.migrationPlan, { ...params, cursor });
      items.push(...part.items);
      damaged.push(...part.damaged);
      cursor = part.nextCursor;
      if (cursor === undefined) return { items, damaged };
    }
  }

  async function apply(params: CallParamsOf<typeof protocol.migrationApply>): Promise<Applied> {
    let part = await call(protocol.migrationApply, params);
    while (part.nextCursor !== undefined)
      part = await call(protocol.migrationApply, { cursor: part.nextCursor });
    return part;
  }

  async function restore(manifest: string) {
    const all = {
      removed: [] as string[],
      restored: [] as string[],
      left: [] as { path: string; reason: string }[],
    };
    for (let cursor: string | undefined; ;) {
      const part = await call(protocol.migrationRestore, { manifest, cursor });
      all.removed.push(...part.removed);
      all.restored.push(...part.restored);
      all.left.push(...part.left);
      cursor = part.nextCursor;
      if (cursor === undefined) return { ...all, migration: part.migration };
    }
  }

  async function verify(manifest: string) {
    const all = { same: 0, changed: [] as { key: string; to: string; reason: string }[] };
    for (let cursor: string | undefined; ;) {
      const part = await call(protocol.migrationVerify, { manifest, cursor });
      all.same += part.same;
      all.changed.push(...part.changed);
      cursor = part.nextCursor;
      if (cursor === undefined) return all;
    }
  }

  const sessions = async () =>
    (await call(sessionsFind, { archived: true, limit: 500 })).sessions.sort((a, b) =>
      a.id < b.id ? -1 : 1,
    );
  const events = async (id: string) => (await call(sessionsEvents, { id, limit: 1000 })).events;

  return { plan, apply, restore, verify, sessions, events };
}
