import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { sessionsList, sessionsPreview } from '../../../server/protocol/openclawMethods.ts';
import {
  sessionsCompact,
  sessionsDelete,
  sessionsPatch,
  sessionsReset,
} from '../../../server/protocol/openclawWriteMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { deadPid } from '../locks/livingProcess.ts';
import { jsonLines } from '../sources/files.ts';
import { NOW, openclawAt, parseStore, writeStore, type Store } from '../sources/openclaw/stateDirectory.ts';

const AT = '2026-03-02T08-00-00.000Z';
const HEADER = {
  type: 'session',
  version: 3,
  id: 'id-a',
  timestamp: '2026-03-01T00:00:00.000Z',
  cwd: '/home/ada/shop',
};

function message(id: string, parentId: string | null, text = id) {
  return { type: 'message', id, parentId, message: { role: 'user', content: [{ type: 'text', text }] } };
}

const LINES = [HEADER, message('1', null), message('2', '1'), message('3', '2'), message('4', '3')];

async function state(t: TestContext, store: Store, transcripts: Record<string, string | Buffer> = {}) {
  const dir = join(await tempFolder(t), 'state');
  const path = await writeStore(dir, 'main', JSON.stringify(store, null, 2));
  const folder = join(path, '..');
  for (const [id, text] of Object.entries(transcripts)) await writeFile(join(folder, `${id}.jsonl`), text);
  await writeFile(
    join(dir, 'openclaw.json'),
    JSON.stringify({ agents: { defaults: { model: 'openai/gpt-5.5' } } }),
  );
  const temporary = await tempFolder(t);
  const { call, fails } = openclawAt(dir, { tempFolder: temporary });
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  return {
    dir,
    folder,
    path,
    call,
    fails,
    read,
    at: (name: string) => join(folder, name),
    names: async () => (await readdir(folder)).sort(),
    store: async () => parseStore(await read('sessions.json')),
  };
}

describe('sessions.reset', () => {
  const FULL: Record<string, unknown> = {
    sessionId: 'id-a',
    updatedAt: 1,
    label: 'L',
    displayName: 'D',
    subject: 'S',
    chatType: 'direct',
    channel: 'telegram',
    origin: { from: 'x' },
    deliveryContext: { to: 'y' },
    modelOverride: 'm',
    providerOverride: 'p',
    execHost: 'node',
    execSecurity: 'full',
    elevatedLevel: 'ask',
    thinkingLevel: 'high',
    verboseLevel: 'on',
    reasoningLevel: 'on',
    responseUsage: 'full',
    sendPolicy: 'allow',
    queueMode: 'q',
    groupActivation: 'always',
    spawnedBy: 'agent:main:main',
    category: 'c',
    future: { n: 1.5 },
  };
  const GONE = {
    route: {},
    contextTokens: 9,
    skillsSnapshot: {},
    status: 'done',
    memoryFlushAt: 3,
    archivedAt: 4,
  };

  it('begins a session anew, with what belongs to a person and without what belonged to the work', async (t) => {
    const { call, store, names, read, at } = await state(
      t,
      {
        'agent:main:a': {
          ...FULL,
          ...GONE,
          inputTokens: 5,
          outputTokens: 6,
          totalTokens: 7,
          compactionCount: 2,
          authProfileOverride: 'x',
          authProfileOverrideSource: 'auto',
        },
        'agent:main:b': { sessionId: 'id-b', updatedAt: 2 },
      },
      { 'id-a': jsonLines(LINES), 'id-b': jsonLines(LINES) },
    );
    const { ok, key, entry, archived } = await call(sessionsReset, { key: 'a', reason: 'new' });
    const id = String(entry['sessionId']);
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(entry, {
      ...FULL,
      sessionId: id,
      sessionFile: at(`${id}.jsonl`),
      updatedAt: NOW,
      systemSent: false,
      abortedLastRun: false,
      model: 'm',
      modelProvider: 'p',
      modelOverrideSource: 'user',
      inputTokens: 0,
      outputTokens: 0,
      totalTokens: 0,
      totalTokensFresh: true,
      compactionCount: 0,
    });
    assert.deepEqual([ok, key, archived], [true, 'agent:main:a', [at(`id-a.jsonl.reset.${AT}`)]]);
    assert.deepEqual(await store(), {
      'agent:main:a': entry,
      'agent:main:b': { sessionId: 'id-b', updatedAt: 2 },
    });
    assert.equal(await read(`id-a.jsonl.reset.${AT}`), jsonLines(LINES));
    assert.equal(
      await read(`${id}.jsonl`),
      jsonLines([
        { type: 'session', version: 3, id, timestamp: new Date(NOW).toISOString(), cwd: '/home/ada/shop' },
      ]),
    );
    assert.equal((await stat(at(`${id}.jsonl`))).mode & 0o777, 0o600);
    assert.deepEqual(
      await names(),
      [`${id}.jsonl`, `id-a.jsonl.reset.${AT}`, 'id-b.jsonl', 'sessions.json'].sort(),
    );
    const { previews } = await call(sessionsPreview, { keys: ['a'] });
    assert.equal(previews[0]?.status, 'empty');
  });

  it('begins a session that is not there, and one without a transcript', async (t) => {
    const { call, store, names } = await state(t, { 'agent:main:a': { sessionId: 'id-a', updatedAt: 1 } });
    for (const key of ['a', 'new']) {
      const { entry, archived } = await call(sessionsReset, { key });
      assert.deepEqual(archived, []);
      assert.deepEqual([entry['model'], entry['modelProvider']], ['gpt-5.5', 'openai']);
      assert.deepEqual((await store())[`agent:main:${key}`], entry);
      assert.ok((await names()).includes(`${String(entry['sessionId'])}.jsonl`));
    }
  });

  it('leaves a transcript where it is that another entry has too', async (t) => {
    const { call, names } = await state(
      t,
      {
        'agent:main:cron:x': { sessionId: 'id-a', updatedAt: 1 },
        'agent:main:cron:x:run:1': { sessionId: 'id-a', updatedAt: 1 },
      },
      { 'id-a': jsonLines(LINES) },
    );
    assert.deepEqual((await call(sessionsReset, { key: 'cron:x' })).archived, []);
    assert.ok((await names()).includes('id-a.jsonl'));
  });

  it('leaves no new transcript where it fails', async (t) => {
    const { dir, names, path, store } = await state(t, {
      'agent:main:a': { sessionId: 'id-a', updatedAt: 1 },
    });
    // The time is asked for under the lock; by then another has taken it.
    const now = () => {
      rmSync(`${path}.lock`);
      writeFileSync(`${path}.lock`, '{}');
      return NOW;
    };
    assert.equal((await openclawAt(dir, { now }).fails(sessionsReset, { key: 'a' })).code, 'STORE_BUSY');
    assert.deepEqual(await names(), ['sessions.json', 'sessions.json.lock']);
    assert.deepEqual(Object.keys((await store())['agent:main:a'] ?? {}), ['sessionId', 'updatedAt']);
  });
});

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

