import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { createHighlighterCore } from '@shikijs/core';
import { createJavaScriptRegexEngine } from '@shikijs/engine-javascript';
import * as z from 'zod';
import yaml from '@shikijs/langs/yaml';

const GRAMMAR = new URL('../media/lockstep-workflow.tmLanguage.json', import.meta.url);

const grammarSchema = z.looseObject({
  scopeName: z.string(),
  patterns: z.array(z.looseObject({ include: z.string() })),
});

/** Tells the innermost scope of the first place of a word, by VS Code's own YAML and our grammar around it. */
async function scopesOf(text: string): Promise<(word: string) => string | undefined> {
  const grammar = grammarSchema.parse(JSON.parse(await readFile(GRAMMAR, 'utf8')));
  const highlighter = await createHighlighterCore({
    engine: createJavaScriptRegexEngine(),
    themes: [{ name: 'plain', settings: [] }],
    langs: [yaml, { ...grammar, name: 'workflow', repository: {} }],
  });
  const { tokens } = highlighter.codeToTokens(text, {
    lang: 'workflow',
    theme: 'plain',
    includeExplanation: 'scopeName',
  });
  const letters = tokens.flatMap((line) => [
    ...line.flatMap(({ explanation = [] }) =>
      explanation.flatMap(({ content, scopes }) => Array.from(content, () => scopes.at(-1)?.scopeName)),
    ),
    'end of line',
  ]);
  return (word) => letters[text.indexOf(word)];
}

describe('the colours of a workflow file', () => {
  it('are those of YAML, and references have one of their own', async () => {
    const scopeOf = await scopesOf(
      'steps: # ${inputs.c}\n  - id: build\n    prompt: Do ${inputs.a}, $${b}\n    env: { A: "${steps.x.output}" }\n  - prompt: |\n      At ${iteration} of ${HOME}\n',
    );
    assert.equal(scopeOf('steps:'), 'entity.name.tag.yaml');
    assert.equal(scopeOf('build'), 'string.unquoted.plain.out.yaml');
    for (const name of ['inputs.a', 'steps.x.output', 'iteration'])
      assert.equal(scopeOf(name), 'variable.other.lockstep-workflow', name);
    assert.equal(scopeOf('$${'), 'constant.character.escape.lockstep-workflow');
    assert.equal(scopeOf('inputs.c'), 'comment.line.number-sign.yaml');
    assert.equal(scopeOf('At'), 'string.unquoted.block.yaml');
    assert.equal(scopeOf('HOME'), 'string.unquoted.block.yaml');
  });
});
