import assert from 'node:assert/strict';
import { test } from 'node:test';
import { revealBidi } from '../../../../client/services/plainText.ts';
import { jsonText } from '../../../../client/transcript/guest/plainText.ts';

test('characters that reorder others are named, all others stay', () => {
  assert.equal(revealBidi('a\u202eb\u2069'), 'a⟨U+202E⟩b⟨U+2069⟩');
  assert.equal(revealBidi('שלום \u200f é 😀'), 'שלום \u200f é 😀');
});

test('values are indented JSON, texts are themselves', () => {
  assert.equal(jsonText({ a: [1] }), '{\n  "a": [\n    1\n  ]\n}');
  assert.equal(jsonText('plain'), 'plain');
  assert.equal(jsonText(null), 'null');
  assert.equal(jsonText(undefined), '');
});
