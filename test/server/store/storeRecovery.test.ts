import assert from 'node:assert/strict';
import { copyFile, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { firstStep } from './conformance.ts';
import { everything, idsIn, newStore, openAt } from './storeToRecover.ts';

/** So that no call gets through, though most pages are whole. */
async function zeroHeader(path: string): Promise<Buffer> {
  const bytes = await readFile(path);
  bytes.fill(0, 0, 100);
  await writeFile(path, bytes);
  return bytes;
}

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
