import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import * as z from 'zod';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { migrator } from './migrator.ts';
import { readBackupManifest } from './shapes.ts';

const run = promisify(execFile);

async function twoFiles(folder: string): Promise<void> {
  await mkdir(join(folder, '.sessions'), { recursive: true });
  for (const name of ['a', 'b'])
    await writeFile(
      join(folder, '.sessions', `${name}.json`),
      JSON.stringify({ messages: [{ role: 'user', content: name }] }),
    );
}

/** As a kill in the last phase leaves it. */
async function asIfKilled(manifest: string): Promise<void> {
  const { finishedAt: _, ...rest } = z
    .looseObject({ finishedAt: z.string() })
    .parse(JSON.parse(await readFile(manifest, 'utf8')));
  await writeFile(manifest, JSON.stringify({ ...rest, phase: 'verify', position: 0 }));
}

const storeIn = (stateDir: string) => join(stateDir, 'agents', 'main', 'sessions', 'sessions.json');

describe('a run that was cut short and goes on', () => {
  it('keeps what its backup holds, though the originals are gone since, and restore puts it back', async (t) => {
    const [folder, stateDir] = [await tempFolder(t), await tempFolder(t)];
    await twoFiles(folder);
    const { apply, restore } = await migrator(t);
    const first = await apply({ path: folder, to: 'openclaw', stateDir });
    const { id = '', manifest = '', backup } = first.migration ?? {};
    await asIfKilled(manifest);
    const gone = join(folder, '.sessions', 'a.json');
    const before = await readFile(gone);
    await rm(gone);
    const again = await apply({ path: folder, to: 'openclaw', stateDir });
    assert.equal(again.migration?.id, id);
    const copies = await readBackupManifest(join(backup?.folder ?? '', 'manifest.json'));
    assert.deepEqual(
      copies.files.map(({ path, isTarget }) => [path, isTarget]),
      [
        [gone, false],
        [join(folder, '.sessions', 'b.json'), false],
      ],
      'and nothing of what it has written itself',
    );
    assert.deepEqual((await restore(id)).restored, [gone]);
    assert.deepEqual(await readFile(gone), before);
  });

  it('keeps its backup when it goes on without one', async (t) => {
    const [folder, stateDir] = [await tempFolder(t), await tempFolder(t)];
    await twoFiles(folder);
    const { apply } = await migrator(t);
    const { migration } = await apply({ path: folder, to: 'openclaw', stateDir });
    await asIfKilled(migration?.manifest ?? '');
    const again = await apply({ path: folder, to: 'openclaw', stateDir, backup: false });
    assert.deepEqual(again.migration?.backup, migration?.backup);
  });
});

describe('a state directory that is migrated to', () => {
  it('is not the one that is migrated from: that would double its sessions each time', async (t) => {
    const [folder, stateDir] = [await tempFolder(t), await tempFolder(t)];
    await twoFiles(folder);
    const { apply } = await migrator(t);
    await apply({ path: folder, to: 'openclaw', stateDir });
    const before = await readFile(storeIn(stateDir));
    for (const path of [stateDir, join(stateDir, 'agents', 'main', 'sessions')])
      await assert.rejects(apply({ path, to: 'openclaw', stateDir, agentId: 'other' }), {
        code: 'INVALID_PARAMS',
        message: /are in that state directory already/,
      });
    assert.deepEqual(await readFile(storeIn(stateDir)), before);
  });

  it('is backed up where its sessions.json is a link, which stays one', async (t) => {
    const [folder, stateDir, elsewhere] = [await tempFolder(t), await tempFolder(t), await tempFolder(t)];
    await twoFiles(folder);
    const real = join(elsewhere, 'store.json');
    await writeFile(real, '{"agent:main:own": {"sessionId": "own", "updatedAt": 1}}');
    const before = await readFile(real);
    await mkdir(join(stateDir, 'agents', 'main', 'sessions'), { recursive: true });
    await symlink(real, storeIn(stateDir));
    const { apply } = await migrator(t);
    const { migration, stats } = await apply({ path: folder, to: 'openclaw', stateDir });
    assert.equal(stats.migrated, 2);
    const { files } = await readBackupManifest(join(migration?.backup?.folder ?? '', 'manifest.json'));
    const copy = files.find(({ isTarget }) => isTarget)?.copy ?? '';
    assert.deepEqual(await readFile(join(migration?.backup?.folder ?? '', copy)), before);
    assert.equal(Object.keys(z.looseObject({}).parse(JSON.parse(await readFile(real, 'utf8')))).length, 3);
  });

  it('is refused where a pipe has the name of its sessions.json', async (t) => {
    const [folder, stateDir] = [await tempFolder(t), await tempFolder(t)];
    await twoFiles(folder);
    await mkdir(join(stateDir, 'agents', 'main', 'sessions'), { recursive: true });
    await run('mkfifo', [storeIn(stateDir)]);
    const { apply } = await migrator(t);
    await assert.rejects(apply({ path: folder, to: 'openclaw', stateDir }), {
      code: 'STORE_UNAVAILABLE',
      message: /it is not a file/,
    });
  });
});

