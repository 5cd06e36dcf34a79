import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { fill } from '../strings.ts';
import { copyButton } from './controls.ts';
import { excerpt } from './excerpt.ts';
import { splitFences } from './fences.ts';
import { revealBidi } from '../../services/plainText.ts';
import type { ItemContext } from './viewContext.ts';

/** Prose with code blocks. Only ever text nodes: nothing of what an agent wrote is read as markup. */
export function proseView(context: ItemContext, part: string, text: string): TemplateResult {
  return shortened(context, part, text, (shown) =>
    splitFences(shown).map((segment) =>
      segment.kind === 'prose'
        ? html`<div class="prose" dir="auto">${segment.text}</div>`
        : codeView(context, segment.text, segment.text, segment.language),
    ),
  );
}

/** Text in a monospace block. */
export function blockView(context: ItemContext, part: string, text: string): TemplateResult {
  return shortened(context, part, text, (shown) => codeView(context, shown, text, ''));
}

function codeView(context: ItemContext, shown: string, whole: string, language: string): TemplateResult {
  // Written without a space inside <pre>, which would show it.
  return html`<div class="code">
    ${language === '' ? nothing : html`<div class="code-language">${revealBidi(language)}</div>`}
    ${copyButton(context, whole)}
    <pre><code dir="ltr">${revealBidi(shown)}</code></pre>
  </div>`;
}

function shortened(
  context: ItemContext,
  part: string,
  text: string,
  view: (shown: string) => unknown,
): TemplateResult {
  const beginning = excerpt(text);
  if (beginning === undefined) return html`${view(text)}`;
  const { strings, formats } = context;
  const key = `${part}/all`;
  const open = context.open.has(key);
  const { unit, count } = beginning.total;
  const showAll = unit === 'lines' ? strings.showAllLines : strings.showAllCharacters;
  const onClick = ({ currentTarget }: Event) => {
    if (currentTarget instanceof Element) context.toggle(context.id, key, currentTarget);
  };
  return html`<div class=${open ? 'long' : 'long cut'}>${view(open ? text : beginning.text)}</div>
    <button class="show-all" type="button" aria-expanded=${open ? 'true' : 'false'} @click=${onClick}>
      ${open ? strings.showLess : fill(showAll, formats.count(count))}
    </button>`;
}
