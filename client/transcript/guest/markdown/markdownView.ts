import type { RootPart } from 'lit';
import { noChange, render } from 'lit';
import { AsyncDirective, directive } from 'lit/async-directive.js';
import { codeView } from '../codeView.ts';
import { diffView } from '../diff/diffView.ts';
import { fenceDiff } from '../diff/fenceDiff.ts';
import { grammarOf } from '../../languages.ts';
import { linkWhenItExists } from '../paths/pathLink.ts';
import { pathTarget } from '../paths/pathText.ts';
import type { ViewContext } from '../viewContext.ts';

class MarkdownDirective extends AsyncDirective {
  #text: string | undefined;
  #parts: RootPart[] = [];
  #ends: (() => void)[] = [];

  override render(context: ViewContext, text: string): unknown {
    if (text === this.#text) return noChange;
    this.#leave();
    this.#parts = [];
    this.#text = text;
    const fragment = context.content.markdown.fragment(text);
    const holder = document.createElement('div');
    if (fragment === undefined) {
      holder.className = 'prose';
      holder.dir = 'auto';
      holder.textContent = text;
    } else {
      holder.className = 'markdown';
      holder.append(fragment);
      this.#enrich(holder, context);
    }
    return holder;
  }

  protected override disconnected(): void {
    this.#leave();
  }

  protected override reconnected(): void {
    for (const part of this.#parts) part.setConnected(true);
  }

  #leave(): void {
    for (const part of this.#parts) part.setConnected(false);
    for (const end of this.#ends.splice(0)) end();
  }

  #enrich(holder: HTMLElement, context: ViewContext): void {
    for (const block of holder.querySelectorAll<HTMLElement>('pre[data-language]')) {
      const text = block.textContent;
      const place = document.createElement('div');
      block.replaceWith(place);
      this.#parts.push(render(blockView(context, text, block.dataset['language'] ?? ''), place));
    }
    const { paths } = context.content;
    for (const file of holder.querySelectorAll<HTMLElement>('.file[data-path]')) {
      const target = pathTarget(file.dataset['path'] ?? '');
      delete file.dataset['path'];
      if (target !== undefined) this.#ends.push(linkWhenItExists(file, target, paths));
    }
    for (const code of holder.querySelectorAll<HTMLElement>(':not(pre) > code')) {
      const target = code.closest('a') === null ? pathTarget(code.textContent) : undefined;
      if (target !== undefined) this.#ends.push(linkWhenItExists(code, target, paths));
    }
  }
}

function blockView(context: ViewContext, text: string, language: string): unknown {
  return grammarOf(language) === 'diff'
    ? fenceDiff(text).map((diff) => diffView(context, diff))
    : codeView(context, { shown: text, language });
}

/** An agent's text as it is meant to be read. */
export const markdown = directive(MarkdownDirective);
