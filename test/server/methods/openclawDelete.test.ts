import assert from 'node:assert/strict';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sessionsList } from '../../../server/protocol/openclawMethods.ts';
import { sessionsDelete, sessionsPatch } from '../../../server/protocol/openclawWriteMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { jsonLines } from '../sources/files.ts';
import { NOW, writeStore, type Store } from '../sources/openclaw/stateDirectory.ts';
import { AT, LINES, state } from './openclawState.ts';

describe('sessions.delete', () => {
  const one = (more: object = {}): Store => ({
    'agent:main:a': { sessionId: 'id-a', updatedAt: 5, ...more },
  });

  it('takes the entry away and renames every transcript of the session', async (t) => {
    const { call, names, store, at, read } = await state(
      t,
      {
        'agent:main:a': { sessionId: 'id-a', updatedAt: 1, sessionFile: 'old.jsonl', lastThreadId: 7 },
        'agent:main:main': { sessionId: 'm', updatedAt: 1 },
      },
      { 'id-a': jsonLines(LINES), old: 'x\n', 'id-a-topic-7': 'y\n', m: 'z\n' },
    );
    const { deleted, archived } = await call(sessionsDelete, { key: 'A' });
    assert.equal(deleted, true);
    const expected = ['old.jsonl', 'id-a.jsonl', 'id-a-topic-7.jsonl'].map((name) =>
      at(`${name}.deleted.${AT}`),
    );
    assert.deepEqual(archived.toSorted(), expected.toSorted());
    assert.equal(await read(`id-a.jsonl.deleted.${AT}`), jsonLines(LINES));
    assert.deepEqual(await store(), { 'agent:main:main': { sessionId: 'm', updatedAt: 1 } });
    assert.equal((await names()).length, 5);
  });

  it('says that there was nothing to delete', async (t) => {
    const { call, path } = await state(t, one());
    const before = await readFile(path, 'utf8');
    assert.deepEqual(await call(sessionsDelete, { key: 'b' }), {
      ok: true,
      key: 'agent:main:b',
      deleted: false,
      archived: [],
    });
    assert.equal(await readFile(path, 'utf8'), before);
  });

  it('protects the main session of every agent, but not global', async (t) => {
    const { call, fails, dir, store } = await state(t, {
      ...one(),
      global: { sessionId: 'g', updatedAt: 1 },
    });
    await writeStore(dir, 'work', { 'agent:work:main': { sessionId: 'w', updatedAt: 1 } });
    for (const [key, full] of [
      ['main', 'agent:main:main'],
      ['Agent:Work:Main', 'agent:work:main'],
    ]) {
      const { code, message } = await fails(sessionsDelete, { key });
      assert.deepEqual([code, message], ['INVALID_PARAMS', `Cannot delete the main session (${full}).`]);
    }
    assert.equal((await call(sessionsDelete, { key: 'global' })).deleted, true);
    assert.deepEqual(Object.keys(await store()), ['agent:main:a']);
  });

  it('leaves the transcript that the runs of a cron job have too', async (t) => {
    const { call, names, store } = await state(
      t,
      {
        'agent:main:cron:x': { sessionId: 'id-a', updatedAt: 1 },
        'agent:main:cron:x:run:1': { sessionId: 'id-a', updatedAt: 1 },
      },
      { 'id-a': jsonLines(LINES) },
    );
    assert.deepEqual((await call(sessionsDelete, { key: 'cron:x' })).archived, []);
    assert.deepEqual(await names(), ['id-a.jsonl', 'sessions.json']);
    const last = await call(sessionsDelete, { key: 'cron:x:run:1' });
    assert.equal(last.archived.length, 1);
    assert.deepEqual(await store(), {});
  });

  it('leaves or removes the transcript for good where that is asked for', async (t) => {
    for (const [params, left] of [
      [{ deleteTranscript: false }, ['id-a.jsonl']],
      [{ deleteTranscript: false, archiveTranscript: false }, ['id-a.jsonl']],
      [{ archiveTranscript: false }, []],
    ] as const) {
      const { call, names } = await state(t, one(), { 'id-a': jsonLines(LINES) });
      const { deleted, archived } = await call(sessionsDelete, { key: 'a', ...params });
      assert.deepEqual([deleted, archived], [true, []]);
      assert.deepEqual(await names(), [...left, 'sessions.json']);
    }
  });

  it('deletes just what was expected', async (t) => {
    const { call, fails, store } = await state(t, one());
    for (const [params, message] of [
      [{ expectedSessionId: 'other' }, 'Session agent:main:a changed before deletion. Retry.'],
      [{ expectedSessionUpdatedAt: 4 }, 'Session agent:main:a changed before deletion. Retry.'],
      [{ archivedOnly: true }, 'Session agent:main:a is not archived. Archive it first, then delete it.'],
    ] as const) {
      const error = await fails(sessionsDelete, { key: 'a', ...params });
      assert.deepEqual([error.code, error.message], ['INVALID_PARAMS', message]);
    }
    assert.deepEqual(await store(), one());
    await call(sessionsPatch, { key: 'a', archived: true });
    const expected = { expectedSessionId: ' id-a ', expectedSessionUpdatedAt: NOW, archivedOnly: true };
    assert.equal((await call(sessionsDelete, { key: 'a', ...expected })).deleted, true);
  });

  it('takes every form of the key away, so that none comes back to the list', async (t) => {
    const { call, store } = await state(t, {
      'Agent:Main:A': { sessionId: '1', updatedAt: 1 },
      'agent:main:a': { sessionId: '2', updatedAt: 2 },
      a: { sessionId: '3', updatedAt: 1 },
    });
    await call(sessionsDelete, { key: 'a' });
    assert.deepEqual(await store(), {});
    assert.equal((await call(sessionsList)).count, 0);
  });

  it('renames nothing outside of the folders of the agent', async (t) => {
    const outside = await tempFolder(t);
    await writeFile(join(outside, 'secret.jsonl'), 'x');
    const { call, folder, names } = await state(t, one({ sessionFile: join(outside, 'secret.jsonl') }));
    await symlink(join(outside, 'secret.jsonl'), join(folder, 'id-a.jsonl'));
    assert.deepEqual((await call(sessionsDelete, { key: 'a' })).archived, []);
    assert.deepEqual(await readdir(outside), ['secret.jsonl']);
    assert.deepEqual(await names(), ['id-a.jsonl', 'sessions.json']);
  });
});
