import assert from 'node:assert/strict';
import { readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  sessionsCompact,
  sessionsDelete,
  sessionsPatch,
  sessionsReset,
} from '../../../server/protocol/openclawWriteMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { deadPid } from '../locks/livingProcess.ts';
import { jsonLines } from '../sources/files.ts';
import { openclawAt } from '../sources/openclaw/stateDirectory.ts';
import { LINES, state } from './openclawState.ts';

describe('a session whose transcript another program holds', () => {
  it('is neither reset nor deleted nor compacted, and nothing is changed', async (t) => {
    const { fails, call, names, path, folder } = await state(
      t,
      { 'agent:main:a': { sessionId: 'id-a', updatedAt: 1 } },
      { 'id-a': jsonLines(LINES) },
    );
    const lock = join(folder, 'id-a.jsonl.lock');
    await writeFile(lock, JSON.stringify({ pid: process.pid, createdAt: new Date().toISOString() }, null, 2));
    const before = await readFile(path, 'utf8');
    for (const method of [sessionsReset, sessionsDelete, sessionsCompact]) {
      const { code } = await fails(method, {
        key: 'a',
        ...(method === sessionsCompact ? { maxLines: 2 } : {}),
      });
      assert.equal(code, 'SESSION_LOCKED');
    }
    assert.equal(await readFile(path, 'utf8'), before);
    assert.deepEqual(await names(), ['id-a.jsonl', 'id-a.jsonl.lock', 'sessions.json']);
    // A name or a level is no matter of the transcript.
    await call(sessionsPatch, { key: 'a', label: 'x' });
  });

  it('is compacted once that has died and the transcript was left alone', async (t) => {
    const { call, folder, names } = await state(
      t,
      { 'agent:main:a': { sessionId: 'id-a', updatedAt: 1 } },
      { 'id-a': jsonLines(LINES) },
    );
    const payload = { pid: await deadPid(), createdAt: new Date(Date.now() - 600_000).toISOString() };
    await writeFile(join(folder, 'id-a.jsonl.lock'), JSON.stringify(payload));
    await utimes(join(folder, 'id-a.jsonl'), new Date(Date.now() - 600_000), new Date(Date.now() - 600_000));
    assert.equal((await call(sessionsCompact, { key: 'a', maxLines: 2 })).compacted, true);
    assert.ok(!(await names()).includes('id-a.jsonl.lock'));
  });
});

describe('sessions of an agent whose sessions.json is damaged', () => {
  it('are left alone by every method', async (t) => {
    const { fails, path, names } = await state(t, {}, { 'id-a': jsonLines(LINES) });
    await writeFile(path, '{"agent:main:a": {"sessionId": "id-a"');
    for (const method of [sessionsPatch, sessionsReset, sessionsDelete, sessionsCompact])
      assert.equal((await fails(method, { key: 'a' })).code, 'STORE_CORRUPT');
    assert.equal(await readFile(path, 'utf8'), '{"agent:main:a": {"sessionId": "id-a"');
    assert.deepEqual(await names(), ['id-a.jsonl', 'sessions.json']);
  });
});

describe('a session of an agent that is not there', () => {
  it('is neither deleted nor compacted, and no folder is made for it', async (t) => {
    const { call, dir } = await state(t, {});
    assert.equal((await call(sessionsDelete, { key: 'agent:typo:a' })).deleted, false);
    assert.equal((await call(sessionsCompact, { key: 'agent:typo:a' })).compacted, false);
    assert.deepEqual(await readdir(join(dir, 'agents')), ['main']);
  });
});

describe('a session in a state directory that is reached through links', () => {
  it('is written in its real place', async (t) => {
    const { dir, store, names } = await state(t, { 'agent:main:a': { sessionId: 'id-a', updatedAt: 1 } });
    const link = join(await tempFolder(t), 'link');
    await symlink(dir, link);
    const { call } = openclawAt(link);
    await call(sessionsPatch, { key: 'a', label: 'x' });
    assert.equal((await store())['agent:main:a']?.['label'], 'x');
    await call(sessionsReset, { key: 'a' });
    await call(sessionsDelete, { key: 'a' });
    assert.deepEqual(
      (await names()).filter((name) => !/\.jsonl\.deleted\./.test(name)),
      ['sessions.json'],
    );
  });
});
