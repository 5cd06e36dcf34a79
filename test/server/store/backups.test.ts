import assert from 'node:assert/strict';
import { chmod, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import * as state from '../../../server/domain/sessionState.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemFileSystem } from '../../../server/platform/fileSystem.ts';
import type { Logger } from '../../../server/platform/logger.ts';
import { Backups } from '../../../server/store/backups.ts';
import { keepHouse } from '../../../server/store/housekeeping.ts';
import { APPLICATION_ID, schemaSteps } from '../../../server/store/schema.ts';
import { SqliteSessionStore } from '../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../server/store/storeFile.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { firstStep } from './conformance.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 10, 1, 12);

function openAt(t: TestContext, folder: string, clock = { time: START, now: () => clock.time }) {
  const path = join(folder, 'lockstep.db');
  const file = new StoreFile({ path, fileSystem: systemFileSystem, counters: new Counters() });
  t.after(() => file.close());
  return { path, file, clock, store: new SqliteSessionStore(file, clock), backups: new Backups(file, clock) };
}

async function newStore(t: TestContext) {
  return openAt(t, await tempFolder(t));
}

/** What a backup holds, read as a store of its own. */
function contentOf(path: string) {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return {
      integrity: db.prepare('PRAGMA integrity_check').get()?.['integrity_check'],
      schema: db.prepare('PRAGMA user_version').get()?.['user_version'],
      sessions: db
        .prepare('SELECT id FROM sessions ORDER BY id')
        .all()
        .map((row) => row['id']),
      events: db.prepare('SELECT count(*) AS total FROM events').get()?.['total'],
    };
  } finally {
    db.close();
  }
}

describe('a backup', () => {
  it('is a whole store, private to its owner, with what was not in the main file yet', async (t) => {
    const { store, backups } = await newStore(t);
    const { id } = await store.create(firstStep());
    const made = await backups.make();
    assert.deepEqual(contentOf(made.path), {
      integrity: 'ok',
      schema: schemaSteps.length,
      sessions: [id],
      events: 1,
    });
    assert.deepEqual([made.kind, made.bytes], ['manual', (await stat(made.path)).size]);
    assert.equal((await stat(made.path)).mode & 0o777, 0o600);
    assert.equal((await stat(backups.folder)).mode & 0o777, 0o700);
    assert.deepEqual(backups.list(), [made]);
  });

  it('goes where somebody wants it, never over a file that is there', async (t) => {
    const { path, store, backups } = await newStore(t);
    await store.create(firstStep());
    const to = `${path}.copy`;
    await backups.make(to);
    assert.equal(contentOf(to).events, 1);
    const before = await readFile(to);
    await assert.rejects(backups.make(to), { code: 'INVALID_PARAMS', message: /exists already/ });
    assert.deepEqual(await readFile(to), before);
  });

  it('that cannot be written leaves nothing behind, and says why', async (t) => {
    const { path, store, backups } = await newStore(t);
    await store.create(firstStep());
    await writeFile(join(path, '..', 'in-the-way'), '');
    await assert.rejects(backups.make(join(path, '..', 'in-the-way', 'x.db')), { code: 'STORE_UNAVAILABLE' });
    assert.deepEqual(
      await readdir(join(path, '..')).then((names) => names.filter((name) => /partial/.test(name))),
      [],
    );
  });

  it('of a damaged store fails, and those of before are kept', async (t) => {
    const { path, store, backups, file, clock } = await newStore(t);
    for (let index = 0; index < 50; index++) await store.create(firstStep({ task: 'x'.repeat(3000) }));
    await backups.makeDaily();
    file.close();
    const bytes = await readFile(path);
    for (let at = 4096 * 3; at < bytes.length; at += 7) bytes[at] = (at * 31) & 0xff;
    await writeFile(path, bytes);
    clock.time += DAY_MS;
    await assert.rejects(backups.makeDaily(), { code: 'STORE_CORRUPT' });
    assert.deepEqual(
      (await readdir(backups.folder)).sort(),
      ['daily-2026-11-01.db'],
      'nothing half-written, nothing deleted',
    );
  });
});

