import type { TemplateResult } from 'lit';
import { html } from 'lit';
import type { TranscriptItem } from '../../../../server/protocol/transcript.ts';
import { foldView, icon, timeView } from '../controls.ts';
import { revealBidi } from '../../../services/plainText.ts';
import { jsonText } from '../plainText.ts';
import { blockView, proseView, READ_WHOLE } from '../textView.ts';
import type { ItemContext } from '../viewContext.ts';
import {
  compactionView,
  iterationView,
  learningView,
  lifecycleView,
  modelChangeView,
  noteView,
  summaryView,
} from './lineViews.ts';
import { beginning, messageView } from './messageView.ts';
import { toolCallView, toolResultView } from './toolView.ts';

export function itemView(context: ItemContext, item: TranscriptItem): TemplateResult {
  switch (item.kind) {
    case 'message':
      return messageView(context, item);
    case 'thinking':
      return foldView(context, {
        part: 'thinking',
        className: 'quiet thinking',
        summary: html`${icon('thinking')}<span class="fold-title">${context.strings.thinking}</span>
          ${beginning(context, 'thinking', item.text)}`,
        body: () =>
          proseView(context, 'text', item.text, {
            title: context.strings.thinking,
            cut: item.cut,
            limits: READ_WHOLE,
          }),
      });
    case 'tool_call':
      return toolCallView(context, item);
    case 'tool_result':
      return toolResultView(context, item);
    case 'iteration':
      return iterationView(context, item);
    case 'lifecycle':
      return lifecycleView(context, item);
    case 'summary':
      return summaryView(context, item);
    case 'compaction':
      return compactionView(context, item);
    case 'learning':
      return learningView(context, item);
    case 'model_change':
      return modelChangeView(context, item);
    case 'note':
      return noteView(context, item);
    case 'other':
      return foldView(context, {
        part: 'other',
        className: 'quiet',
        summary: html`${icon('symbol-event')}<span class="fold-title mono" data-part="data"
            >${revealBidi(item.type)}</span
          >
          <span class="fold-summary"></span>${timeView(context, item.timestamp)}`,
        body: () =>
          blockView(context, 'data', jsonText(item.data), {
            title: revealBidi(item.type),
            cut: item.cut,
            grammar: 'json',
          }),
      });
  }
}
