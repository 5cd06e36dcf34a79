import type { HighlighterCore, ThemeRegistrationRaw } from '@shikijs/core';
import { codeToTokensBase, createHighlighterCore } from '@shikijs/core';
import { createJavaScriptRegexEngine } from '@shikijs/engine-javascript';
import { loadGrammar } from './grammars.ts';
import type { Grammar } from '../../languages.ts';
import { scopesOfClass, tokenClasses } from './tokenClasses.ts';
import type { Token } from './workerMessages.ts';

/** A line that takes longer goes on without colours. The first lines of a grammar also wait for its expressions. */
const LINE_MS = 2000;
const MAX_LINE = 2000;

/** A theme whose colours are only numbers: of the token classes. The stylesheet has the colours themselves. */
const theme: ThemeRegistrationRaw = {
  name: 'classes',
  type: 'dark',
  fg: colour(0),
  bg: '#000000',
  settings: scopesOfClass.map(([tokenClass, scope]) => ({
    scope: [...scope],
    settings: { foreground: colour(tokenClasses.indexOf(tokenClass)) },
  })),
};

function colour(index: number): string {
  return `#0000${index.toString(16).padStart(2, '0')}`;
}

/** Splits code into tokens. May take for ever: some expressions of the grammars can be made to. */
export class Tokenizer {
  readonly #highlighter: Promise<HighlighterCore> = createHighlighterCore({
    engine: createJavaScriptRegexEngine({ forgiving: true, target: 'ES2025' }),
    themes: [theme],
    langs: [],
  });
  readonly #loaded = new Set<Grammar>();

  async load(grammar: Grammar): Promise<void> {
    if (this.#loaded.has(grammar)) return;
    await (await this.#highlighter).loadLanguage(loadGrammar[grammar]);
    this.#loaded.add(grammar);
    // Its expressions are compiled when they are first used, which takes longer than the code of most requests.
    await this.tokens(grammar, 'a');
  }

  async tokens(grammar: Grammar, code: string): Promise<Token[]> {
    const lines = codeToTokensBase(await this.#highlighter, code, {
      lang: grammar,
      theme: 'classes',
      tokenizeMaxLineLength: MAX_LINE,
      tokenizeTimeLimit: LINE_MS,
    });
    const tokens: [string, number][] = [];
    const add = (text: string, tokenClass: number) => {
      const last = tokens.at(-1);
      if (last !== undefined && (last[1] === tokenClass || text.trim() === '')) last[0] += text;
      else tokens.push([text, tokenClass]);
    };
    lines.forEach((line, index) => {
      if (index > 0) add('\n', 0);
      for (const { content, color } of line) add(content, Number.parseInt(color?.slice(5) ?? '0', 16));
    });
    return tokens;
  }
}
