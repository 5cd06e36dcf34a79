import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { chmod, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { basename, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import * as z from 'zod';
import {
  compactTranscript,
  type CompactionOptions,
} from '../../../../server/sources/openclaw/transcriptCompaction.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { jsonLines } from '../files.ts';
import { NOW } from './stateDirectory.ts';

const run = promisify(execFile);
const COMPACT = fileURLToPath(new URL('./compactOne.ts', import.meta.url));
const BAK = '.bak.2026-03-02T08-00-00.000Z';
const HEADER = { type: 'session', version: 3, id: 's', cwd: '/w' };

const entry = (id: string, parentId: string | null, more: object = {}) => ({
  type: 'message',
  id,
  parentId,
  ...more,
});

async function transcript(t: TestContext, content: string | Buffer) {
  const folder = await tempFolder(t);
  const path = join(folder, 's.jsonl');
  await writeFile(path, content);
  return {
    folder,
    path,
    compact: (maxLines: number, more: Partial<CompactionOptions> = {}) =>
      compactTranscript(path, { maxLines, now: NOW, check: () => undefined, ...more }),
    text: () => readFile(path, 'utf8'),
    lines: async () =>
      (await readFile(path, 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
  };
}

describe('a transcript that is compacted', () => {
  it('keeps its header and its last lines, and stays whole beside itself', async (t) => {
    const all = [HEADER, entry('1', null), entry('2', '1'), entry('3', '2'), entry('4', '3')];
    const { compact, lines, path } = await transcript(t, jsonLines(all));
    await chmod(path, 0o640);
    const done = await compact(3);
    assert.deepEqual(done, { compacted: true, kept: 3, removed: 2, archived: `${path}${BAK}` });
    assert.deepEqual(await lines(), [HEADER, entry('3', null), entry('4', '3')]);
    assert.equal(await readFile(`${path}${BAK}`, 'utf8'), jsonLines(all));
    assert.equal((await stat(path)).mode & 0o777, 0o640);
  });

  it('is left alone where it is short enough', async (t) => {
    const { compact, text, folder } = await transcript(t, jsonLines([HEADER, entry('1', null)]));
    assert.deepEqual(await compact(2), { compacted: false, kept: 2 });
    assert.equal(await text(), jsonLines([HEADER, entry('1', null)]));
    assert.deepEqual(await readdir(folder), ['s.jsonl']);
    const empty = await transcript(t, '\n \r\n');
    assert.deepEqual(await empty.compact(1), { compacted: false, kept: 0 });
  });

  it('may be left with its header alone', async (t) => {
    const { compact, lines } = await transcript(t, jsonLines([HEADER, entry('1', null), entry('2', '1')]));
    const { kept } = await compact(1);
    assert.equal(kept, 1);
    assert.deepEqual(await lines(), [HEADER]);
  });

  it('that has no header keeps the last lines', async (t) => {
    const { compact, lines } = await transcript(
      t,
      jsonLines([entry('1', null), entry('2', '1'), entry('3', '2')]),
    );
    const { kept } = await compact(2);
    assert.equal(kept, 2);
    assert.deepEqual(await lines(), [entry('2', null), entry('3', '2')]);
    const one = await transcript(t, jsonLines([entry('1', null), entry('2', '1')]));
    await one.compact(1);
    assert.deepEqual(await one.lines(), [entry('2', null)]);
  });

  it('loses lines that cannot be read, which stay in the whole', async (t) => {
    const content = jsonLines([
      HEADER,
      entry('1', null),
      '{"broken',
      entry('2', '1'),
      '[1]',
      'words',
      entry('3', '2'),
    ]);
    const { compact, lines, path } = await transcript(t, content);
    assert.deepEqual(await compact(5), { compacted: true, kept: 3, removed: 4, archived: `${path}${BAK}` });
    assert.deepEqual(await lines(), [HEADER, entry('2', null), entry('3', '2')]);
    assert.equal(await readFile(`${path}${BAK}`, 'utf8'), content);
  });

  it('counts no blank lines, and takes what its writer had no time to end for a line', async (t) => {
    const text = `${JSON.stringify(HEADER)}\n\n  \n${JSON.stringify(entry('1', null))}\n\n${JSON.stringify(entry('2', '1'))}`;
    const same = await transcript(t, text);
    assert.deepEqual(await same.compact(3), { compacted: false, kept: 3 });
    const { compact, lines } = await transcript(t, text);
    assert.equal((await compact(2)).kept, 2);
    assert.deepEqual(await lines(), [HEADER, entry('2', null)]);
    const half = await transcript(t, `${text}\n{"type":"mess`);
    const done = await half.compact(3);
    assert.deepEqual([done.kept, await half.lines()], [2, [HEADER, entry('2', null)]]);
    const blank = await transcript(t, `${text}\n   `);
    assert.deepEqual(await blank.compact(3), { compacted: false, kept: 3 });
  });

  it('may have a byte order mark and line ends of Windows', async (t) => {
    const text = `\uFEFF${jsonLines([HEADER, entry('1', null), entry('2', '1')]).replaceAll('\n', '\r\n')}`;
    const { compact, text: after } = await transcript(t, text);
    await compact(2);
    assert.equal(await after(), jsonLines([HEADER, entry('2', null)]));
  });

  it('keeps the text of its lines to the letter, but for the root and what a compaction begins at', async (t) => {
    const odd = String.raw`{ "type":"message", "id":"2","parentId":"1", "n": 1.0, "big":12345678901234567890, "e":"\u00e9" }`;
    const last = String.raw`{"type":"message" ,"id":"3","parentId":"2","n":2.50}`;
    const { compact, text } = await transcript(t, jsonLines([HEADER, entry('1', null), odd, last]));
    await compact(3);
    assert.equal(
      await text(),
      jsonLines([
        HEADER,
        String.raw`{"type":"message","id":"2","parentId":null,"n": 1.0,"big":12345678901234567890,"e":"\u00e9"}`,
        last,
      ]),
    );
  });

  it('lets a compaction begin at the first entry where its own is gone', async (t) => {
    const compaction = (id: string, parentId: string | null, firstKeptEntryId: string) => ({
      type: 'compaction',
      id,
      parentId,
      summary: 's',
      firstKeptEntryId,
    });
    const { compact, lines } = await transcript(
      t,
      jsonLines([
        HEADER,
        entry('1', null),
        entry('2', '1'),
        compaction('3', '2', '1'),
        compaction('4', '3', '3'),
      ]),
    );
    await compact(4);
    assert.deepEqual(await lines(), [
      HEADER,
      entry('2', null),
      compaction('3', '2', '2'),
      compaction('4', '3', '3'),
    ]);
  });

  it('is left as it is where it was written to meanwhile, or the lock was lost', async (t) => {
    const content = jsonLines([HEADER, entry('1', null), entry('2', '1')]);
    const busy = await transcript(t, content);
    const more = jsonLines([entry('3', '2')]);
    await assert.rejects(
      busy.compact(2, {
        check: () => appendFileSync(busy.path, more),
      }),
      { code: 'STORE_BUSY', message: /was written to meanwhile, and was left as it is/ },
    );
    assert.equal(await busy.text(), content + more);
    assert.deepEqual(await readdir(busy.folder), ['s.jsonl']);
    const lost = await transcript(t, content);
    await assert.rejects(
      lost.compact(2, {
        check: () => {
          throw new Error('lost');
        },
      }),
      /lost/,
    );
    assert.equal(await lost.text(), content);
    assert.deepEqual(await readdir(lost.folder), ['s.jsonl']);
  });

  it('keeps at most what was asked for, and everything beside it, whatever it holds', async (t) => {
    const anyLine = fc.oneof(
      fc.constant(JSON.stringify(HEADER)),
      fc.string({ unit: fc.constantFrom('1', '2', '3') }).map((id) => JSON.stringify(entry(id, null))),
      fc.json(),
      fc.string(),
      fc.constantFrom('', ' ', '\r', '\uFEFF', '{"type":"compaction","firstKeptEntryId":"9"}'),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyLine, { maxLength: 12 }),
        fc.integer({ min: 1, max: 8 }),
        async (all, most) => {
          const content = all.join('\n');
          const { compact, path, folder, text } = await transcript(t, content);
          const done = await compact(most);
          const left = (await text()).split('\n').filter((line) => line.trim() !== '');
          if (!done.compacted) {
            assert.equal(await text(), content);
            assert.deepEqual(await readdir(folder), ['s.jsonl']);
            return;
          }
          assert.deepEqual([left.length, done.kept <= most], [done.kept, true]);
          for (const line of left) JSON.parse(line);
          assert.equal(await readFile(done.archived, 'utf8'), content);
          assert.deepEqual(await readdir(folder), ['s.jsonl', `${basename(path)}${BAK}`]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('may be far larger than the memory it takes', async (t) => {
    const { path, lines } = await transcript(t, jsonLines([HEADER]));
    const small = await transcript(t, jsonLines([HEADER, entry('1', null), entry('2', '1')]));
    const file = await open(path, 'a');
    const line = jsonLines([entry('1', null, { text: 'x'.repeat(3000) })]);
    for (let part = 0; part < 80; part++) await file.write(line.repeat(400)); // 98 MB
    await file.close();
    const peakOf = async (of: string, most: number) => {
      const { stdout } = await run(process.execPath, [COMPACT, of, String(most)]);
      return z.object({ kept: z.number(), peakKiB: z.number() }).parse(JSON.parse(stdout));
    };
    const { peakKiB: least } = await peakOf(small.path, 2);
    const { kept, peakKiB } = await peakOf(path, 400);
    assert.deepEqual([kept, (await lines()).length], [400, 400]);
    assert.ok(peakKiB - least < 60 * 1024, `${Math.round((peakKiB - least) / 1024)} MiB`);
  });
});
