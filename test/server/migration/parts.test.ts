import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { LockstepError } from '../../../server/domain/errors.ts';
import { Migrations } from '../../../server/migration/migrations.ts';
import { systemClock } from '../../../server/platform/clock.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemFileSystem } from '../../../server/platform/fileSystem.ts';
import {
  migrationApply,
  migrationPlan,
  migrationRestore,
} from '../../../server/protocol/migrationMethods.ts';
import { sessionsFind } from '../../../server/protocol/sessionQueryMethods.ts';
import { SqliteSessionStore } from '../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../server/store/storeFile.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { writeManyFolders } from './samples.ts';

const SESSIONS = 7;

/** Migrations whose parts are as short as can be. `check` is that of their lock. */
async function inShortParts(t: TestContext, check: () => void = () => undefined) {
  const home = await tempFolder(t);
  const project = await tempFolder(t);
  await writeManyFolders(project, SESSIONS);
  const file = new StoreFile({
    path: join(home, 'lockstep.db'),
    fileSystem: systemFileSystem,
    counters: new Counters(),
  });
  t.after(() => file.close());
  const store = new SqliteSessionStore(file, systemClock);
  const migrations = new Migrations({
    store,
    home,
    userHome: home,
    agents: [],
    stateDir: join(home, 'openclaw'),
    writer: {
      read: () => Promise.reject(new Error('no state directory is read')),
      update: () => Promise.reject(new Error('no state directory is written')),
    },
    gateways: { of: () => Promise.resolve(undefined) },
    fileLocks: { withFileLock: (_path, work) => work({ check }) },
    clock: systemClock,
    partMs: 0,
  });
  const count = async () =>
    (await store.find(sessionsFind.params.parse({ limit: 500, archived: true }))).sessions.length;
  return { migrations, project, count };
}

const applying = (params: object) => migrationApply.params.parse(params);

describe('a long migration', () => {
  it('is planned, applied and taken back part by part, and each tells how far it is', async (t) => {
    const { migrations, project, count } = await inShortParts(t);
    const planned: number[] = [];
    for (let cursor: string | undefined; ;) {
      const part = await migrations.plan(migrationPlan.params.parse({ path: project, cursor }));
      planned.push(part.done);
      assert.equal(part.total, SESSIONS);
      cursor = part.nextCursor;
      if (cursor === undefined) break;
    }
    assert.deepEqual(planned, [1, 2, 3, 4, 5, 6, 7]);
    let part = await migrations.apply(applying({ path: project }));
    const done: string[] = [];
    while (part.nextCursor !== undefined) {
      done.push(`${part.phase} ${part.done}/${part.total}`);
      part = await migrations.apply(applying({ cursor: part.nextCursor }));
    }
    assert.deepEqual(done.slice(0, 3), ['migrate 0/7', 'migrate 1/7', 'migrate 2/7']);
    assert.deepEqual([part.phase, part.stats.migrated, await count()], ['done', SESSIONS, SESSIONS]);
    const manifest = part.migration?.id ?? '';
    let parts = 0;
    for (let cursor: string | undefined; ; parts++) {
      const undone = await migrations.restore(migrationRestore.params.parse({ manifest, cursor }));
      cursor = undone.nextCursor;
      if (cursor === undefined) break;
    }
    assert.ok(parts >= 1);
    assert.equal(await count(), 0);
  });

  it('that nobody goes on with stays as it is, and the same call goes on with it', async (t) => {
    const { migrations, project, count } = await inShortParts(t);
    const first = await migrations.apply(applying({ path: project, backup: false }));
    for (let index = 0; index < 2; index++) await migrations.apply(applying({ cursor: first.nextCursor }));
    const before = await count();
    assert.ok(before > 0 && before < SESSIONS);
    assert.equal(migrations.list().migrations[0]?.status, 'running');
    let part = await migrations.apply(applying({ path: project, backup: false }));
    assert.equal(part.migration?.id, first.migration?.id);
    while (part.nextCursor !== undefined)
      part = await migrations.apply(applying({ cursor: part.nextCursor }));
    assert.deepEqual([part.stats.migrated, await count()], [SESSIONS, SESSIONS]);
    assert.equal(migrations.list().migrations.length, 1);
  });

  it('writes nothing once its lock is lost', async (t) => {
    const lost = () => {
      throw new LockstepError('STORE_BUSY', 'The lock was lost.');
    };
    const { migrations, project, count } = await inShortParts(t, lost);
    await assert.rejects(migrations.apply(applying({ path: project })), { code: 'STORE_BUSY' });
    assert.equal(await count(), 0);
    assert.equal(existsSync(join(project, 'backup_old_format')), false);
  });
});