describe('sessions.compact', () => {
  const one = { 'agent:main:a': { sessionId: 'id-a', updatedAt: 5, label: 'L', future: [1.5] } };

  it('shortens the transcript, and counts it', async (t) => {
    const tokens = { inputTokens: 1, outputTokens: 2, totalTokens: 3, compactionCount: 4 };
    const { call, store, names, at, read } = await state(
      t,
      { 'agent:main:a': { ...one['agent:main:a'], ...tokens } },
      { 'id-a': jsonLines(LINES) },
    );
    const archived = at(`id-a.jsonl.bak.${AT}`);
    assert.deepEqual(await call(sessionsCompact, { key: 'A', maxLines: 3 }), {
      ok: true,
      key: 'agent:main:a',
      compacted: true,
      kept: 3,
      removed: 2,
      archived,
    });
    assert.deepEqual(await store(), {
      'agent:main:a': { ...one['agent:main:a'], updatedAt: NOW, compactionCount: 5 },
    });
    assert.equal(await read('id-a.jsonl'), jsonLines([HEADER, message('3', null), message('4', '3')]));
    assert.deepEqual(await names(), ['id-a.jsonl', `id-a.jsonl.bak.${AT}`, 'sessions.json']);
  });

  it('changes nothing where there is nothing to shorten', async (t) => {
    const { call, store, names, path } = await state(
      t,
      { ...one, 'agent:main:none': { sessionId: 'none', updatedAt: 1 }, 'agent:main:odd': { updatedAt: 1 } },
      { 'id-a': jsonLines(LINES) },
    );
    const before = await store();
    const written = (await stat(path)).mtimeMs;
    for (const [key, answer] of [
      ['a', { kept: 5 }],
      ['none', { reason: 'no transcript' }],
      ['odd', { reason: 'no sessionId' }],
      ['new', { reason: 'no sessionId' }],
    ] as const) {
      const expected = { ok: true, key: `agent:main:${key}`, compacted: false, ...answer };
      assert.deepEqual(await call(sessionsCompact, { key }), expected);
    }
    assert.deepEqual([await store(), (await stat(path)).mtimeMs], [before, written]);
    assert.deepEqual(await names(), ['id-a.jsonl', 'sessions.json']);
  });

  it('is refused, with nothing changed, where the lock on the store is not to be had', async (t) => {
    const { fails, store, path, read, names } = await state(t, one, { 'id-a': jsonLines(LINES) });
    await writeFile(`${path}.lock`, JSON.stringify({ pid: process.pid, startedAt: Date.now() }));
    assert.equal((await fails(sessionsCompact, { key: 'a', maxLines: 2 })).code, 'STORE_BUSY');
    assert.deepEqual([await store(), await read('id-a.jsonl')], [one, jsonLines(LINES)]);
    assert.deepEqual(await names(), ['id-a.jsonl', 'sessions.json', 'sessions.json.lock']);
  });

  it('refuses other numbers of lines', async (t) => {
    const { fails } = await state(t, one, { 'id-a': jsonLines(LINES) });
    for (const maxLines of [0, -1, 1.5, '3', null]) {
      const { code, message: words } = await fails(sessionsCompact, { key: 'a', maxLines });
      assert.equal(code, 'INVALID_PARAMS');
      assert.match(words, /^invalid sessions\.compact params: at \/maxLines: must be (?:>= 1|integer)/);
    }
  });
});

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
