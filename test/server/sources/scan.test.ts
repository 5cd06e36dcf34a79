import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { countIn, folded } from '../../../server/domain/foldedText.ts';
import { filterFor } from '../../../server/domain/recordFilter.ts';
import { shownTexts } from '../../../server/domain/transcriptText.ts';
import { OWN_SENTENCES } from '../../../server/sources/ownSentences.ts';
import type { SessionSource } from '../../../server/sources/source.ts';
import { oddJson } from '../../support/oddJson.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { anyRecord } from './anyFile.ts';
import { writeLines } from './files.ts';
import { claudeSource, openclawSource, piSource } from './reading.ts';

const PATH = 'p/s.jsonl';
/** Of a transcript that no store names. */
const LOOSE_PATH = 'agents/main/sessions/s.jsonl';

const letters = fc.string({
  unit: fc.constantFrom(...'aAbkKiIsS019 _-"\\/\n\tßẞſİı\u212aΣςσéÉ漢🎉\u202a\u0307\ud800 Дд'.split(/(?:)/u)),
  maxLength: 20,
});
const wordy = fc.record({
  type: fc.constantFrom('user', 'assistant', 'message', 'custom'),
  message: fc.record({
    role: fc.constantFrom('user', 'assistant', 'toolResult', 'bashExecution'),
    content: fc.oneof(
      letters,
      fc.array(
        fc.oneof(
          fc.record({ type: fc.constant('text'), text: letters }),
          fc.record({
            type: fc.constant('tool_use'),
            id: fc.constant('t'),
            name: letters,
            input: fc.dictionary(letters, fc.oneof(letters, fc.double(), fc.nat())),
          }),
          fc.record({
            type: fc.constant('tool_result'),
            tool_use_id: fc.constant('t'),
            content: fc.oneof(letters, fc.array(fc.dictionary(letters, fc.nat()))),
          }),
        ),
        { maxLength: 3 },
      ),
    ),
    toolCallId: fc.constant('t'),
    stopReason: fc.constantFrom('stop', 'error', 'aborted'),
    command: letters,
  }),
  id: fc.constantFrom('a', 'b', 'c'),
  parentId: fc.constantFrom('a', 'b', null),
  customType: letters,
});

const anyLines = fc
  .tuple(
    fc.array(fc.oneof({ weight: 1, arbitrary: anyRecord }, { weight: 2, arbitrary: wordy }), {
      maxLength: 8,
    }),
    fc.array(fc.nat(1000), { minLength: 20, maxLength: 200 }),
    fc.array(fc.constantFrom('', 'not JSON a\u202Ab k\u212A', '{"x":1}', '[1,2]'), { maxLength: 2 }),
  )
  .map(([records, choices, damaged]) => {
    let next = 0;
    const choose = () => choices[next++ % choices.length] ?? 0;
    return [...records.map((record) => oddJson(record, choose)), ...damaged];
  });

/** Which part of what is shown is looked for: of which text, from where, how long, and in which case. */
const anyWanted = fc.record({
  which: fc.nat(),
  from: fc.nat(),
  length: fc.integer({ min: 1, max: 14 }),
  change: fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => text.toUpperCase(),
    (text) => text.toLowerCase(),
  ),
});

async function hitsOf(source: SessionSource, path: string, wanted: string, isFiltered: boolean) {
  const filter = isFiltered ? filterFor(wanted, OWN_SENTENCES) : undefined;
  const { items, ...page } = await source.page(path, { from: 0, limit: 1000, scan: { filter } });
  const hits = items.flatMap((item) =>
    shownTexts(item).flatMap(({ part, texts }) => {
      const count = texts.reduce((sum, text) => sum + countIn(text, folded(wanted)), 0);
      return count === 0 ? [] : [{ id: item.id, position: item.position, part, count }];
    }),
  );
  return { hits, page, texts: items.flatMap((item) => shownTexts(item).flatMap(({ texts }) => texts)) };
}

for (const [name, path, file, sourceOf] of [
  ['Claude Code', PATH, `projects/${PATH}`, claudeSource] as const,
  ['pi', PATH, `sessions/${PATH}`, piSource] as const,
  ['OpenClaw', LOOSE_PATH, LOOSE_PATH, openclawSource] as const,
]) {
  test(`whatever a file of ${name} holds, all that is looked for is found in lines that were not passed over`, async (t) => {
    const folder = await tempFolder(t);
    const written = await writeLines(join(folder, file), []);
    const source = sourceOf(folder);
    const property = fc.asyncProperty(
      anyLines,
      fc.array(anyWanted, { minLength: 4, maxLength: 8 }),
      async (lines, wants) => {
        await writeFile(written, lines.map((line) => `${line}\n`).join(''));
        const { texts } = await hitsOf(source, path, 'x', false);
        for (const { which, from, length, change } of wants) {
          const text = texts[which % texts.length] ?? '';
          const start = from % Math.max(1, text.length);
          const wanted = change(text.slice(start, start + length));
          if (wanted === '') continue;
          const { texts: _, ...found } = await hitsOf(source, path, wanted, true);
          const { texts: __, ...all } = await hitsOf(source, path, wanted, false);
          assert.deepEqual(found, all, `${JSON.stringify(wanted)} in ${lines.join('\n')}`);
        }
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });
}
