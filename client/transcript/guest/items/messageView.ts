import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { TranscriptItemOf } from '../../../../server/protocol/transcript.ts';
import { fill } from '../../strings.ts';
import { copyButton, foldView, icon, timeView } from '../controls.ts';
import { revealBidi } from '../../../services/plainText.ts';
import { picturesView } from '../pictures/pictureView.ts';
import { itemTitle } from './itemTitle.ts';
import { PROSE, proseView, READ_WHOLE } from '../textView.ts';
import type { ItemContext } from '../viewContext.ts';

type Message = TranscriptItemOf<'message'>;

const icons = { user: 'account', assistant: 'sparkle', system: 'settings-gear' } as const;

export function messageView(context: ItemContext, message: Message): TemplateResult {
  return message.injected === true ? injectedView(context, message) : spokenView(context, message);
}

function spokenView(context: ItemContext, message: Message): TemplateResult {
  const { strings, formats } = context;
  const name = itemTitle(context, message);
  const details = [
    message.model === undefined ? nothing : html`<span>${revealBidi(message.model)}</span>`,
    message.tokens === undefined
      ? nothing
      : html`<span title=${tokensTitle(context, message.tokens)}
          >${fill(strings.tokens, formats.compact(message.tokens.total))}</span
        >`,
    message.costUsd === undefined ? nothing : html`<span>${formats.usd(message.costUsd)}</span>`,
  ];
  return html`<div class="message ${message.role}">
    <div class="message-head">
      ${icon(icons[message.role])}<span class="message-role">${name}</span>
      ${message.text === '' ? nothing : copyButton(context, message.text, message.cut)}
      <span class="message-details">${details}${timeView(context, message.timestamp)}</span>
    </div>
    ${
      message.text === ''
        ? nothing
        : proseView(context, 'text', message.text, {
            title: name,
            cut: message.cut,
            limits: message.role === 'assistant' ? READ_WHOLE : PROSE,
          })
    }${picturesView(context, message.images)}
  </div>`;
}

/** What the agent program put among the messages; a reader looks for it only when they wonder. */
function injectedView(context: ItemContext, message: Message): TemplateResult {
  return foldView(context, {
    part: 'injected',
    className: 'quiet',
    summary: html`${icon('note')}<span class="fold-title">${context.strings.injected}</span>
      ${beginning(context, 'injected', message.text)}${timeView(context, message.timestamp)}`,
    body: () =>
      html`${proseView(context, 'text', message.text, { title: context.strings.injected, cut: message.cut })}${picturesView(context, message.images)}`,
  });
}

/** What a folded text begins with. Unfolded, the text itself says it. */
export function beginning(context: ItemContext, part: string, text: string): TemplateResult {
  const line = context.open.has(part) ? '' : (text.trimStart().slice(0, 300).split('\n')[0] ?? '');
  return html`<span class="fold-summary" dir="auto">${revealBidi(line)}</span>`;
}

export function tokensTitle(
  { strings, formats }: Pick<ItemContext, 'strings' | 'formats'>,
  tokens: NonNullable<Message['tokens']>,
): string {
  const { input, output, cacheRead, cacheWrite } = tokens;
  const counts = [input, output, cacheRead, cacheWrite].map((count) => formats.count(count));
  return fill(strings.tokensTitle, ...counts);
}
