import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { beginning, cutItem, shortName } from '../../../server/domain/transcriptCut.ts';
import { partText } from '../../../server/domain/transcriptText.ts';
import { transcriptItem, type TranscriptItem } from '../../../server/protocol/transcript.ts';

const place = { id: 'i', position: 7 };

test('a text that fits is left as it is, and a longer one says where the whole is', () => {
  const item: TranscriptItem = { ...place, kind: 'thinking', text: 'x'.repeat(100) };
  assert.equal(cutItem(item, 100), item);
  const longer: TranscriptItem = { ...place, kind: 'thinking', text: 'x'.repeat(101) };
  assert.deepEqual(cutItem(longer, 100), {
    ...item,
    cut: { position: 7, id: 'i', part: 'text', characters: 101 },
  });
});

test('a character of two code units is not cut in two', () => {
  assert.equal(beginning('ab🎉c', 3), 'ab');
  assert.equal(beginning('ab🎉c', 4), 'ab🎉');
  assert.equal(beginning('ab\ud83c\ud83cc', 3), 'ab\ud83c', 'a half that was alone before stays');
});

test('an input keeps its form where shorter texts in it are enough', () => {
  const input = { file_path: '/a', old_string: 'o'.repeat(900), new_string: 'n'.repeat(900) };
  const cut = cutItem({ ...place, kind: 'tool_call', name: 'Edit', input }, 1000);
  assert.deepEqual(cut, {
    ...place,
    kind: 'tool_call',
    name: 'Edit',
    input: { file_path: '/a', old_string: 'o'.repeat(250), new_string: 'n'.repeat(250) },
    cut: { position: 7, id: 'i', part: 'input', characters: JSON.stringify(input).length },
  });
});

test('an input of too many parts is the beginning of its JSON', () => {
  const input = Array.from({ length: 1000 }, (_, index) => index);
  const cut = cutItem({ ...place, kind: 'tool_call', name: 'x', input }, 100);
  assert.equal(cut.kind === 'tool_call' && cut.input, JSON.stringify(input).slice(0, 100));
});

test('input and output of one call are cut each by itself', () => {
  const cut = cutItem(
    {
      ...place,
      kind: 'tool_call',
      name: 'x',
      input: 'i'.repeat(200),
      result: { output: 'o'.repeat(300), isError: false },
    },
    100,
  );
  assert.equal(cut.cut?.characters, 200);
  assert.deepEqual(cut.kind === 'tool_call' && cut.result, {
    output: 'o'.repeat(100),
    outputCut: { position: 7, id: 'i', part: 'output', characters: 300 },
    isError: false,
  });
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.constantFrom('🎉'.repeat(150), '\ud83c'.repeat(300)),
);
const anyJson = fc.oneof(
  fc.json({ maxDepth: 4 }).map((text): unknown => JSON.parse(text)),
  fc.dictionary(fc.string(), anyText),
  fc.array(anyText),
);
const anyItem: fc.Arbitrary<TranscriptItem> = fc.oneof(
  anyText.map((text): TranscriptItem => ({ ...place, kind: 'message', role: 'user', text })),
  anyText.map((insight): TranscriptItem => ({ ...place, kind: 'learning', insight })),
  anyJson.map((data): TranscriptItem => ({ ...place, kind: 'other', type: 'x', data })),
  fc.tuple(anyJson, anyText).map(([input, output]): TranscriptItem => ({
    ...place,
    kind: 'tool_call',
    name: 'x',
    input,
    result: { output, isError: false },
  })),
  anyText.map((output): TranscriptItem => ({
    ...place,
    kind: 'tool_result',
    callId: 'c',
    result: { output, isError: false },
  })),
);

test('no part of any item is longer than was asked for, and each that was cut says how long it is', () => {
  const property = fc.property(anyItem, fc.integer({ min: 100, max: 300 }), (item, maxText) => {
    const cut = transcriptItem.parse(cutItem(item, maxText));
    for (const part of ['text', 'input', 'output', 'data'] as const) {
      const whole = partText(item, part);
      const shown = partText(cut, part);
      if (whole === undefined) continue;
      assert.ok(shown !== undefined && shown.length <= maxText);
      const where = part === 'output' && 'result' in cut ? cut.result?.outputCut : cut.cut;
      assert.equal(where?.characters, whole.length > maxText ? whole.length : undefined);
      if (where === undefined) assert.equal(shown, whole);
    }
  });
  fc.assert(property, { numRuns: 500 });
});

test('a value in which texts cannot be short enough is not copied to find that out', () => {
  let read = 0;
  const input = new Proxy(
    Array.from({ length: 50_000 }, () => 'x'),
    {
      get(target, key, receiver) {
        if (typeof key === 'string' && /^\d+$/.test(key)) read += 1;
        return Reflect.get(target, key, receiver) as unknown;
      },
    },
  );
  const cut = cutItem({ id: '1', position: 0, kind: 'tool_call', name: 'n', input }, 1000);
  assert.equal(cut.kind === 'tool_call' && cut.input, JSON.stringify(input).slice(0, 1000));
  assert.ok(read <= 2 * 50_000 + 1000, `${read} values were read`);
});

test('a name has an end, whatever a record holds', () => {
  assert.equal(shortName('bash'), 'bash');
  assert.equal(shortName('n'.repeat(300)), `${'n'.repeat(199)}…`);
});
