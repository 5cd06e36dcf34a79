import assert from 'node:assert/strict';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { sessionParts, writeExport } from '../../../client/services/exportFile.ts';
import type { Call } from '../../../client/services/call.ts';
import { sessionsExport } from '../../../server/protocol/sessionCopyMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';

const PARTS = ['first\n', 'Grüße\n', 'last\n'];

/** A server whose export has these parts; `onPart` is called before each. */
function exporting(onPart: (at: number) => void = () => undefined): Call {
  return (method, params) => {
    const { cursor } = sessionsExport.params.parse(params);
    const at = Number(cursor ?? 0);
    onPart(at);
    const next = at + 1 < PARTS.length ? { nextCursor: String(at + 1) } : {};
    return Promise.resolve(method.result.parse({ content: PARTS[at], ...next }));
  };
}

async function exportOver(t: TestContext, call: Call, isCancelled = () => false) {
  const folder = await tempFolder(t);
  const target = join(folder, 'out.jsonl');
  await writeFile(target, 'precious');
  const sizes: number[] = [];
  const done = writeExport({
    parts: sessionParts(call, ['a', 'b'], 'jsonl'),
    folder,
    place: (path) => rename(path, target),
    isCancelled,
    onProgress: (bytes) => sizes.push(bytes),
  });
  const look = async () => ({ names: await readdir(folder), text: await readFile(target, 'utf8') });
  return { done, look, sizes };
}

describe('the file of an export', () => {
  it('has all parts in a row, and tells how far it is', async (t) => {
    const { done, look, sizes } = await exportOver(t, exporting());
    assert.equal(await done, true);
    assert.deepEqual(await look(), { names: ['out.jsonl'], text: PARTS.join('') });
    assert.deepEqual(sizes, [6, 14, 19]);
  });

  it('leaves what was there, and nothing else, when it is cancelled at any part', async (t) => {
    for (const last of [0, 1, 2]) {
      let cancelled = false;
      const call = exporting((at) => (cancelled ||= at === last));
      const { done, look } = await exportOver(t, call, () => cancelled);
      assert.equal(await done, false);
      assert.deepEqual(await look(), { names: ['out.jsonl'], text: 'precious' });
    }
  });

  it('leaves what was there, and nothing else, when the server refuses a part', async (t) => {
    const refusal = new Error('gone');
    const { done, look } = await exportOver(
      t,
      exporting((at) => {
        if (at === 2) throw refusal;
      }),
    );
    await assert.rejects(done, refusal);
    assert.deepEqual(await look(), { names: ['out.jsonl'], text: 'precious' });
  });
});
