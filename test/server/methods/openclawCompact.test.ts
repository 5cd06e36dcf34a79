import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { sessionsCompact } from '../../../server/protocol/openclawWriteMethods.ts';
import { jsonLines } from '../sources/files.ts';
import { NOW } from '../sources/openclaw/stateDirectory.ts';
import { AT, HEADER, LINES, message, state } from './openclawState.ts';

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
