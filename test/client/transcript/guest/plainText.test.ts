import assert from 'node:assert/strict';
import { test } from 'node:test';
import { revealBidi } from '../../../../client/services/plainText.ts';
import { jsonText, withoutTerminalSequences } from '../../../../client/transcript/guest/plainText.ts';

test('characters that reorder others are named, all others stay', () => {
  assert.equal(revealBidi('a\u202eb\u2069'), 'a⟨U+202E⟩b⟨U+2069⟩');
  assert.equal(revealBidi('שלום \u200f é 😀'), 'שלום \u200f é 😀');
});

test('terminal sequences go, the text between them stays', () => {
  assert.equal(withoutTerminalSequences('\u001b[1;31mred\u001b[0m \u001b[2Kx'), 'red x');
  assert.equal(withoutTerminalSequences('\u001b]0;title\u0007a \u001b]8;;http://x\u001b\\b'), 'a b');
  assert.equal(withoutTerminalSequences('array[0m]'), 'array[0m]');
});

test('values are indented JSON, texts are themselves', () => {
  assert.equal(jsonText({ a: [1] }), '{\n  "a": [\n    1\n  ]\n}');
  assert.equal(jsonText('plain'), 'plain');
  assert.equal(jsonText(null), 'null');
  assert.equal(jsonText(undefined), '');
});
