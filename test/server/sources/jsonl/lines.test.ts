import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { filterFor } from '../../../../server/domain/recordFilter.ts';
import { MAX_SCAN_BYTES } from '../../../../server/sources/jsonl/linePage.ts';
import { MAX_RUN_LINES, readLineRuns } from '../../../../server/sources/jsonl/lines.ts';
import { openForReading } from '../../../../server/sources/jsonl/readableFile.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { jsonLines, writeLines } from '../files.ts';
import { claudeSource } from '../reading.ts';
import { countingOpen } from './countingOpen.ts';

const PATH = 'p/s.jsonl';

function said(text: string, uuid: string): object {
  return { type: 'user', uuid, message: { role: 'user', content: text } };
}

test('who takes some of very many short lines does not wait for all of their chunk', async (t) => {
  const folder = await tempFolder(t);
  const path = await writeLines(
    join(folder, 'lines'),
    Array.from({ length: 30_000 }, (_, index) => index),
  );
  const file = await openForReading(path);
  t.after(() => file.close());
  const { size } = await file.stat();
  const texts: string[] = [];
  for await (const run of readLineRuns(file, 0, size)) {
    assert.ok(run.length <= MAX_RUN_LINES, `${run.length} lines`);
    texts.push(...run.map(({ content }) => String(content)));
  }
  assert.deepEqual(texts, [...Array.from({ length: 30_000 }).keys()].map(String));
});

test('who goes through a transcript of which the generation no longer holds reads its beginning, and nothing else', async (t) => {
  const folder = await tempFolder(t);
  const lines = Array.from({ length: 60 }, (_, index) => said('x'.repeat(200_000), `u${index}`));
  const path = await writeLines(join(folder, 'projects', PATH), lines);
  const { open, bytes } = countingOpen();
  const source = claudeSource(folder, { open });
  for (const stale of [{ from: 5_000_000, generation: 'another' }, { from: 99_000_000 }]) {
    bytes.clear();
    const page = await source.page(PATH, { ...stale, limit: 5000, scan: {} });
    assert.deepEqual([page.start, page.items[0]?.id], [0, 'u0:0']);
    const read = bytes.values().reduce((sum, each) => sum + each, 0);
    assert.ok(read < 2 * MAX_SCAN_BYTES, `${read} bytes of ${path}`);
  }
});

test('of what a scan refuses, a part goes through more than of what it reads', async (t) => {
  const folder = await tempFolder(t);
  const lines = Array.from({ length: 60 }, (_, index) => said('x'.repeat(100_000), `u${index}`));
  const path = await writeLines(join(folder, 'projects', PATH), lines);
  await appendFile(path, jsonLines([said('needle', 'n')]));
  const source = claudeSource(folder);
  const partsFor = async (text: string) => {
    let parts = 0;
    for (let from = 0, atEnd = false; !atEnd; parts += 1) {
      const filter = filterFor(text, []);
      const page = await source.page(PATH, { from, limit: 5000, scan: { filter } });
      ({ end: from, atEnd } = page);
    }
    return parts;
  };
  assert.deepEqual([await partsFor('needle'), await partsFor('user')], [2, 3]);
});
