import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import * as z from 'zod';
import type { Call } from '../../../client/services/call.ts';
import { CallError } from '../../../client/services/callError.ts';
import {
  applyAll,
  planAll,
  previewRestore,
  restoreAll,
  withLeftOut,
  type MigrationStep,
  type Onlooker,
} from '../../../client/services/migrationSteps.ts';
import type { MigrationStats } from '../../../server/protocol/migrationMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { callStore } from './storeCall.ts';

const onlooker = (cancelledAfter = Infinity) => {
  const seen: [MigrationStep, number, number][] = [];
  const looking: Onlooker = {
    isCancelled: () => seen.length >= cancelledAfter,
    onProgress: (...progress) => seen.push(progress),
  };
  return { ...looking, seen };
};

async function oldFiles(t: TestContext): Promise<string> {
  const folder = await tempFolder(t);
  await mkdir(join(folder, '.sessions'));
  const file = (name: string) => join(folder, '.sessions', name);
  for (const name of ['first', 'second']) {
    const messages = [{ role: 'user', content: `This is the ${name}`, timestamp: '2026-01-01T10:00:00Z' }];
    await writeFile(file(`${name}.json`), JSON.stringify({ messages, metadata: {} }));
  }
  await writeFile(file('broken.json'), '{"messages": [');
  return folder;
}

describe('the steps of a migration', () => {
  it('plan it, make it and take it back, and keep what could not be read', async (t) => {
    const { call } = await callStore(t);
    const request = { path: await oldFiles(t), to: 'lockstep' as const };
    const plan = await planAll(call, request, onlooker());
    assert.deepEqual(
      plan?.items.map(({ state }) => state),
      ['new', 'new'],
    );
    assert.match(plan.damaged[0]?.path ?? '', /broken\.json$/);

    const watching = onlooker();
    const applied = await applyAll(call, { ...request, items: plan.items }, watching);
    assert.equal(applied.end, 'done');
    assert.equal(applied.stats.migrated, 2);
    assert.equal(applied.migration?.status, 'done');
    assert.equal(watching.seen.at(-1)?.[0], 'done');
    const { found, errors } = withLeftOut(applied.stats, plan);
    assert.equal(found, 3);
    assert.deepEqual(
      errors.map(({ path }) => path),
      [plan.damaged[0]?.path],
    );
    const again = await planAll(call, request, onlooker());
    assert.deepEqual(again && withLeftOut({ ...applied.stats, found: 0, migrated: 0 }, again).already, 2);

    const id = applied.migration.id;
    const preview = await previewRestore(call, id, onlooker());
    assert.deepEqual(preview, { same: 2, changed: [] });
    const restored = await restoreAll(call, id, onlooker());
    assert.equal(restored.end, 'done');
    assert.equal(restored.removed.length, 2);
    assert.equal(restored.migration.status, 'restored');
  });

  /** Parts as a server gives them that needs `parts` of them; the calls are recorded. */
  function inParts(parts: number, failAt = Infinity) {
    const asked: unknown[] = [];
    const stats: MigrationStats = { found: 9, migrated: 0, already: 0, skipped: [], errors: [] };
    const call: Call = (method, params) => {
      asked.push(params);
      const at = asked.length;
      if (at === failAt)
        return Promise.reject(
          new CallError({
            code: 'STORE_UNAVAILABLE',
            title: 'Full',
            message: 'No space is left.',
            requestId: 'r',
            actions: [],
            details: {},
          }),
        );
      const answer = {
        phase: 'migrate',
        done: at,
        total: parts,
        stats: { ...stats, migrated: at },
        ...(at < parts ? { nextCursor: `c${at}` } : {}),
      };
      return Promise.resolve(method.result.parse(answer));
    };
    return { call, asked };
  }
  const begin = { path: '/old', items: [] };

  it('go on with the cursor alone, until there is none', async () => {
    const { call, asked } = inParts(3);
    const { end, stats } = await applyAll(call, begin, onlooker());
    assert.equal(end, 'done');
    assert.equal(stats.migrated, 3);
    assert.deepEqual(asked, [begin, { cursor: 'c1' }, { cursor: 'c2' }]);
  });

  it('stop between two parts when they are cancelled, and tell what was done by then', async () => {
    const { call, asked } = inParts(3);
    const { end, stats } = await applyAll(call, begin, onlooker(2));
    assert.equal(end, 'cancelled');
    assert.equal(stats.migrated, 2);
    assert.equal(asked.length, 2);
  });

  it('tell what was done when a later part fails, and why it failed', async () => {
    const { call } = inParts(3, 3);
    const failed = await applyAll(call, begin, onlooker());
    assert.equal(failed.end, 'failed');
    assert.match(String(failed.error), /No space is left/);
    assert.equal(failed.stats.migrated, 2);
  });

  it('throw when nothing was begun', async () => {
    const { call } = inParts(3, 1);
    await assert.rejects(applyAll(call, begin, onlooker()), CallError);
  });

  it('send of the plan only what names a session', async () => {
    const { call, asked } = inParts(1);
    const item = {
      key: 'k',
      format: 'openclaw' as const,
      path: '/old/k',
      id: 'k',
      title: 'T'.repeat(10_000),
      to: 'there',
      state: 'new' as const,
      losses: [],
      notes: [],
      events: 1,
      messages: 1,
      bytes: 1,
      sha256: 's',
      fingerprint: 'f',
    };
    await applyAll(call, { path: '/old', items: [item] }, onlooker());
    const { items } = z.object({ items: z.array(z.unknown()) }).parse(asked[0]);
    assert.deepEqual(items, [{ fingerprint: 'f', to: 'there' }]);
  });

  it('make no plan when they are cancelled', async () => {
    const call: Call = () => Promise.reject(new Error('was called'));
    assert.equal(await planAll(call, { path: '/old' }, onlooker(0)), undefined);
  });
});
