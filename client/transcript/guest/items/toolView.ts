import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { ToolResult, TranscriptItemOf } from '../../../../server/protocol/transcript.ts';
import { foldView, icon } from '../controls.ts';
import { revealBidi } from '../../../services/plainText.ts';
import { jsonText, withoutTerminalSequences } from '../plainText.ts';
import { blockView } from '../textView.ts';
import { toolIcon, toolSummary } from '../toolSummary.ts';
import type { ItemContext } from '../viewContext.ts';

export function toolCallView(context: ItemContext, call: TranscriptItemOf<'tool_call'>): TemplateResult {
  return foldView(context, {
    part: 'call',
    className: 'tool',
    summary: html`${icon(toolIcon(call.name))}<span class="tool-name">${revealBidi(call.name)}</span>
      <span class="fold-summary mono" dir="ltr">${revealBidi(toolSummary(call.input))}</span>
      ${resultMark(context, call.result)}`,
    body: () =>
      html`${call.input === undefined ? nothing : inputView(context, call.input)}
      ${call.result === undefined ? nothing : outputView(context, call.result)}`,
  });
}

/** A result whose call is on an older page, or nowhere. */
export function toolResultView(context: ItemContext, item: TranscriptItemOf<'tool_result'>): TemplateResult {
  const { strings } = context;
  return foldView(context, {
    part: 'result',
    className: 'tool',
    summary: html`${icon('tools')}<span class="tool-name">${strings.toolResult}</span>
      <span class="fold-summary">${strings.toolResultHint}</span>${resultMark(context, item.result)}`,
    body: () => outputView(context, item.result),
  });
}

function inputView(context: ItemContext, input: unknown): TemplateResult {
  return html`<div class="label">${context.strings.toolInput}</div>
    ${blockView(context, 'input', jsonText(input))}`;
}

function outputView(context: ItemContext, { output }: ToolResult): TemplateResult {
  const { strings } = context;
  const text = withoutTerminalSequences(output);
  return html`<div class="label">${strings.toolOutput}</div>
    ${
      text.trim() === ''
        ? html`<div class="no-output">${strings.noOutput}</div>`
        : blockView(context, 'output', text)
    }`;
}

function resultMark(context: ItemContext, result: ToolResult | undefined): TemplateResult {
  const { strings, formats } = context;
  const duration =
    result?.durationMs === undefined
      ? nothing
      : html`<span class="duration">${formats.duration(result.durationMs)}</span>`;
  if (result === undefined) {
    return context.mayRun
      ? mark('running', 'loading codicon-modifier-spin', strings.toolRunning)
      : mark('missing', 'dash', strings.toolNoResult);
  }
  return result.isError
    ? html`${duration}${mark('failed', 'error', strings.toolFailed)}`
    : html`${duration}${mark('ok', 'check', strings.toolOk)}`;
}

/** A state is told by its icon's form and by words, never by a colour alone. */
function mark(state: string, name: string, text: string): TemplateResult {
  return html`<span class="mark ${state}" title=${text}
    >${icon(name)}<span class="sr-only">${text}</span></span
  >`;
}
