import { noChange } from 'lit';
import { AsyncDirective, directive } from 'lit/async-directive.js';
import { revealBidi } from '../../../services/plainText.ts';
import { tokenNodes } from './highlightedCode.ts';
import type { Highlighter } from './highlighter.ts';
import type { Grammar } from '../../languages.ts';
import type { Token } from './workerMessages.ts';

/** A line of code with something before it that is not code: a sign, a number. */
export interface CodeLine {
  readonly before: string;
  readonly className: string;
  readonly text: string;
  readonly isCode: boolean;
}

class CodeLinesDirective extends AsyncDirective {
  #lines: readonly CodeLine[] = [];
  #end: (() => void) | undefined;

  override render(
    highlighter: Highlighter,
    grammar: Grammar | undefined,
    lines: readonly CodeLine[],
  ): unknown {
    if (areSame(lines, this.#lines)) return noChange;
    this.#lines = lines;
    this.#end?.();
    if (grammar === undefined) return lineNodes(lines, undefined);
    // All lines together, old and new ones of a diff too: nearly always each of them says by itself what its words are.
    const code = lines.map(({ text, isCode }) => (isCode ? revealBidi(text) : '')).join('\n');
    const known = highlighter.known(grammar, code);
    if (known === undefined)
      this.#end = highlighter.want(grammar, code, (tokens) => this.setValue(lineNodes(lines, tokens)));
    return lineNodes(lines, known);
  }

  protected override disconnected(): void {
    this.#end?.();
  }
}

/** Lines of code that get their colours when they are known. */
export const codeLines = directive(CodeLinesDirective);

function areSame(lines: readonly CodeLine[], others: readonly CodeLine[]): boolean {
  return (
    lines.length > 0 &&
    lines.length === others.length &&
    lines.every(({ before, text }, at) => before === others[at]?.before && text === others[at].text)
  );
}

function lineNodes(lines: readonly CodeLine[], tokens: readonly Token[] | undefined): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const tokensOfLine = tokens === undefined ? undefined : splitTokens(tokens);
  for (const [index, { before, className, text, isCode }] of lines.entries()) {
    const line = document.createElement('span');
    line.className = `code-line ${className}`;
    if (before !== '') {
      const mark = document.createElement('span');
      mark.className = 'code-mark';
      mark.textContent = before;
      line.append(mark);
    }
    const coloured = isCode ? tokensOfLine?.[index] : undefined;
    line.append(coloured === undefined ? revealBidi(text) : tokenNodes(coloured), '\n');
    fragment.append(line);
  }
  return fragment;
}

function splitTokens(tokens: readonly Token[]): Token[][] {
  const lines: Token[][] = [[]];
  for (const [text, tokenClass] of tokens) {
    for (const [index, part] of text.split('\n').entries()) {
      if (index > 0) lines.push([]);
      if (part !== '') lines.at(-1)?.push([part, tokenClass]);
    }
  }
  return lines;
}
