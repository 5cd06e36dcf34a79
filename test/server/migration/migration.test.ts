import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { locksAcquire } from '../../../server/protocol/lockMethods.ts';
import {
  migrationApply,
  migrationInspect,
  migrationList,
} from '../../../server/protocol/migrationMethods.ts';
import { sessionsAddMessage } from '../../../server/protocol/sessionHistoryMethods.ts';
import { sessionsStart, sessionsUpdate } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsFind, sessionsGet } from '../../../server/protocol/sessionQueryMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { migrator } from './migrator.ts';
import { objectIn, readBackupManifest, readStoreFile } from './shapes.ts';
import {
  FOLDER_ID,
  messageFile,
  MESSAGE_ID,
  sessionFile,
  writeManyFolders,
  writeMessageFiles,
  writeSessionFolders,
} from './samples.ts';

const hash = (content: Buffer) => createHash('sha256').update(content).digest('hex');

/** Every file below a folder, with its SHA-256. */
async function checksums(folder: string): Promise<Record<string, string>> {
  const sums: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) sums[relative(folder, path)] = hash(await readFile(path));
  }
  return sums;
}

async function project(t: Parameters<typeof tempFolder>[0]): Promise<string> {
  const folder = await tempFolder(t);
  await writeMessageFiles(folder);
  await writeSessionFolders(folder);
  return folder;
}

describe('a plan', () => {
  it('changes nothing, neither what is migrated nor the store', async (t) => {
    const folder = await project(t);
    const before = await checksums(folder);
    const { plan, sessions, call } = await migrator(t);
    const { items } = await plan({ path: folder });
    assert.deepEqual(
      items.map(({ state }) => state),
      ['new', 'new', 'new'],
    );
    assert.deepEqual(await checksums(folder), before);
    assert.deepEqual(await sessions(), []);
    assert.deepEqual((await call(migrationList, {})).migrations, []);
  });

  it('names damaged files, and what is there and is no session', async (t) => {
    const folder = await project(t);
    await writeFile(join(folder, '.sessions', 'cut.json'), '{"messages": [');
    await writeFile(join(folder, '.sessions', 'list.json'), '[]');
    await mkdir(join(folder, 'session_empty'));
    const { plan, call } = await migrator(t);
    const { damaged, items } = await plan({ path: folder });
    assert.deepEqual(damaged.map(({ path }) => relative(folder, path)).sort(), [
      '.sessions/cut.json',
      '.sessions/list.json',
      'session_empty',
    ]);
    assert.match(damaged.find(({ path }) => path.endsWith('cut.json'))?.reason ?? '', /^It is not JSON: /);
    assert.equal(items.length, 3);
    const { notes } = await call(migrationInspect, { path: folder });
    assert.match(notes.join(), /1 other files in the folders of sessions are left/);
  });

  it('tells what does not fit, and the migration keeps the rest', async (t) => {
    const folder = await tempFolder(t);
    await mkdir(join(folder, '.sessions'));
    const picture = 'x'.repeat(1_500_000);
    const file = {
      ...messageFile,
      messages: [{ role: 'user', content: 'Look', images: [picture, 'small'] }],
    };
    await writeFile(join(folder, '.sessions', `${MESSAGE_ID}.json`), JSON.stringify(file));
    const { plan, apply, events } = await migrator(t);
    const { items } = await plan({ path: folder });
    assert.match(items[0]?.losses.join() ?? '', /images.*has 1500002 bytes and is left out/);
    await apply({ path: folder, items });
    const message = (await events(MESSAGE_ID))[1];
    const images = z.array(z.unknown()).parse(objectIn(message?.data['metadata'])['images']);
    assert.deepEqual([message?.data['content'], images[1]], ['Look', 'small']);
    assert.deepEqual(images[0], {
      omitted: { bytes: 1_500_002, sha256: hash(Buffer.from(JSON.stringify(picture))) },
    });
  });
});

