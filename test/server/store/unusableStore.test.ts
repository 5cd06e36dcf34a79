import assert from 'node:assert/strict';
import { chmod, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import * as state from '../../../server/domain/sessionState.ts';
import { systemClock } from '../../../server/platform/clock.ts';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsChanges, sessionsGet } from '../../../server/protocol/sessionQueryMethods.ts';
import { schemaSteps } from '../../../server/store/schema.ts';
import { SqliteSessionStore } from '../../../server/store/sqliteSessionStore.ts';
import { RpcClient } from '../../support/rpcClient.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { firstStep } from './conformance.ts';
import { fileAt, newStore, openAt, start } from './storeFiles.ts';

/** The error that a command printed. */
function errorOf({ code, stderr }: { code: number | null; stderr: string }) {
  assert.equal(code, 1, stderr);
  const error: unknown = JSON.parse(stderr);
  assert.ok(
    typeof error === 'object' &&
      error !== null &&
      'code' in error &&
      'message' in error &&
      'details' in error,
  );
  return { code: error.code, message: String(error.message), details: error.details };
}

describe('a store that cannot be used says why and what to do, and loses nothing', () => {
  it('a newer schema: every call is refused before it writes, also where the file became newer while open', async (t) => {
    const { store, path } = await newStore(t);
    const { id } = await store.create(firstStep());
    const db = new DatabaseSync(path);
    db.exec(`PRAGMA user_version = ${schemaSteps.length + 1}`);
    const content = () => JSON.stringify(db.prepare('SELECT * FROM sessions, events, store_state').all());
    const before = content();
    for (const attempt of [
      store.create(firstStep()),
      store.update(id, state.archive),
      store.get(id),
      openAt(t, path).create(firstStep()),
    ]) {
      await assert.rejects(attempt, { code: 'STORE_NEWER', message: /Update Lockstep/ });
    }
    assert.equal(content(), before);
    db.close();
  });

  it('a damaged file is left as it is', async (t) => {
    const { store, file, path } = await newStore(t);
    for (let index = 0; index < 50; index++) await store.create(firstStep({ task: 'x'.repeat(2000) }));
    file.close();
    const whole = await readFile(path);
    const zeroedHeader = Buffer.from(whole);
    zeroedHeader.fill(0, 0, 100);
    const noise = Buffer.from(whole);
    for (let at = 4096; at < noise.length; at += 7) noise[at] = (at * 31) & 0xff;
    for (const [name, bytes] of [
      ['text', Buffer.from('this is not a database, but somebody put it here\n'.repeat(200))],
      ['zeroed header', zeroedHeader],
      ['noise in the pages', noise],
      ['cut short', whole.subarray(0, 4096 * 3 + 100)],
    ] as const) {
      await writeFile(path, bytes);
      const damagedFile = fileAt(t, path);
      const damaged = new SqliteSessionStore(damagedFile, systemClock);
      const calls = async () => {
        await damaged.changes({ since: 0 });
        await damaged.create(firstStep());
      };
      await assert.rejects(calls(), { code: 'STORE_CORRUPT', message: /damaged/ }, name);
      damagedFile.close();
      assert.ok((await readFile(path)).equals(bytes), `${name}: the damaged file was changed`);
      await Promise.all(['-wal', '-shm'].map((suffix) => rm(path + suffix, { force: true })));
    }
  });

  it('a row that does not make sense names its table and column', async (t) => {
    const { store, path } = await newStore(t);
    const { id } = await store.create(firstStep());
    const db = new DatabaseSync(path);
    db.exec(`UPDATE sessions SET context = '[broken'`);
    db.close();
    await assert.rejects(store.get(id), { code: 'STORE_CORRUPT', message: /sessions.*context/ });
  });

  it('a log whose file is gone is not deleted', async (t) => {
    const { store, file, path } = await newStore(t);
    await store.create(firstStep());
    const log = await readFile(`${path}-wal`);
    file.close();
    await rm(path);
    await writeFile(`${path}-wal`, log);
    await assert.rejects(openAt(t, path).create(firstStep()), {
      code: 'STORE_CORRUPT',
      message: /put the file back/,
    });
    assert.ok((await readFile(`${path}-wal`)).equals(log));
  });

  it('a file that was replaced while the log of the old one stayed does not get that log', async (t) => {
    const { store, path } = await newStore(t);
    await store.create(firstStep({ task: 'old' }));
    const backup = fileAt(t, `${path}.backup`);
    await new SqliteSessionStore(backup, systemClock).create(firstStep({ task: 'from the backup' }));
    backup.close();
    const bytes = await readFile(`${path}.backup`);
    await rename(`${path}.backup`, path);
    for (let call = 0; call < 2; call++) {
      await assert.rejects(store.changes({ since: 0 }), {
        code: 'STORE_CORRUPT',
        message: /move that log away/,
      });
    }
    assert.ok((await readFile(path)).equals(bytes));
    await rename(`${path}-wal`, `${path}-wal.old`);
    const { sessions } = await store.changes({ since: 0 });
    assert.deepEqual(
      sessions.map(({ task }) => task),
      ['from the backup'],
    );
  });

  it('a database of another program', async (t) => {
    const { store, path } = await newStore(t);
    await mkdir(dirname(path));
    const db = new DatabaseSync(path);
    db.exec('CREATE TABLE theirs (x)');
    db.close();
    const before = await readFile(path);
    await assert.rejects(store.create(firstStep()), {
      code: 'STORE_UNAVAILABLE',
      message: /another program/,
      details: { reason: 'not-ours', path },
    });
    assert.ok((await readFile(path)).equals(before));
  });

  it('a folder in its place', async (t) => {
    const { store, path } = await newStore(t);
    await mkdir(path, { recursive: true });
    await assert.rejects(store.create(firstStep()), { code: 'STORE_UNAVAILABLE', message: /is not a file/ });
  });

  it('a file where its folder should be', async (t) => {
    const { store, path } = await newStore(t);
    await writeFile(dirname(path), '');
    await assert.rejects(store.create(firstStep()), {
      code: 'STORE_UNAVAILABLE',
      message: /is not a folder/,
    });
  });

  it('a network file system is refused before anything is written', async (t) => {
    const path = join(await tempFolder(t), 'lockstep.db');
    // A stand-in for a mounted share, which a test cannot bring along.
    const store = openAt(t, path, { networkType: () => 'nfs4' });
    await assert.rejects(store.create(firstStep()), {
      code: 'STORE_UNAVAILABLE',
      message: /network file system \(nfs4\).*local disk/,
    });
    await assert.rejects(stat(path), { code: 'ENOENT' });
  });

  it('a read-only file', async (t) => {
    const { store, file, path } = await newStore(t);
    await store.create(firstStep());
    file.close();
    await chmod(path, 0o400);
    const error = errorOf(await start(dirname(path), true));
    assert.equal(error.code, 'STORE_UNAVAILABLE');
    assert.match(error.message, /chmod u\+w/);
  });

  it('a folder that may not be written to', async (t) => {
    const home = join(await tempFolder(t), 'locked', 'home');
    await mkdir(dirname(home), { mode: 0o500 });
    const finished = await start(home, true);
    await chmod(dirname(home), 0o700);
    const error = errorOf(finished);
    assert.equal(error.code, 'STORE_UNAVAILABLE');
    assert.match(error.message, /permissions/);
  });

  it('a full disk: the write that does not fit fails, and all before it are there', async (t) => {
    const home = await tempFolder(t);
    const disk = [
      'unshare',
      '--mount',
      '--map-root-user',
      'sh',
      '-c',
      'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"',
      home,
    ];
    const client = new RpcClient(t, home, { under: disk });
    const ids: string[] = [];
    const fill = async () => {
      for (;;) {
        ids.push(
          (await client.call(sessionsStart, { task: 't', mode: 'm', context: { text: 'x'.repeat(50_000) } }))
            .id,
        );
      }
    };
    await assert.rejects(fill(), { code: 'STORE_UNAVAILABLE', message: /is full/ });
    assert.ok(ids.length > 5, `only ${ids.length} were written`);
    const { sessions } = await client.call(sessionsChanges, { since: 0 });
    assert.deepEqual(
      sessions.map(({ id }) => id),
      ids,
    );
    for (const id of ids) assert.equal((await client.call(sessionsGet, { id })).id, id);
  });

  it('a store that others keep busy: the call waits, and goes through when they are done', async (t) => {
    const { store, path } = await newStore(t);
    await store.create(firstStep());
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const waiting = store.create(firstStep());
    // Others are served while it waits.
    assert.equal((await store.changes({ since: 0 })).sessions.length, 1);
    other.exec('COMMIT');
    other.close();
    assert.equal((await waiting).status, 'active');
  });

  it('works again by itself once what was wrong is mended', async (t) => {
    const { store, path } = await newStore(t);
    await mkdir(path, { recursive: true });
    await assert.rejects(store.create(firstStep()), { code: 'STORE_UNAVAILABLE' });
    await rm(path, { recursive: true });
    assert.equal((await store.create(firstStep())).revision, 1);
  });

  it('processes that make a new store at the same moment all succeed', async (t) => {
    const home = join(await tempFolder(t), 'home');
    const results = await Promise.all(Array.from({ length: 4 }, () => start(home)));
    for (const { code, stderr } of results) assert.equal(code, 0, stderr);
    assert.equal((await openAt(t, join(home, 'lockstep.db')).changes({ since: 0 })).sessions.length, 4);
  });

  it('a first start that was killed at any moment leaves a store that can be opened', async (t) => {
    const path = join(await tempFolder(t), 'lockstep.db');
    // Killed right after the file was made and before the schema was: an empty file.
    await (await open(path, 'w')).close();
    assert.equal((await openAt(t, path).create(firstStep())).revision, 1);
  });
});