describe('files that are not as they should be', () => {
  it('are told of where they are links, folders or pipes', async (t) => {
    const folder = await tempFolder(t);
    await twoFiles(folder);
    const sessions = join(folder, '.sessions');
    await symlink(join(sessions, 'a.json'), join(sessions, 'link.json'));
    await mkdir(join(sessions, 'folder.json'));
    await run('mkfifo', [join(sessions, 'pipe.json')]);
    await mkdir(join(folder, 'real'));
    await symlink(join(folder, 'real'), join(folder, 'session_link'));
    await mkdir(join(folder, 'session_real'));
    await writeFile(join(folder, 'session_real', 'session.json'), '{"task": "t", "history": []}');
    const { plan } = await migrator(t);
    const { items, damaged } = await plan({ path: folder });
    assert.equal(items.length, 3);
    assert.deepEqual(
      damaged
        .map(({ path, reason }) => [path.slice(folder.length + 1), reason])
        .toSorted(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1)),
      [
        ['.sessions/folder.json', 'It is not a file.'],
        ['.sessions/link.json', 'It is a link, which is not followed.'],
        ['.sessions/pipe.json', 'It is not a file.'],
        ['session_link', 'It is a link, which is not followed.'],
      ],
    );
  });

  it('are found where .sessions itself is a link', async (t) => {
    const [folder, elsewhere] = [await tempFolder(t), await tempFolder(t)];
    await twoFiles(elsewhere);
    await symlink(join(elsewhere, '.sessions'), join(folder, '.sessions'));
    const { plan } = await migrator(t);
    assert.equal((await plan({ path: folder })).items.length, 2);
  });

  it('are damaged where they are not UTF-8', async (t) => {
    const folder = await tempFolder(t);
    await mkdir(join(folder, '.sessions'));
    const bytes = Buffer.from('{"messages": [{"role": "user", "content": "caf\u00e9"}]}', 'latin1');
    await writeFile(join(folder, '.sessions', 'a.json'), bytes);
    const { plan } = await migrator(t);
    assert.equal((await plan({ path: folder })).damaged[0]?.reason, 'It is not UTF-8 text.');
  });

  it('keep numbers that no double holds as text, and the migration says so', async (t) => {
    const folder = await tempFolder(t);
    await mkdir(join(folder, '.sessions'));
    await writeFile(
      join(folder, '.sessions', 'a.json'),
      '{"messages": [{"role": "user", "content": "a"}], "channel": 1234567890123456789, "exact": 9007199254740992}',
    );
    const { apply, sessions } = await migrator(t);
    const { stats, migration } = await apply({ path: folder });
    const [session] = await sessions();
    const { original } = z
      .looseObject({ original: z.looseObject({ channel: z.unknown(), exact: z.unknown() }) })
      .parse(session?.metadata);
    assert.deepEqual([original.channel, original.exact], ['1234567890123456789', 9007199254740992]);
    assert.deepEqual(
      stats.losses?.map(({ reason }) => reason),
      ['The number 1234567890123456789 at "channel" is kept as text.'],
    );
    assert.deepEqual(migration?.stats.losses, stats.losses, 'and the manifest too');
  });

  it('are damaged where a transcript is outside of the folders of its agent', async (t) => {
    const [state, elsewhere] = [await tempFolder(t), await tempFolder(t)];
    const transcript = join(elsewhere, 't.jsonl');
    await writeFile(transcript, '{"type":"session","version":3,"id":"s","cwd":"/"}\n');
    await mkdir(join(state, 'agents', 'main', 'sessions'), { recursive: true });
    await writeFile(
      storeIn(state),
      JSON.stringify({ 'agent:main:x': { sessionId: 's', updatedAt: 1, sessionFile: transcript } }),
    );
    const { plan } = await migrator(t);
    const { items, damaged } = await plan({ path: state });
    assert.deepEqual(items, []);
    assert.match(damaged[0]?.reason ?? '', /t\.jsonl, is outside of the folders of its agent/);
  });
});

describe('what becomes another on the way', () => {
  it('is told when it is done, not by the plan alone', async (t) => {
    const folder = await tempFolder(t);
    await mkdir(join(folder, '.sessions'));
    await writeFile(
      join(folder, '.sessions', 'a.json'),
      JSON.stringify({ messages: [{ role: 'user', content: 'a' }], metadata: { label: 'taken' } }),
    );
    const { apply, call, plan } = await migrator(t);
    await call(sessionsStart, { task: 't', mode: 'm', label: 'taken' });
    const { items } = await plan({ path: folder });
    const { stats } = await apply({ path: folder, items });
    assert.deepEqual(
      stats.notes?.map(({ reason }) => reason),
      items[0]?.notes,
    );
    assert.match(items[0]?.notes.join() ?? '', /The label "taken" is taken/);
  });
});
