import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { CutText, TranscriptItemOf } from '../../../../server/protocol/transcript.ts';
import { fill } from '../../strings.ts';
import { icon, timeView } from '../controls.ts';
import { revealBidi } from '../../../services/plainText.ts';
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
  const { strings, formats } = context;
  const { number, phase, text, timestamp } = item;
  if (phase === 'end') {
    const title =
      number === undefined
        ? strings.iterationEndedUnnumbered
        : fill(strings.iterationEnded, formats.count(number));
    return lineView(context, { icon: 'pass', title, text, timestamp, cut: item.cut });
  }
  const title =
    number === undefined ? strings.iterationUnnumbered : fill(strings.iteration, formats.count(number));
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
  const title = context.strings.lifecycle[event];
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
    title: context.strings.summary,
    text,
    timestamp,
    cut: item.cut,
  });
}

export function compactionView(context: ItemContext, item: TranscriptItemOf<'compaction'>): TemplateResult {
  const { strings, formats } = context;
  const { tokensBefore, text, timestamp } = item;
  const title =
    tokensBefore === undefined
      ? strings.compaction
      : fill(strings.compactionTokens, formats.compact(tokensBefore));
  return html`${dividerView(context, title, timestamp)}
  ${text === undefined || text === '' ? nothing : html`<div class="divider-text">${proseView(context, 'text', text, { title, cut: item.cut })}</div>`}`;
}

export function learningView(context: ItemContext, item: TranscriptItemOf<'learning'>): TemplateResult {
  const { insight, expertiseFile, timestamp } = item;
  const file = expertiseFile === undefined ? '' : ` · ${revealBidi(expertiseFile)}`;
  const title = `${context.strings.learning}${file}`;
  return lineView(context, {
    icon: 'lightbulb',
    className: 'learning',
    title,
    text: insight,
    timestamp,
    cut: item.cut,
  });
}

export function modelChangeView(
  context: ItemContext,
  item: TranscriptItemOf<'model_change'>,
): TemplateResult {
  const { strings } = context;
  const model = revealBidi(item.model);
  const title =
    item.provider === undefined
      ? fill(strings.modelChanged, model)
      : fill(strings.modelChangedProvider, model, revealBidi(item.provider));
  return lineView(context, { icon: 'arrow-swap', title, timestamp: item.timestamp });
}

export function noteView(context: ItemContext, item: TranscriptItemOf<'note'>): TemplateResult {
  const { strings, formats } = context;
  const severity = item.severity === 'warning' ? strings.warning : strings.info;
  const line = item.line === undefined ? '' : ` · ${fill(strings.line, formats.count(item.line))}`;
  return lineView(context, {
    icon: item.severity,
    className: `note ${item.severity}`,
    title: `${severity}${line}`,
    text: item.text,
    timestamp: item.timestamp,
    cut: item.cut,
  });
}
