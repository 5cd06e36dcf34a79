import assert from 'node:assert/strict';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { systemClock } from '../../../server/platform/clock.ts';
import { sessionsIterate, sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsFind } from '../../../server/protocol/sessionQueryMethods.ts';
import { findSelect } from '../../../server/store/findQuery.ts';
import { SqliteSessionStore } from '../../../server/store/sqliteSessionStore.ts';
import { RpcClient } from '../../support/rpcClient.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { firstStep, sessionStoreConformance } from './conformance.ts';
import { sessionQueryConformance } from './queryConformance.ts';
import { fileAt, newStore, openAt, start } from './storeFiles.ts';
import { trashConformance } from './trashConformance.ts';

sessionStoreConformance('SQLite, a real file', async (t) => (await newStore(t)).store);
sessionQueryConformance('SQLite, a real file', async (t) => (await newStore(t)).store);
trashConformance('SQLite, a real file', async (t) => (await newStore(t)).store);

describe('the store file', () => {
  it('is private: its folder 0700, all its files 0600', async (t) => {
    const { store, path } = await newStore(t);
    await store.create(firstStep());
    const mode = async (name: string) => (await stat(name)).mode & 0o777;
    assert.equal(await mode(dirname(path)), 0o700);
    for (const suffix of ['', '-wal', '-shm']) assert.equal(await mode(path + suffix), 0o600, suffix);
  });

  it('has the schema that is on record', async (t) => {
    const { store, file, path } = await newStore(t);
    await store.create(firstStep());
    file.close();
    const db = new DatabaseSync(path, { readOnly: true });
    t.after(() => db.close());
    const found = db
      .prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name')
      .all()
      .map((row) => `${String(row['sql'])};\n`)
      .join('\n');
    const recorded = new URL('schema.sql', import.meta.url);
    if (process.env['UPDATE_SCHEMA'] === '1') await writeFile(recorded, found);
    assert.equal(found, await readFile(recorded, 'utf8'), 'run with UPDATE_SCHEMA=1 if the change is meant');
  });

  it('survives kill -9 of its writer with every acknowledged write', async (t) => {
    const home = await tempFolder(t);
    const writer = new RpcClient(t, home);
    const { id } = await writer.call(sessionsStart, { task: 't', mode: 'm', maxIterations: 100_000 });
    let acknowledged = 0;
    const killed = (async () => {
      for (;;) {
        await writer.call(sessionsIterate, { id });
        acknowledged++;
        if (acknowledged === 25) void writer.kill();
      }
    })();
    await assert.rejects(killed, /the server ended/);
    const store = openAt(t, join(home, 'lockstep.db'));
    const { iterations } = await store.get(id);
    assert.ok(
      iterations >= acknowledged && iterations <= acknowledged + 1,
      `${acknowledged} of ${iterations}`,
    );
    const events = await store.events({ id, afterSeq: 0, limit: 1000 });
    assert.equal(events.events.filter(({ type }) => type === 'iteration').length, iterations);
  });

  it('tells a listener of what another process has written', async (t) => {
    const { store, path } = await newStore(t);
    const { id } = await store.create(firstStep());
    const told = new Promise<number>((resolve) => {
      const listening = store.onDidChange((revision) => {
        listening.dispose();
        resolve(revision);
      });
    });
    const other = await start(dirname(path));
    assert.equal(other.code, 0, other.stderr);
    const changes = await store.changes({ since: (await store.get(id)).revision });
    assert.equal(await told, changes.revision);
    assert.equal(changes.sessions.length, 1);
  });

  it('is not made again by listening alone when it was taken away, but by the next call', async (t) => {
    const { store, path } = await newStore(t);
    for (let index = 0; index < 2; index++) await store.create(firstStep());
    const told: number[] = [];
    let listener: (() => void) | undefined;
    store.onDidChange((revision) => {
      told.push(revision);
      listener?.();
    });
    const gone = new Promise<void>((resolve) => (listener = resolve));
    await rename(dirname(path), `${dirname(path)}.away`);
    await gone;
    await assert.rejects(stat(dirname(path)), { code: 'ENOENT' });
    assert.equal((await store.create(firstStep())).revision, 1);
    assert.deepEqual(told, [0, 1]);
    const moved = openAt(t, `${dirname(path)}.away/lockstep.db`);
    assert.equal(
      (await moved.changes({ since: 0 })).sessions.length,
      2,
      'what was written is where it was moved',
    );
  });

  it('that was replaced by another one is answered with a reset, whatever its revision', async (t) => {
    const { store, path } = await newStore(t);
    for (let index = 0; index < 2; index++) await store.create(firstStep());
    const before = await store.changes({ since: 0 });
    const otherFile = fileAt(t, `${dirname(path)}.other/lockstep.db`);
    const other = new SqliteSessionStore(otherFile, systemClock);
    for (let index = 0; index < 5; index++) await other.create(firstStep());
    otherFile.close();
    const told = new Promise<number>((resolve) => void store.onDidChange(resolve));
    await rename(dirname(path), `${dirname(path)}.away`);
    await rename(`${dirname(path)}.other`, dirname(path));
    const changes = await store.changes({ since: before.revision, store: before.store });
    assert.deepEqual([changes.reset, changes.sessions.length], [true, 5]);
    assert.notEqual(changes.store, before.store);
    await told;
  });
});

describe('finding in a store file', () => {
  it('needs no sorting, whatever the statuses', async (t) => {
    const { store, path } = await newStore(t);
    await store.create(firstStep());
    const db = new DatabaseSync(path, { readOnly: true });
    t.after(() => db.close());
    for (const status of [['active'], ['active', 'paused'], ['active', 'paused', 'timeout', 'failed']]) {
      const { sql, values } = findSelect(sessionsFind.params.parse({ status }));
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
      const details = plan.map((row) => String(row['detail'])).join('; ');
      assert.doesNotMatch(details, /TEMP B-TREE/, details);
      assert.match(details, /sessions_by_status/);
    }
  });

  it('looks for runs among no other sessions, also for archived ones', async (t) => {
    const { store, path } = await newStore(t);
    await store.create(firstStep());
    const db = new DatabaseSync(path, { readOnly: true });
    t.after(() => db.close());
    const kind = sessionsFind.params.parse({ kind: 'workflow' });
    const open = { ...kind, archived: 'open' as const, status: ['active' as const, 'paused' as const] };
    for (const query of [kind, { ...kind, archived: true }, open]) {
      const { sql, values } = findSelect(query);
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
      assert.deepEqual(
        plan.map((row) => row['detail']),
        ['SCAN sessions USING INDEX sessions_of_runs'],
      );
    }
  });
});
