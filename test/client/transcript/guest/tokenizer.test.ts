import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadGrammar } from '../../../../client/transcript/guest/highlight/grammars.ts';
import type { Grammar } from '../../../../client/transcript/languages.ts';
import { grammarOf, grammarOfPath } from '../../../../client/transcript/languages.ts';
import { tokenClasses } from '../../../../client/transcript/guest/highlight/tokenClasses.ts';
import { Tokenizer } from '../../../../client/transcript/guest/highlight/tokenizer.ts';

const tokenizer = new Tokenizer();

async function classOf(grammar: Grammar, code: string, word: string): Promise<string | undefined> {
  await tokenizer.load(grammar);
  const tokens = await tokenizer.tokens(grammar, code);
  const token = tokens.find(([text]) => text.trim() === word) ?? tokens.find(([text]) => text.includes(word));
  return token === undefined ? undefined : tokenClasses[token[1]];
}

describe('the class of a word', () => {
  const cases: readonly [Grammar, string, string, string][] = [
    ['typescript', 'export const a = 1; // note', 'export const', 'tok-keyword'],
    ['typescript', 'const a = 1; // note', '// note', 'tok-comment'],
    ['typescript', 'f("x")', '"x"', 'tok-string'],
    ['typescript', 'let a: Token;', 'Token', 'tok-type'],
    ['python', 'def f():\n    """doc"""\n    return None\n', 'return None', 'tok-keyword'],
    ['shellscript', 'echo "$f" && exit 1', '$f', 'tok-variable'],
    ['json', '{"a": true}', 'true', 'tok-keyword'],
    ['html', '<div class="x">y</div>', 'class', 'tok-attribute'],
    ['diff', '-a\n+b\n', '+b', 'tok-inserted'],
    ['css', '.a { color: #fff; }', '#', 'tok-punctuation'],
  ];
  for (const [grammar, code, word, expected] of cases) {
    test(`${grammar}: ${word}`, async () => assert.equal(await classOf(grammar, code, word), expected));
  }
});

test('every grammar loads, and gives back the text', async () => {
  for (const name of Object.keys(loadGrammar)) {
    const grammar = grammarOf(name);
    assert.ok(grammar !== undefined, name);
    await tokenizer.load(grammar);
    const code = 'a = "b" # c\n\n  <d> { e: 1 }\n';
    assert.equal((await tokenizer.tokens(grammar, code)).map(([text]) => text).join(''), code, name);
  }
});

test('languages have the names that agents give them, files are known by theirs', () => {
  assert.deepEqual(
    ['TS', 'sh', 'console', 'py', 'c++', 'yml', 'dockerfile', 'klingon', '', 'constructor'].map(grammarOf),
    [
      'typescript',
      'shellscript',
      'shellscript',
      'python',
      'cpp',
      'yaml',
      'docker',
      undefined,
      undefined,
      undefined,
    ],
  );
  assert.deepEqual(
    ['src/a.tsx', 'Dockerfile', String.raw`C:\a\b.rs`, 'a.unknown', 'noending'].map(grammarOfPath),
    ['tsx', 'docker', 'rust', undefined, undefined],
  );
});
