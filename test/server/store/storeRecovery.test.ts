import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as state from '../../../server/domain/sessionState.ts';
import { systemClock } from '../../../server/platform/clock.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemFileSystem } from '../../../server/platform/fileSystem.ts';
import { sessionsFind } from '../../../server/protocol/sessionQueryMethods.ts';
import type { CallParamsOf } from '../../../server/protocol/method.ts';
import { storeRecover } from '../../../server/protocol/storeMethods.ts';
import { SqliteSessionStore } from '../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../server/store/storeFile.ts';
import { StoreRecovery } from '../../../server/store/storeRecovery.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { firstStep } from './conformance.ts';

const DYING = fileURLToPath(new URL('./recoverAndDie.ts', import.meta.url));
const everything = sessionsFind.params.parse({ archived: true, limit: 500 });

function openAt(t: TestContext, path: string) {
  const file = new StoreFile({ path, fileSystem: systemFileSystem, counters: new Counters() });
  t.after(() => file.close());
  return { file, store: new SqliteSessionStore(file, systemClock) };
}

async function newStore(t: TestContext, sessions = 20) {
  const folder = await tempFolder(t);
  const path = join(folder, 'lockstep.db');
  const { file, store } = openAt(t, path);
  const ids: string[] = [];
  for (let index = 0; index < sessions; index++) {
    const { id } = await store.create(firstStep({ task: `Task ${index} ${'x'.repeat(500)}` }));
    await store.update(id, state.addMessage({ id, role: 'user', content: 'Hello' }));
    ids.push(id);
  }
  const recovery = new StoreRecovery({ path, fileSystem: systemFileSystem, clock: systemClock });
  return {
    folder,
    path,
    file,
    store,
    ids: ids.sort(),
    recover: (more: CallParamsOf<typeof storeRecover> = {}) =>
      recovery.recover(storeRecover.params.parse(more)),
  };
}

/** So that no call gets through, though most pages are whole. */
async function zeroHeader(path: string): Promise<Buffer> {
  const bytes = await readFile(path);
  bytes.fill(0, 0, 100);
  await writeFile(path, bytes);
  return bytes;
}

const idsIn = async (store: SqliteSessionStore) =>
  (await store.find(everything)).sessions.map(({ id }) => id).sort();

