import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownTexts } from '../../../server/domain/transcriptText.ts';

function textsOf(data: unknown): string[] {
  return shownTexts({ id: '1', position: 0, kind: 'other', type: 't', data }).flatMap(({ texts }) => texts);
}

test('each value is a text by itself, in the order in which they stand', () => {
  assert.deepEqual(textsOf({ a: [1, { b: 'x' }], c: null }), ['t', 'a', '1', 'b', 'x', 'c', 'null']);
});

test('very many values are one text, so that going through them takes no longer than their JSON', () => {
  let data: unknown = Array.from({ length: 20_000 }, () => 'x');
  for (let depth = 0; depth < 150; depth += 1) data = { a: data };
  assert.deepEqual(textsOf(data), ['t', JSON.stringify(data)]);
});
