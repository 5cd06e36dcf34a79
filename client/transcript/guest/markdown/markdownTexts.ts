import { MarkdownHtml } from './markdownHtml.ts';
import { sanitized } from './sanitizer.ts';

/** Characters of the texts whose result is kept: scrolling back and forth parses nothing twice. */
const MAX_KEPT = 300_000;

/** Markdown that is ready for the page, made once for each text. */
export class MarkdownTexts {
  readonly #html = new MarkdownHtml();
  /** Where nothing loads: what is kept belongs to it, else each text would keep the document that it was parsed in. */
  readonly #inert = document.implementation.createHTMLDocument('');
  readonly #kept = new Map<string, DocumentFragment | undefined>();
  #characters = 0;

  /** A copy of one's own; undefined for a text that is to be shown as it was written. */
  fragment(text: string): DocumentFragment | undefined {
    const kept = this.#kept.get(text);
    if (this.#kept.delete(text)) this.#kept.set(text, kept);
    else this.#make(text);
    const made = this.#kept.get(text);
    return made === undefined ? undefined : document.importNode(made, true);
  }

  #make(text: string): void {
    const html = this.#html.html(text);
    this.#kept.set(text, html === undefined ? undefined : this.#inert.adoptNode(sanitized(html)));
    this.#characters += text.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#characters <= MAX_KEPT || oldest === text) break;
      this.#kept.delete(oldest);
      this.#characters -= oldest.length;
    }
  }
}
