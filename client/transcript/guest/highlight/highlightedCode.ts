import { noChange } from 'lit';
import { AsyncDirective, directive } from 'lit/async-directive.js';
import type { Highlighter } from './highlighter.ts';
import type { Grammar } from '../../languages.ts';
import { tokenClasses } from './tokenClasses.ts';
import type { Token } from './workerMessages.ts';

class HighlightedCodeDirective extends AsyncDirective {
  #code: string | undefined;
  #grammar: Grammar | undefined;
  #highlighter: Highlighter | undefined;
  #isColoured = false;
  #end: (() => void) | undefined;

  override render(highlighter: Highlighter, grammar: Grammar | undefined, code: string): unknown {
    if (code === this.#code && grammar === this.#grammar) return noChange;
    this.#code = code;
    this.#grammar = grammar;
    this.#highlighter = highlighter;
    this.#end?.();
    const known = grammar === undefined ? undefined : highlighter.known(grammar, code);
    this.#isColoured = known !== undefined;
    if (known !== undefined) return tokenNodes(known);
    this.#want();
    return code;
  }

  protected override disconnected(): void {
    this.#end?.();
  }

  protected override reconnected(): void {
    if (!this.#isColoured) this.#want();
  }

  #want(): void {
    if (this.#grammar === undefined || this.#code === undefined) return;
    this.#end = this.#highlighter?.want(this.#grammar, this.#code, (tokens) => {
      this.#isColoured = true;
      this.setValue(tokenNodes(tokens));
    });
  }
}

/** Code that gets its colours when they are known. Only colours: nothing moves. */
export const highlightedCode = directive(HighlightedCodeDirective);

export function tokenNodes(tokens: readonly Token[]): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const [text, tokenClass] of tokens) {
    const className = tokenClasses[tokenClass] ?? '';
    if (className === '') {
      fragment.append(text);
      continue;
    }
    const span = document.createElement('span');
    span.className = className;
    span.textContent = text;
    fragment.append(span);
  }
  return fragment;
}
