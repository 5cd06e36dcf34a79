import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { sessionsPreview } from '../../../server/protocol/openclawMethods.ts';
import { sessionsReset } from '../../../server/protocol/openclawWriteMethods.ts';
import { jsonLines } from '../sources/files.ts';
import { NOW, openclawAt } from '../sources/openclaw/stateDirectory.ts';
import { AT, LINES, state } from './openclawState.ts';

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
