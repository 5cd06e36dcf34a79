import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { CutText } from '../../../server/protocol/transcript.ts';
import type { ItemContext, ViewContext } from './viewContext.ts';

const COPIED_MS = 1500;

export function icon(name: string): TemplateResult {
  return html`<span class="codicon codicon-${name}" aria-hidden="true"></span>`;
}

/** A button that is an icon; `pressed` for one that turns something on and off. */
export function toolButton(
  title: string,
  name: string,
  onClick: () => void,
  pressed?: boolean,
): TemplateResult {
  return html`<button
    class="tool-button"
    type="button"
    title=${title}
    aria-label=${title}
    aria-pressed=${pressed === undefined ? nothing : String(pressed)}
    @click=${onClick}
  >
    ${icon(name)}
  </button>`;
}

export function timeView(
  context: ViewContext,
  timestamp: string | undefined,
): TemplateResult | typeof nothing {
  if (timestamp === undefined) return nothing;
  const { formats } = context;
  return html`<time datetime=${timestamp} title=${formats.fullTime(timestamp)}
    >${formats.time(timestamp)}</time
  >`;
}

/** `cut` is where the whole is, of a text that the page has the beginning of: that is copied. */
export function copyButton(context: ViewContext, text: string, cut?: CutText): TemplateResult {
  const { strings } = context;
  const onClick = ({ currentTarget }: Event) => {
    context.post(cut === undefined ? { type: 'copy', text } : { type: 'copy', cut });
    if (!(currentTarget instanceof HTMLElement)) return;
    currentTarget.dataset['copied'] = strings.copied;
    context.say(strings.copied);
    setTimeout(() => {
      delete currentTarget.dataset['copied'];
      context.say('');
    }, COPIED_MS);
  };
  return html`<button
    class="action copy"
    type="button"
    title=${strings.copy}
    aria-label=${strings.copy}
    @click=${onClick}
  >
    ${icon('copy')}${icon('check')}
  </button>`;
}

export interface FoldOptions {
  readonly part: string;
  readonly className?: string;
  readonly summary: unknown;
  readonly body: () => unknown;
}

/** A line that unfolds. What is folded is not in the page at all. */
export function foldView(
  context: ItemContext,
  { part, className, summary, body }: FoldOptions,
): TemplateResult {
  const open = context.open.has(part);
  const onClick = ({ currentTarget }: Event) => {
    if (currentTarget instanceof Element) context.toggle(context.id, part, currentTarget);
  };
  return html`<div class="fold ${className ?? ''}">
    <button class="fold-button" type="button" aria-expanded=${open ? 'true' : 'false'} @click=${onClick}>
      ${icon(open ? 'chevron-down' : 'chevron-right')}${summary}
    </button>
    ${open ? html`<div class="fold-body">${body()}</div>` : nothing}
  </div>`;
}
