import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textLanguage } from '../../../client/transcript/textLanguage.ts';

const known = [
  'plaintext',
  'json',
  'diff',
  'markdown',
  'typescript',
  'typescriptreact',
  'shellscript',
  'dockerfile',
];

test("a language that is named is taken under the editor's own name for it", () => {
  assert.equal(textLanguage('x', 'ts', known), 'typescript');
  assert.equal(textLanguage('x', 'TSX', known), 'typescriptreact');
  assert.equal(textLanguage('x', 'bash', known), 'shellscript');
  assert.equal(textLanguage('x', 'docker', known), 'dockerfile');
  assert.equal(textLanguage('{}', 'plaintext', known), 'plaintext');
});

test('one that the editor does not know is told by the text', () => {
  assert.equal(textLanguage('{"a": 1}', 'brainfuck', known), 'json');
  assert.equal(textLanguage('fn main() {}', 'rust', known), 'plaintext');
});

test('without a name the text is looked at', () => {
  assert.equal(textLanguage('\n [1, 2]\n', undefined, known), 'json');
  assert.equal(textLanguage('[not json]', undefined, known), 'plaintext');
  assert.equal(textLanguage('diff --git a/x b/x\n', undefined, known), 'diff');
  assert.equal(textLanguage('--- a\n+++ b\n@@ -1 +1,2 @@\n', undefined, known), 'diff');
  assert.equal(textLanguage('Like so:\n```sh\nls\n```\n', undefined, known), 'markdown');
  assert.equal(textLanguage('# a comment\nmake all\n', undefined, known), 'plaintext');
  assert.equal(textLanguage('', undefined, known), 'plaintext');
});

test('a huge text is not parsed', () => {
  assert.equal(textLanguage(`{${'x'.repeat(2_000_000)}}`, undefined, known), 'json');
});