describe('applying a plan', () => {
  it('makes a backup with a manifest, and leaves the originals where they are', async (t) => {
    const folder = await project(t);
    const before = await checksums(folder);
    const { plan, apply, home } = await migrator(t);
    const { migration } = await apply({ path: folder, items: (await plan({ path: folder })).items });
    assert.equal(migration?.status, 'done');
    const { backup, id } = migration ?? {};
    const copies = backup?.folder ?? '';
    assert.equal(copies, join(folder, 'backup_old_format', id ?? ''));
    const manifest = await readBackupManifest(join(copies, 'manifest.json'));
    assert.equal(manifest.files.length, 4);
    for (const file of manifest.files) {
      const copy = await readFile(join(copies, file.copy));
      assert.deepEqual([copy.length, hash(copy)], [file.bytes, file.sha256]);
      assert.deepEqual(copy, await readFile(file.path));
    }
    await rm(join(folder, 'backup_old_format'), { recursive: true });
    assert.deepEqual(await checksums(folder), before);
    assert.equal((await stat(join(home, 'migrations', `${id}.json`))).mode & 0o777, 0o600);
  });

  it('does nothing the second time', async (t) => {
    const folder = await project(t);
    const { plan, apply, sessions, call } = await migrator(t);
    const { items } = await plan({ path: folder });
    await apply({ path: folder, items });
    const before = { store: await sessions(), files: await checksums(folder) };
    for (const again of [
      { path: folder, items },
      { path: folder },
      { path: folder, items: items.map((one) => one.fingerprint) },
    ]) {
      const { stats, migration, phase } = await apply(again);
      assert.deepEqual([phase, stats.already, stats.migrated, migration], ['done', 3, 0, undefined]);
    }
    assert.deepEqual({ store: await sessions(), files: await checksums(folder) }, before);
    assert.equal((await call(migrationList, {})).migrations.length, 1);
  });

  it('skips what has changed since the plan, and says so; a touched file has not changed', async (t) => {
    const folder = await project(t);
    const { plan, apply, sessions } = await migrator(t);
    const { items } = await plan({ path: folder });
    const changed = join(folder, `session_${FOLDER_ID}`, 'session.json');
    await writeFile(changed, JSON.stringify({ ...sessionFile, answer: 43 }));
    await utimes(join(folder, '.sessions', `${MESSAGE_ID}.json`), new Date(), new Date());
    const { stats } = await apply({ path: folder, items });
    assert.equal(stats.migrated, 2);
    assert.deepEqual(
      stats.skipped.map(({ path, reason }) => [path, reason]),
      [[changed, 'It has changed since the plan.']],
    );
    assert.equal(
      (await sessions()).some(({ id }) => id === FOLDER_ID),
      false,
    );
  });

  it('does only what was chosen, and goes on where a file is damaged', async (t) => {
    const folder = await project(t);
    const damaged = join(folder, '.sessions', 'telegram-17.json');
    const { plan, apply, sessions } = await migrator(t);
    const { items } = await plan({ path: folder });
    await writeFile(damaged, '{');
    const { stats } = await apply({ path: folder, items: items.filter(({ id }) => id !== FOLDER_ID) });
    assert.deepEqual(
      stats.errors.map(({ path }) => path),
      [damaged],
    );
    assert.deepEqual(
      (await sessions()).map(({ id }) => id),
      [MESSAGE_ID],
    );
    assert.equal(await readFile(damaged, 'utf8'), '{');
  });

  it('gives another id where the own one is taken, and drops a label that is taken', async (t) => {
    const folder = await project(t);
    const other = await migrator(t);
    await other.apply({ path: folder });
    const { plan, apply, call, sessions } = await migrator(t);
    await call(sessionsStart, { task: 'Mine', mode: 'developer', label: 'Lamps' });
    const labelled = (await plan({ path: folder })).items.find(({ id }) => id === MESSAGE_ID);
    assert.match(labelled?.notes.join() ?? '', /label "Lamps" is taken/);
    await apply({ path: folder });
    const before = await sessions();
    // Another session with the same id, from elsewhere.
    const twin = await tempFolder(t);
    await mkdir(join(twin, '.sessions'));
    await writeFile(
      join(twin, '.sessions', `${MESSAGE_ID}.json`),
      JSON.stringify({ ...messageFile, metadata: {}, messages: [] }),
    );
    const { stats } = await apply({ path: twin });
    assert.equal(stats.migrated, 1);
    const after = await sessions();
    assert.equal(after.length, before.length + 1);
    for (const session of before)
      assert.deepEqual(
        after.find(({ id }) => id === session.id),
        session,
      );
  });

  it('writes over no session that was migrated when its file was another', async (t) => {
    const folder = await project(t);
    const { apply, plan, call } = await migrator(t);
    await apply({ path: folder });
    const before = await call(sessionsGet, { id: FOLDER_ID });
    await writeFile(
      join(folder, `session_${FOLDER_ID}`, 'session.json'),
      JSON.stringify({ ...sessionFile, answer: 43 }),
    );
    const item = (await plan({ path: folder })).items.find(({ id }) => id === FOLDER_ID);
    assert.equal(item?.state, 'conflict');
    assert.match(item.conflict ?? '', /is not written over/);
    const { stats } = await apply({ path: folder });
    assert.deepEqual([stats.already, stats.migrated, stats.skipped.length], [2, 0, 1]);
    assert.deepEqual(await call(sessionsGet, { id: FOLDER_ID }), before);
  });

  it('can be stopped between two parts, and gone on with', async (t) => {
    const folder = await project(t);
    const { call, apply, sessions } = await migrator(t);
    const first = await call(migrationApply, { path: folder, backup: false });
    const id = first.migration?.id ?? '';
    const done = await apply({ manifest: id });
    assert.deepEqual([done.phase, done.stats.migrated, (await sessions()).length], ['done', 3, 3]);
  });

  it('is refused for what is no sessions, and for the store into itself', async (t) => {
    const folder = await tempFolder(t);
    const { plan } = await migrator(t);
    await assert.rejects(plan({ path: folder }), { code: 'INVALID_PARAMS', message: /holds no sessions/ });
    await assert.rejects(plan({ path: 'relative/path' }), {
      code: 'INVALID_PARAMS',
      message: /absolute path/,
    });
    await assert.rejects(plan({ path: join(folder, 'nowhere') }), { message: /it does not exist/ });
    await assert.rejects(plan({ path: 'lockstep:' }), { code: 'INVALID_PARAMS', message: /there already/ });
  });
});

