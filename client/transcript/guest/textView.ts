import type { TemplateResult } from 'lit';
import { html } from 'lit';
import type { CutText } from '../../../server/protocol/transcript.ts';
import { codeView } from './codeView.ts';
import type { Limits } from './excerpt.ts';
import { excerpt } from './excerpt.ts';
import { foldedView } from './foldedText.ts';
import type { Grammar } from '../languages.ts';
import { markdown } from './markdown/markdownView.ts';
import type { ItemContext } from './viewContext.ts';

/** What is read from beginning to end is folded late: only where to draw it would be seen as a halt. */
export const READ_WHOLE: Limits = { lines: 200, characters: 8000 };
export const PROSE: Limits = { lines: 40, characters: 4000 };
export const BLOCK: Limits = { lines: 20, characters: 4000 };

export interface TextOptions {
  /** For the editor's tab. */
  readonly title: string;
  readonly cut?: CutText | undefined;
  readonly limits?: Limits;
}

/** What was written to be read, as Markdown. */
export function proseView(
  context: ItemContext,
  part: string,
  text: string,
  { title, cut, limits = PROSE }: TextOptions,
): TemplateResult {
  const beginning = excerpt(text, limits);
  return foldedView(context, {
    part,
    total: beginning?.total ?? { unit: 'characters', count: text.length },
    isLong: beginning !== undefined,
    view: (whole) => html`${markdown(context, whole ? text : (beginning?.text ?? text))}`,
    editor: { title, language: 'markdown', text, cut },
  });
}

/** Text in a monospace block, with the colours of a language where it has one. */
export function blockView(
  context: ItemContext,
  part: string,
  text: string,
  { title, cut, limits = BLOCK, grammar }: TextOptions & { readonly grammar?: Grammar | undefined },
): TemplateResult {
  const beginning = excerpt(text, limits);
  return foldedView(context, {
    part,
    total: beginning?.total ?? { unit: 'characters', count: text.length },
    isLong: beginning !== undefined,
    view: (whole) =>
      codeView(context, { shown: whole ? text : (beginning?.text ?? text), whole: text, cut, grammar }),
    editor: { title, language: grammar, text, cut },
  });
}