describe('the daily backup', () => {
  it('is made once a day, and the last seven days are kept, by their names; those of other kinds stay', async (t) => {
    const { store, backups, clock } = await newStore(t);
    await store.create(firstStep());
    const manual = await backups.make();
    for (let day = 0; day < 10; day++) {
      const made = await backups.makeDaily();
      assert.notEqual(made, undefined);
      assert.equal(await backups.makeDaily(), undefined, 'not twice');
      // As after copying, or with a clock that was set: times of files tell nothing.
      const at = new Date(clock.time - 2 * day * DAY_MS);
      await utimes(made?.path ?? '', at, at);
      clock.time += DAY_MS;
    }
    assert.deepEqual(
      (await readdir(backups.folder)).filter((name) => name.startsWith('daily')).sort(),
      ['04', '05', '06', '07', '08', '09', '10'].map((day) => `daily-2026-11-${day}.db`),
    );
    assert.ok(backups.list().some(({ path }) => path === manual.path));
  });

  it('is made also where the clock was set back, and is not the one that goes', async (t) => {
    const { store, backups, clock } = await newStore(t);
    await store.create(firstStep());
    for (let day = 0; day < 8; day++) {
      await backups.makeDaily();
      clock.time += DAY_MS;
    }
    clock.time = START - 5 * DAY_MS;
    const made = await backups.makeDaily();
    assert.equal(made?.path.slice(-13), '2026-10-27.db');
    assert.ok(backups.list().some(({ path }) => path === made?.path));
  });

  it('is made once where several processes begin it at once, and whole', async (t) => {
    const { store, backups } = await newStore(t);
    await store.create(firstStep());
    const made = await Promise.all(Array.from({ length: 4 }, () => backups.makeDaily()));
    assert.equal(made.filter((one) => one !== undefined).length, 1);
    assert.deepEqual(await readdir(backups.folder), ['daily-2026-11-01.db']);
    assert.equal(contentOf(backups.list()[0]?.path ?? '').integrity, 'ok');
  });

  it('that a killed process left half-written goes a day later, and so does what a recovery left', async (t) => {
    const { path, store, backups, clock } = await newStore(t);
    await store.create(firstStep());
    await backups.make();
    const left = [
      join(backups.folder, '.daily-2026-10-30.db.0a1b2c.partial'),
      join(path, '..', '.lockstep.db.0a1b2c.recovered'),
      join(path, '..', '.lockstep.db.0a1b2c.recovered-journal'),
    ];
    for (const name of left) {
      await writeFile(name, 'half');
      await utimes(name, new Date(clock.time), new Date(clock.time));
    }
    const before = (await readdir(backups.folder)).length;
    backups.removeLeftovers();
    assert.equal((await readdir(backups.folder)).length, before, 'not while somebody may be at it');
    clock.time += DAY_MS + 1;
    backups.removeLeftovers();
    assert.equal((await readdir(backups.folder)).length, before - 1);
    assert.deepEqual(
      (await readdir(join(path, '..'))).filter((name) => name.includes('recovered')),
      [],
    );
  });

  it('is not made of a store without sessions, which would push out those of a store that was lost', async (t) => {
    const { backups } = await newStore(t);
    assert.equal(await backups.makeDaily(), undefined);
    assert.deepEqual(backups.list(), []);
  });

  it('comes with the emptying of the trash, a week after a session went there', async (t) => {
    const { store, backups, clock } = await newStore(t);
    const kept = await store.create(firstStep({}, clock.time));
    const { id } = await store.create(firstStep({}, clock.time));
    await store.remove(id);
    const said: string[] = [];
    const logger: Logger = { log: (_level, message) => said.push(message) };
    const keep = () => keepHouse({ sessions: store, backups, clock, logger });
    await keep();
    assert.match(said.join(), /^Backup written to .*daily-2026-11-01.db$/);
    clock.time += 7 * DAY_MS;
    await keep();
    await store.restore(id);
    await store.remove(id);
    clock.time += 7 * DAY_MS + 1;
    await keep();
    await assert.rejects(store.restore(id), { code: 'SESSION_NOT_FOUND' });
    await store.get(kept.id);
    assert.match(said.at(-1) ?? '', /1 sessions were in the trash/);
  });

  it('that fails is said in the log, and the trash is emptied all the same', async (t) => {
    const { store, backups, clock } = await newStore(t);
    const { id } = await store.create(firstStep({}, clock.time));
    await store.remove(id);
    clock.time += 7 * DAY_MS + 1;
    await store.create(firstStep({}, clock.time));
    await writeFile(backups.folder, 'a file where the folder should be');
    const said: string[] = [];
    await keepHouse({ sessions: store, backups, clock, logger: { log: (level) => said.push(level) } });
    assert.deepEqual(said, ['warn', 'info']);
    await assert.rejects(store.restore(id), { code: 'SESSION_NOT_FOUND' });
  });
});

describe('a store of an older schema', () => {
  it('is backed up before it gets the new one, with all that it held', async (t) => {
    const folder = await tempFolder(t);
    const path = join(folder, 'lockstep.db');
    const old = new DatabaseSync(path);
    const steps = schemaSteps.slice(0, -1);
    for (const step of steps) old.exec(step);
    old.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${steps.length};`);
    old.exec("INSERT INTO removals VALUES ('gone', 1)");
    old.close();
    await chmod(path, 0o600);
    const { store, backups } = openAt(t, folder);
    await store.update((await store.create(firstStep())).id, state.archive);
    const [made, ...more] = backups.list();
    assert.deepEqual([made?.kind, more], ['before-update', []]);
    assert.equal(contentOf(made?.path ?? '').schema, steps.length);
  });
});
