import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { CutText, TranscriptItemOf } from '../../../../server/protocol/transcript.ts';
import { icon, timeView } from '../controls.ts';
import { itemTitle } from './itemTitle.ts';
import { proseView } from '../textView.ts';
import type { ItemContext } from '../viewContext.ts';

interface Line {
  readonly icon: string;
  readonly className?: string;
  readonly title: string;
  readonly text?: string | undefined;
  readonly timestamp?: string | undefined;
  readonly cut?: CutText | undefined;
}

/** One quiet line, with a text of its own below it where there is one. */
function lineView(context: ItemContext, line: Line): TemplateResult {
  return html`<div class="line ${line.className ?? ''}">
    ${icon(line.icon)}
    <div class="line-body">
      <div class="line-head">
        <span class="line-title">${line.title}</span>${timeView(context, line.timestamp)}
      </div>
      ${line.text === undefined || line.text === '' ? nothing : proseView(context, 'text', line.text, { title: line.title, cut: line.cut })}
    </div>
  </div>`;
}

function dividerView(context: ItemContext, title: string, timestamp: string | undefined): TemplateResult {
  return html`<div class="divider">
    <span class="divider-title">${title}</span>${timeView(context, timestamp)}
  </div>`;
}

export function iterationView(context: ItemContext, item: TranscriptItemOf<'iteration'>): TemplateResult {
  const { phase, text, timestamp } = item;
  const title = itemTitle(context, item);
  if (phase === 'end') return lineView(context, { icon: 'pass', title, text, timestamp, cut: item.cut });
  return html`${dividerView(context, title, timestamp)}
  ${text === undefined || text === '' ? nothing : html`<div class="divider-text">${proseView(context, 'text', text, { title, cut: item.cut })}</div>`}`;
}

const lifecycleIcons = {
  start: 'play',
  pause: 'debug-pause',
  resume: 'debug-continue',
  complete: 'pass',
  error: 'error',
  timeout: 'watch',
  update: 'edit',
} as const;

export function lifecycleView(context: ItemContext, item: TranscriptItemOf<'lifecycle'>): TemplateResult {
  const { event, text, timestamp } = item;
  const title = itemTitle(context, item);
  return lineView(context, {
    icon: lifecycleIcons[event],
    className: event,
    title,
    text,
    timestamp,
    cut: item.cut,
  });
}

export function summaryView(context: ItemContext, item: TranscriptItemOf<'summary'>): TemplateResult {
  const { text, timestamp } = item;
  return lineView(context, {
    icon: 'note',
    className: 'summary',
    title: itemTitle(context, item),
    text,
    timestamp,
    cut: item.cut,
  });
}

export function compactionView(context: ItemContext, item: TranscriptItemOf<'compaction'>): TemplateResult {
  const { text, timestamp } = item;
  const title = itemTitle(context, item);
  return html`${dividerView(context, title, timestamp)}
  ${text === undefined || text === '' ? nothing : html`<div class="divider-text">${proseView(context, 'text', text, { title, cut: item.cut })}</div>`}`;
}

export function learningView(context: ItemContext, item: TranscriptItemOf<'learning'>): TemplateResult {
  const { insight, timestamp } = item;
  return lineView(context, {
    icon: 'lightbulb',
    className: 'learning',
    title: itemTitle(context, item),
    text: insight,
    timestamp,
    cut: item.cut,
  });
}

export function modelChangeView(
  context: ItemContext,
  item: TranscriptItemOf<'model_change'>,
): TemplateResult {
  return lineView(context, {
    icon: 'arrow-swap',
    title: itemTitle(context, item),
    timestamp: item.timestamp,
  });
}

export function noteView(context: ItemContext, item: TranscriptItemOf<'note'>): TemplateResult {
  return lineView(context, {
    icon: item.severity,
    className: `note ${item.severity}`,
    title: itemTitle(context, item),
    text: item.text,
    timestamp: item.timestamp,
    cut: item.cut,
  });
}
