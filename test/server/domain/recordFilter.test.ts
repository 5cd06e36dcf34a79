import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { countIn, folded } from '../../../server/domain/foldedText.ts';
import { filterFor, filterForStrings, type OwnSentence } from '../../../server/domain/recordFilter.ts';
import { oddJson } from '../../support/oddJson.ts';
import { oneLine } from '../../../server/sources/values.ts';

const units = 'kK\u212aiIİı\u0307sßẞſΣςσéÉДд漢🎉\ud800 \u202a…09e_ -"\\/\n\t\0'.split(/(?:)/u);
const anyText = fc.string({ unit: fc.constantFrom(...units), minLength: 1, maxLength: 12 });

const anyWanted = fc.record({
  from: fc.nat(11),
  length: fc.integer({ min: 1, max: 8 }),
  change: fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => text.toUpperCase(),
    (text) => text.toLowerCase(),
  ),
});
type Wanted = typeof anyWanted extends fc.Arbitrary<infer W> ? W : never;
const anyChoices = fc.array(fc.nat(1000), { minLength: 8, maxLength: 40 });

function assertAccepted(record: string, shown: string, { from, length, change }: Wanted): void {
  const start = from % shown.length;
  const wanted = change(shown.slice(start, start + length));
  if (wanted === '' || countIn(shown, folded(wanted)) === 0) return;
  const filter = filterFor(wanted, []);
  const message = `${JSON.stringify(wanted)} in ${record}`;
  assert.notEqual(filter?.acceptsBytes(Buffer.from(record)), false, message);
  assert.notEqual(filter?.acceptsText(record), false, message);
}

function choosing(choices: readonly number[]): () => number {
  let next = 0;
  return () => choices[next++ % choices.length] ?? 0;
}

test('no text is refused that a record holds, however it is written', () => {
  const property = fc.property(anyText, anyWanted, anyChoices, (text, wanted, choices) => {
    assertAccepted(oddJson({ t: text }, choosing(choices)), text.toWellFormed(), wanted);
  });
  fc.assert(property, { numRuns: 20_000 });
});

test('no value is refused for how its texts, numbers and white space are written', () => {
  const wellFormed = anyText.map((text) => text.toWellFormed());
  const anyValue = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.dictionary(wellFormed, wellFormed));
  const property = fc.property(anyValue, anyWanted, anyChoices, (value, wanted, choices) => {
    assertAccepted(oddJson([value], choosing(choices)), JSON.stringify([value]), wanted);
  });
  fc.assert(property, { numRuns: 10_000 });
  const long = filterFor('100', []);
  for (const record of ['[1e2]', '{"x": 1.0E+2}', '[10000000000000000000]'])
    assert.equal(long?.acceptsText(record) && long.acceptsBytes(Buffer.from(record)), true, record);
  assert.equal(filterFor('5e-7', [])?.acceptsText('[0.0000005]'), true);
  assert.equal(filterFor('null', [])?.acceptsText('[1e999]'), true);
});

test('no text is refused that is there in one line of what is no record', () => {
  const property = fc.property(anyText, anyWanted, (text, wanted) => {
    const shown = oneLine(text.toWellFormed(), 200);
    if (shown !== '') assertAccepted(text.toWellFormed(), shown, wanted);
  });
  fc.assert(property, { numRuns: 20_000 });
});

test('records that cannot hold what is looked for are refused', () => {
  const record = JSON.stringify({ uuid: '3e5', text: 'A \u001b[31mred\u001b[0m “fox”\n' });
  const accepts = (text: string, sentences: readonly OwnSentence[] = []) =>
    filterFor(text, sentences)?.acceptsBytes(Buffer.from(record));
  assert.equal(accepts('RED Fox'), true);
  assert.equal(accepts('blue fox'), false);
  assert.equal(accepts('größer'), false);
  assert.equal(accepts('404'), false);
  assert.equal(accepts('blue'), false);
  assert.equal(
    accepts('blue', [{ text: 'A blue note.', isOf: () => true }]),
    undefined,
    'a word that readers add of their own is in any record',
  );
  assert.equal(accepts('“”'), undefined, 'without words, nothing can be refused');
});

test('where a text may be in a sentence of the readers, only records that it is said of are let through', () => {
  const sentences: readonly OwnSentence[] = [
    { text: 'The turn ended with an error.', isOf: (record) => record.includes('"stop"') },
    { text: '… more parts: …', isOf: (record) => record.includes('"many"') },
  ];
  const accepts = (text: string, record: string) => {
    const filter = filterFor(text, sentences);
    assert.equal(filter?.acceptsText(record), filter?.acceptsBytes(Buffer.from(record)));
    return filter?.acceptsText(record);
  };
  for (const text of ['turn', 'ENDED with', 'an error.'])
    assert.deepEqual([accepts(text, '{"x":1}'), accepts(text, '{"stop":1}')], [false, true], text);
  for (const text of ['more', '12 more', '12', 'parts: x', '7 more parts: x'])
    assert.deepEqual([accepts(text, '{"x":1}'), accepts(text, '{"many":1}')], [false, true], text);
  assert.equal(
    accepts('turn left', '{"stop":1}'),
    false,
    'words of a sentence that is not said are looked for',
  );
  assert.equal(
    accepts(': other', '{"many":1}'),
    false,
    'what is the record’s own in a sentence is looked for',
  );
});

test('records are found by a string that stands by itself', () => {
  const filter = filterForStrings(['user', 'iteration']);
  for (const [record, isAccepted] of [
    ['{"role": "user"}', true],
    ['{"role":"\\u0075ser"}', true],
    ['{"userType":"x","text":"the \\"user\\" \\u001b"}', false],
  ] as const) {
    assert.equal(filter.acceptsText(record), isAccepted, record);
    assert.equal(filter.acceptsBytes(Buffer.from(record)), isAccepted, record);
  }
});