describe('where it cannot be written', () => {
  it('for the backup, nothing is migrated, and what to do is said', async (t) => {
    const folder = await project(t);
    // Where the folder of backups would be, there is a file: as good as no permission, also for root.
    await writeFile(join(folder, 'backup_old_format'), '');
    const before = await checksums(folder);
    const { apply, sessions, call } = await migrator(t);
    await assert.rejects(apply({ path: folder }), {
      code: 'STORE_UNAVAILABLE',
      message: /cannot be written: .*What was to be migrated is as it was/,
    });
    assert.deepEqual(await sessions(), []);
    assert.deepEqual(await checksums(folder), before);
    // It is gone on with when the way is free.
    await rm(join(folder, 'backup_old_format'));
    const [begun] = (await call(migrationList, {})).migrations;
    assert.equal(begun?.status, 'running');
    assert.equal((await apply({ manifest: begun.id })).stats.migrated, 3);
  });

  it('for the transcripts, the state directory is as it was', async (t) => {
    const folder = await project(t);
    const stateDir = join(await tempFolder(t), 'state');
    await mkdir(join(stateDir, 'agents', 'main'), { recursive: true });
    await writeFile(join(stateDir, 'agents', 'main', 'sessions'), 'no folder');
    const { apply } = await migrator(t);
    await assert.rejects(apply({ path: folder, to: 'openclaw', stateDir, backup: false }), {
      code: 'STORE_UNAVAILABLE',
    });
    assert.deepEqual(Object.keys(await checksums(stateDir)), ['agents/main/sessions']);
  });

  it('for a damaged sessions.json, it is left as it is', async (t) => {
    const folder = await project(t);
    const stateDir = join(await tempFolder(t), 'state');
    const sessionsDir = join(stateDir, 'agents', 'main', 'sessions');
    await mkdir(sessionsDir, { recursive: true });
    await writeFile(join(sessionsDir, 'sessions.json'), '{"agent:main:main": {');
    const { apply } = await migrator(t);
    await assert.rejects(apply({ path: folder, to: 'openclaw', stateDir }), { code: 'STORE_CORRUPT' });
    assert.equal(await readFile(join(sessionsDir, 'sessions.json'), 'utf8'), '{"agent:main:main": {');
  });
});