describe('recovering the store', () => {
  it('tells first what would be saved, and changes nothing', async (t) => {
    const { folder, path, file, store, recover } = await newStore(t);
    file.close();
    const damaged = await zeroHeader(path);
    await assert.rejects(store.find(everything), { code: 'STORE_CORRUPT' });
    file.close();
    const before = await readdir(folder);
    const plan = await recover();
    assert.deepEqual(
      [plan.applied, plan.kept, plan.sessions.saved, plan.events.saved],
      [false, undefined, 20, 40],
    );
    assert.deepEqual(await readFile(path), damaged);
    assert.deepEqual(await readdir(folder), before);
  });

  it('puts what it saved into the place of the store, and keeps the damaged file', async (t) => {
    const { path, file, store, ids, recover } = await newStore(t);
    file.close();
    const damaged = await zeroHeader(path);
    const { fingerprint } = await recover();
    const done = await recover({ dryRun: false, fingerprint });
    assert.equal(done.applied, true);
    assert.match(done.kept ?? '', /lockstep\.db\.damaged-/);
    assert.deepEqual(await readFile(done.kept ?? ''), damaged);
    // Those who had the damaged store open go on with the new one.
    assert.deepEqual(await idsIn(store), ids);
    const { id } = await store.create(firstStep());
    assert.equal((await openAt(t, path).store.get(id)).id, id);
  });

  it('changes neither the kept file nor its log, however the store was in use', async (t) => {
    const { path, store, ids, recover } = await newStore(t);
    const other = openAt(t, path);
    await other.store.create(firstStep());
    const before = [await readFile(path), await readFile(`${path}-wal`)];
    const done = await recover({ dryRun: false });
    // Whoever closes a store last would write the log into it, and delete the log that stands beside its name.
    assert.equal((await idsIn(store)).length, ids.length + 1);
    await store.create(firstStep());
    const log = await readFile(`${path}-wal`);
    await other.store.changes({ since: 0 });
    other.file.close();
    assert.deepEqual([await readFile(done.kept ?? ''), await readFile(`${done.kept}-wal`)], before);
    assert.deepEqual(await readFile(`${path}-wal`), log);
  });

  it('is refused where the file has changed since the plan', async (t) => {
    const { store, recover } = await newStore(t);
    const { fingerprint } = await recover();
    await store.create(firstStep());
    await assert.rejects(recover({ dryRun: false, fingerprint }), {
      code: 'INVALID_PARAMS',
      message: /plan again/,
    });
  });

  it('can start from a backup, and keeps what was the store', async (t) => {
    const { path, store, ids, recover } = await newStore(t);
    const copy = `${path}.copy`;
    const db = new DatabaseSync(path);
    db.prepare('VACUUM INTO ?').run(copy);
    db.close();
    const later = await store.create(firstStep());
    const done = await recover({ from: copy, dryRun: false });
    assert.match(done.kept ?? '', /replaced-/);
    assert.deepEqual(await idsIn(store), ids);
    assert.deepEqual((await idsIn(openAt(t, done.kept ?? '').store)).includes(later.id), true);
  });

  it('saves what only the log has, where the file is gone, and keeps the log', async (t) => {
    const { path, file, ids, recover } = await newStore(t);
    await unlink(path);
    file.close();
    const log = await readFile(`${path}-wal`);
    const done = await recover({ dryRun: false });
    assert.equal(done.sessions.saved, ids.length);
    assert.deepEqual(await readFile(`${done.kept}-wal`), log);
    assert.deepEqual(await idsIn(openAt(t, path).store), ids);
  });

  it('is finished by the next one wherever a kill cuts it short, and nobody writes in between', async (t) => {
    for (let nth = 1, isThrough = false; !isThrough; nth++) {
      const { path, file, ids, recover } = await newStore(t, 3);
      file.close();
      // A log of its own, which a killed process leaves.
      const { store, file: other } = openAt(t, path);
      const { id } = await store.create(firstStep());
      const child = spawn(process.execPath, [DYING, path, String(nth)], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      await once(child, 'close');
      isThrough = child.exitCode === 0;
      const isCutShort =
        existsSync(`${path}-replacing`) && (await readFile(`${path}-replacing`, 'utf8')) !== '';
      if (isCutShort) {
        await assert.rejects(
          other.write(() => assert.fail('written to')),
          { code: 'STORE_CORRUPT', message: /cut short/ },
        );
      }
      other.close();
      await recover({ dryRun: false });
      assert.deepEqual(await idsIn(openAt(t, path).store), [...ids, id].sort(), `killed before call ${nth}`);
      assert.equal(existsSync(`${path}-replacing`), false);
    }
  });

  it('that fails leaves the store and its log as they are, byte for byte', async (t) => {
    const { path, file, store, ids, recover } = await newStore(t);
    const copy = `${path}.work`;
    // As a kill leaves it: a log that nobody has open.
    await copyFile(path, copy);
    await copyFile(`${path}-wal`, `${copy}-wal`);
    await store.create(firstStep());
    file.close();
    await rename(copy, path);
    await rename(`${copy}-wal`, `${path}-wal`);
    const before = [await readFile(path), await readFile(`${path}-wal`)];
    const noise = `${path}.noise`;
    await writeFile(noise, 'this is no store\n'.repeat(1000));
    await assert.rejects(recover({ from: noise, dryRun: false }), { code: 'STORE_CORRUPT' });
    assert.deepEqual([await readFile(path), await readFile(`${path}-wal`)], before);
    assert.deepEqual(await idsIn(openAt(t, path).store), ids);
  });

  it('can be asked for twice at once: one is done, the other says that the file has changed', async (t) => {
    const { store, ids, recover } = await newStore(t);
    const outcomes = await Promise.allSettled([recover({ dryRun: false }), recover({ dryRun: false })]);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') assert.match(String(outcome.reason), /plan again|busy/);
    assert.ok(outcomes.some(({ status }) => status === 'fulfilled'));
    assert.deepEqual(await idsIn(store), ids);
  });

  it('loses nothing that others write meanwhile: they wait, and go on in the new store', async (t) => {
    const { path, store, recover } = await newStore(t);
    const other = openAt(t, path).store;
    const written: string[] = [];
    const done = new AbortController();
    const writing = (async () => {
      while (!done.signal.aborted) written.push((await other.create(firstStep())).id);
    })();
    for (let round = 0; round < 5; round++) await recover({ dryRun: false });
    done.abort();
    await writing;
    assert.ok(written.length > 0);
    const found = new Set(await idsIn(store));
    assert.deepEqual(
      written.filter((id) => !found.has(id)),
      [],
    );
  });

  it('of nothing at all says so', async (t) => {
    const { path, recover } = await newStore(t);
    await assert.rejects(recover({ from: join(path, '..', 'gone.db') }), { code: 'STORE_UNAVAILABLE' });
    const noise = `${path}.noise`;
    await writeFile(noise, 'this is no store\n'.repeat(1000));
    await assert.rejects(recover({ from: noise, dryRun: false }), { code: 'STORE_CORRUPT' });
  });

  it('leaves the store as it is where nothing could be saved', async (t) => {
    const { path, file, recover } = await newStore(t);
    file.close();
    const noise = Buffer.from('noise '.repeat(10_000));
    await rename(path, `${path}.aside`);
    await writeFile(path, noise);
    await assert.rejects(recover({ dryRun: false }), { code: 'STORE_CORRUPT' });
    assert.deepEqual(await readFile(path), noise);
  });
});
