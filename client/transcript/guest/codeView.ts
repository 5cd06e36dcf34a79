import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { CutText } from '../../../server/protocol/transcript.ts';
import { revealBidi } from '../../services/plainText.ts';
import { copyButton } from './controls.ts';
import { highlightedCode } from './highlight/highlightedCode.ts';
import type { Grammar } from '../languages.ts';
import { grammarOf } from '../languages.ts';
import type { ViewContext } from './viewContext.ts';

export interface Code {
  readonly shown: string;
  /** What is copied, where it is more than what is shown. */
  readonly whole?: string;
  /** Where the whole is, where the page has only its beginning. */
  readonly cut?: CutText | undefined;
  /** As it was written after a fence: it is shown, and names the grammar. */
  readonly language?: string;
  /** Where the language is known, but need not be told. */
  readonly grammar?: Grammar | undefined;
}

/** Code, with its language, and a button that copies it. */
export function codeView(
  context: ViewContext,
  { shown, whole, cut, language = '', grammar }: Code,
): TemplateResult {
  // Written without a space inside <pre>, which would show it.
  return html`<div class="code">
    ${language === '' ? nothing : html`<div class="code-language">${revealBidi(language)}</div>`}
    ${copyButton(context, whole ?? shown, cut)}
    <pre><code dir="ltr">${highlightedCode(context.content.highlighter, grammar ?? grammarOf(language), codeText(shown))}</code></pre>
  </div>`;
}

/** As it is drawn: in one form of line end, and with the characters seen that would turn others around. */
function codeText(text: string): string {
  return revealBidi(text).replaceAll('\r\n', '\n');
}