describe('taking a migration back', () => {
  it('puts its sessions into the trash, and a new one can follow', async (t) => {
    const folder = await project(t);
    const { apply, restore, sessions, call } = await migrator(t);
    const { migration } = await apply({ path: folder });
    const { removed, left, migration: after } = await restore(migration?.id ?? '');
    assert.deepEqual([removed.length, left, after.status], [3, [], 'restored']);
    assert.deepEqual(await sessions(), []);
    const trashed = await call(sessionsFind, { trashed: true, archived: true });
    assert.equal(trashed.sessions.length, 3);
    assert.equal((await apply({ path: folder })).stats.migrated, 3);
    assert.equal((await apply({ path: folder })).stats.already, 3);
  });

  it('leaves what was changed since, or is held, and says why', async (t) => {
    const folder = await project(t);
    const { apply, restore, sessions, call } = await migrator(t);
    const { migration } = await apply({ path: folder });
    await call(sessionsAddMessage, { id: FOLDER_ID, role: 'user', content: 'Go on' });
    const telegram = (await sessions()).find(({ id }) => id !== FOLDER_ID && id !== MESSAGE_ID);
    await call(locksAcquire, { session: telegram?.id ?? '', ownerPid: process.pid });
    const { removed, left } = await restore(migration?.id ?? '');
    assert.deepEqual(removed, [MESSAGE_ID]);
    assert.deepEqual(left.map(({ path }) => path).sort(), [FOLDER_ID, telegram?.id ?? ''].sort());
    assert.match(left.find(({ path }) => path === FOLDER_ID)?.reason ?? '', /was changed since/);
    assert.equal((await sessions()).length, 2);
  });

  it('puts back old files that are missing, and leaves newer ones', async (t) => {
    const folder = await project(t);
    const before = await checksums(folder);
    const { apply, restore } = await migrator(t);
    const { migration } = await apply({ path: folder });
    const gone = join(folder, '.sessions', `${MESSAGE_ID}.json`);
    const newer = join(folder, `session_${FOLDER_ID}`, 'session.json');
    await rm(join(folder, '.sessions'), { recursive: true });
    await writeFile(newer, '{"task": "newer"}');
    // The manifest of the backup does as well as its id.
    const { restored, left } = await restore(join(migration?.backup?.folder ?? '', 'manifest.json'));
    assert.ok(restored.includes(gone));
    assert.deepEqual(
      left.map(({ path }) => path),
      [newer],
    );
    assert.equal(await readFile(newer, 'utf8'), '{"task": "newer"}');
    const name = relative(folder, gone);
    assert.equal(hash(await readFile(gone)), before[name]);
  });

  it('takes entries and transcripts out of a state directory, and none that was changed', async (t) => {
    const folder = await project(t);
    const stateDir = join(await tempFolder(t), 'state');
    const sessionsDir = join(stateDir, 'agents', 'main', 'sessions');
    const path = join(sessionsDir, 'sessions.json');
    await mkdir(sessionsDir, { recursive: true });
    const own = { 'agent:main:main': { sessionId: 'mine', updatedAt: 5, other: [1.5] } };
    await writeFile(path, JSON.stringify(own, null, 2));
    const { apply, restore, verify } = await migrator(t);
    const { migration, stats } = await apply({ path: folder, to: 'openclaw', stateDir });
    assert.equal(stats.migrated, 3);
    const id = migration?.id ?? '';
    assert.deepEqual(await verify(id), { same: 3, changed: [] });
    const store = await readStoreFile(path);
    assert.deepEqual(store['agent:main:main'], own['agent:main:main']);
    const key = 'agent:main:shop';
    await writeFile(path, JSON.stringify({ ...store, [key]: { ...store[key], label: 'Mine now' } }, null, 2));
    assert.deepEqual(
      (await verify(id)).changed.map(({ to }) => to),
      [key],
    );
    const { removed, left } = await restore(id);
    assert.deepEqual([removed.length, left.map((one) => one.path)], [2, [key]]);
    const after = await readStoreFile(path);
    assert.deepEqual(Object.keys(after).sort(), ['agent:main:main', key]);
    assert.deepEqual((await readdir(sessionsDir)).sort(), [`${MESSAGE_ID}.jsonl`, 'sessions.json']);
  });
});

describe('verifying', () => {
  it('finds what was changed, and what is gone', async (t) => {
    const folder = await tempFolder(t);
    const ids = await writeManyFolders(folder, 5);
    const { apply, verify, call } = await migrator(t);
    const { migration } = await apply({ path: folder });
    assert.deepEqual(await verify(migration?.id ?? ''), { same: 5, changed: [] });
    await call(sessionsUpdate, { id: ids[2] ?? '', title: 'Another' });
    const { same, changed } = await verify(migration?.id ?? '');
    assert.deepEqual([same, changed.map(({ to }) => to)], [4, [ids[2]]]);
  });
});

describe('the same sessions at another place', () => {
  it('are not migrated again', async (t) => {
    const folder = await project(t);
    const { apply, sessions } = await migrator(t);
    await apply({ path: folder });
    const moved = await tempFolder(t);
    await cp(folder, moved, { recursive: true });
    await rm(join(moved, 'backup_old_format'), { recursive: true });
    const { stats } = await apply({ path: moved });
    assert.equal((await sessions()).length, 3);
    assert.equal(stats.already, 3);
  });
});
