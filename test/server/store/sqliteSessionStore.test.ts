import assert from 'node:assert/strict';
import { chmod, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import * as state from '../../../server/domain/sessionState.ts';
import { systemClock } from '../../../server/platform/clock.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemFileSystem, type FileSystemProbe } from '../../../server/platform/fileSystem.ts';
import { sessionsIterate, sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsChanges, sessionsFind, sessionsGet } from '../../../server/protocol/sessionQueryMethods.ts';
import { findSelect } from '../../../server/store/findQuery.ts';
import { schemaSteps } from '../../../server/store/schema.ts';
import { SqliteSessionStore } from '../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../server/store/storeFile.ts';
import { destroySome } from '../../../server/store/trashEmptying.ts';
import { runCommand } from '../../support/command.ts';
import { RpcClient } from '../../support/rpcClient.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { firstStep, sessionStoreConformance } from './conformance.ts';
import { trashConformance } from './trashConformance.ts';

function openAt(
  t: TestContext,
  path: string,
  fileSystem: FileSystemProbe = systemFileSystem,
): SqliteSessionStore {
  return new SqliteSessionStore(fileAt(t, path, fileSystem), systemClock);
}

function fileAt(t: TestContext, path: string, fileSystem: FileSystemProbe = systemFileSystem): StoreFile {
  const file = new StoreFile({ path, fileSystem, counters: new Counters() });
  t.after(() => file.close());
  return file;
}

async function newStore(
  t: TestContext,
): Promise<{ store: SqliteSessionStore; file: StoreFile; path: string }> {
  const path = join(await tempFolder(t), 'home', 'lockstep.db');
  const file = fileAt(t, path);
  return { store: new SqliteSessionStore(file, systemClock), file, path };
}

sessionStoreConformance('SQLite, a real file', async (t) => (await newStore(t)).store);
trashConformance('SQLite, a real file', async (t) => (await newStore(t)).store);

const start = (home: string, unprivileged = false) =>
  runCommand(['call', 'sessions.start', '{"task":"t","mode":"m"}'], {
    env: { LOCKSTEP_HOME: home },
    unprivileged,
  });

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

describe('the trash of a store file', () => {
  const HISTORY = 12_000;

  /** A trashed session with a long history, beside short ones. */
  async function withTrash(t: TestContext) {
    const opened = await newStore(t);
    const { id } = await opened.store.create(firstStep());
    const db = new DatabaseSync(opened.path);
    db.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${HISTORY})
       INSERT INTO events SELECT ?, i, 5, 'note', '{}' FROM n`,
    ).run(id);
    db.prepare('UPDATE sessions SET last_seq = ? WHERE id = ?').run(HISTORY, id);
    for (let index = 0; index < 3; index++)
      await opened.store.remove((await opened.store.create(firstStep())).id);
    await opened.store.remove(id);
    // The long one came last, also where all came within a millisecond.
    db.prepare('UPDATE sessions SET trashed_at = trashed_at + 1000 WHERE id = ?').run(id);
    db.close();
    return { ...opened, id };
  }

  it('is emptied in steps that are short also for a long history, and others write between them', async (t) => {
    const { store, path, id } = await withTrash(t);
    const left: number[] = [];
    const db = new DatabaseSync(path);
    t.after(() => db.close());
    const emptying = store.emptyTrash(Date.now() + 60_000);
    const progress = { isDone: false };
    void emptying.then(() => (progress.isDone = true));
    while (!progress.isDone) {
      await setImmediate();
      await store.create(firstStep());
      left.push(Number(db.prepare('SELECT count(*) AS n FROM events WHERE session_id = ?').get(id)?.['n']));
    }
    assert.equal(await emptying, 4);
    const steps = new Set(left);
    assert.ok(steps.size > 2, `seen: ${[...steps].join(', ')}`);
    assert.equal(left.at(-1), 0);
  });

  it('neither shows nor gives back a session of which a part is destroyed, and goes on with it', async (t) => {
    const { file, store, path, id } = await withTrash(t);
    // As after a kill between two steps.
    await file.write((connection) => destroySome(connection, Date.now() + 60_000));
    const db = new DatabaseSync(path);
    const count = () => Number(db.prepare('SELECT count(*) AS n FROM events').get()?.['n']);
    assert.ok(count() > 0 && count() < HISTORY, `${count()} events`);
    await assert.rejects(store.restore(id), { code: 'SESSION_NOT_FOUND' });
    assert.deepEqual((await store.find(sessionsFind.params.parse({ trashed: true }))).sessions, []);
    assert.equal(await store.emptyTrash(1), 1);
    assert.equal(count(), 0);
    db.close();
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
});

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
    const home = await tempFolder(t);
    assert.equal((await start(home)).code, 0);
    await chmod(join(home, 'lockstep.db'), 0o400);
    const error = errorOf(await start(home, true));
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
    const results = await Promise.all(Array.from({ length: 6 }, () => start(home)));
    for (const { code, stderr } of results) assert.equal(code, 0, stderr);
    assert.equal((await openAt(t, join(home, 'lockstep.db')).changes({ since: 0 })).sessions.length, 6);
  });

  it('a first start that was killed at any moment leaves a store that can be opened', async (t) => {
    const path = join(await tempFolder(t), 'lockstep.db');
    // Killed right after the file was made and before the schema was: an empty file.
    await (await open(path, 'w')).close();
    assert.equal((await openAt(t, path).create(firstStep())).revision, 1);
  });
});
