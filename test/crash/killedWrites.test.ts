import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { tempFolder } from '../support/tempFolder.ts';
import {
  sessionsCompact,
  sessionsDelete,
  sessionsPatch,
  sessionsReset,
} from '../../server/protocol/openclawWriteMethods.ts';
import { lockFilesIn } from '../server/locks/lockFilesIn.ts';
import { jsonLines } from '../server/sources/files.ts';
import { openclawAt, parseStore, writeStore } from '../server/sources/openclaw/stateDirectory.ts';

const DYING = fileURLToPath(new URL('../server/sources/openclaw/writeAndDie.ts', import.meta.url));

const OTHER = { sessionId: 'id-b', updatedAt: 2, n: 1.5 };
const ENTRY = { sessionId: 'id-a', updatedAt: 1, label: 'old', totalTokens: 5 };
const WHOLE = jsonLines([
  { type: 'session', version: 3, id: 'id-a', cwd: '/w' },
  ...['1', '2', '3'].map((id) => ({ type: 'message', id, parentId: null })),
]);

const entryNames = z.object({ sessionFile: z.string().optional(), sessionId: z.string().optional() });

async function died(dir: string, method: string, params: object, nth: number): Promise<boolean> {
  const child = spawn(process.execPath, [DYING, dir, method, JSON.stringify(params), String(nth)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(child, 'close');
  assert.ok(child.exitCode === 0 || child.signalCode === 'SIGKILL', `it failed before call ${nth}`);
  return child.signalCode === 'SIGKILL';
}

/** Kills a call before each of its changes, and looks at what each kill leaves behind. */
async function killEverywhere(
  t: TestContext,
  method: { readonly name: string },
  params: object,
  isDone: (entry: Record<string, unknown> | undefined) => boolean,
): Promise<number> {
  for (let nth = 1; ; nth++) {
    const dir = join(await tempFolder(t), 'state');
    const path = await writeStore(dir, 'main', { 'agent:main:a': ENTRY, 'agent:main:b': OTHER });
    const folder = join(path, '..');
    await writeFile(join(folder, 'id-a.jsonl'), WHOLE);
    const wasKilled = await died(dir, method.name, { key: 'a', ...params }, nth);

    const store = parseStore(await readFile(path, 'utf8'));
    const entry = store['agent:main:a'];
    const { sessionFile, sessionId } = entryNames.parse(entry ?? {});
    const file = sessionFile ?? join(folder, `${sessionId}.jsonl`);
    const where = `${method.name}, killed before call ${nth}`;
    assert.deepEqual(store['agent:main:b'], OTHER, where);
    if (!isDone(entry)) assert.deepEqual(entry, ENTRY, where);
    else if (!wasKilled) assert.ok(isDone(entry), where);
    const transcripts = (await readdir(folder)).filter((name) =>
      /^id-a\.jsonl(?:\.(?:bak|reset|deleted)\.|$)/.test(name),
    );
    const contents = await Promise.all(transcripts.map((name) => readFile(join(folder, name), 'utf8')));
    assert.ok(contents.includes(WHOLE), `${where}: the transcript is whole somewhere`);
    if (entry !== undefined) assert.ok((await readFile(file, 'utf8')).endsWith('}\n'), where);

    if (!wasKilled) return nth - 1;
    // Whoever comes next is not kept waiting by what the dead one held, and ends what it had begun.
    const next = openclawAt(dir);
    await next.call(sessionsPatch, { key: 'a', category: 'next' });
    await next.call(sessionsDelete, { key: 'a' });
    // A lock may be left on a transcript that is no session's any more: it is there to be cleaned.
    const files = lockFilesIn('/no/locks/of/our/own');
    for (const name of (await readdir(folder)).filter((one) => one.endsWith('.lock'))) {
      assert.equal(name, 'id-a.jsonl.lock', where);
      assert.equal((await files.look(join(folder, name)))?.verdict, 'dead', where);
    }
  }
}

describe('a call that is killed before any of its changes', { concurrency: 2 }, () => {
  for (const [method, params, isDone] of [
    [sessionsPatch, { label: 'new' }, (entry) => entry?.['label'] === 'new'],
    [sessionsReset, {}, (entry) => entry?.['sessionId'] !== 'id-a' && entry?.['label'] === 'old'],
    [sessionsDelete, {}, (entry) => entry === undefined],
    [sessionsCompact, { maxLines: 2 }, (entry) => entry?.['compactionCount'] === 1],
  ] as [{ name: string }, object, (entry: Record<string, unknown> | undefined) => boolean][]) {
    it(`leaves everything whole, and nobody waiting: ${method.name}`, async (t) => {
      const calls = await killEverywhere(t, method, params, isDone);
      assert.ok(calls >= 6, `${calls} changes`);
      t.diagnostic(`killed before each of ${calls} changes`);
    });
  }
});
