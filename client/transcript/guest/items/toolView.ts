import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { ToolResult, TranscriptItemOf } from '../../../../server/protocol/transcript.ts';
import { fill } from '../../strings.ts';
import { foldView, icon } from '../controls.ts';
import { countsOf } from '../diff/fileDiff.ts';
import { revealBidi } from '../../../services/plainText.ts';
import { toolFile, toolIcon, toolSummary } from '../toolSummary.ts';
import type { ItemContext } from '../viewContext.ts';
import { argumentsView } from './toolArguments.ts';
import { isBad } from './itemLabel.ts';
import { outputView } from './toolOutput.ts';

export function toolCallView(context: ItemContext, call: TranscriptItemOf<'tool_call'>): TemplateResult {
  const { name, input, result } = call;
  const symbol = toolIcon(name);
  const file = symbol === 'file' ? toolFile(input) : undefined;
  return foldView(context, {
    part: 'call',
    className: 'tool',
    summary: html`${icon(symbol)}<span class="tool-name" data-part="input">${revealBidi(name)}</span>
      <span class="fold-summary mono" dir="ltr">${revealBidi(toolSummary(input))}</span>
      ${changeCounts(context, call)}${resultMark(context, result)}`,
    body: () =>
      html`<div class="tool-part" data-part="input">${argumentsView(context, call)}</div>
        ${
          result === undefined
            ? nothing
            : html`<div class="tool-part" data-part="output">
                ${outputView(context, result, {
                  title: revealBidi(name),
                  isProse: symbol === 'agent' || symbol === 'globe',
                  file,
                })}
              </div>`
        }`,
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
    body: () => outputView(context, item.result, { title: strings.toolResult, isProse: false }),
  });
}

function changeCounts(
  { strings, formats, content }: ItemContext,
  { name, input, cut }: TranscriptItemOf<'tool_call'>,
): TemplateResult | typeof nothing {
  const edits = cut === undefined ? content.edits.of(name, input) : undefined;
  if (edits === undefined) return nothing;
  const all = edits.map(countsOf);
  const plus = formats.count(all.reduce((sum, { added }) => sum + added, 0));
  const minus = formats.count(all.reduce((sum, { removed }) => sum + removed, 0));
  return html`<span class="diff-counts"
    ><span class="sr-only">${fill(strings.diffCounts, plus, minus)}</span
    ><span aria-hidden="true"
      ><span class="diff-plus">+${plus}</span> <span class="diff-minus">−${minus}</span></span
    ></span
  >`;
}

function resultMark(context: ItemContext, result: ToolResult | undefined): TemplateResult {
  const { strings, formats } = context;
  if (result === undefined) {
    return context.mayRun
      ? mark('running', 'loading codicon-modifier-spin', strings.toolRunning)
      : mark('missing', 'dash', strings.toolNoResult);
  }
  const { durationMs, exitCode } = result;
  const duration =
    durationMs === undefined ? nothing : html`<span class="duration">${formats.duration(durationMs)}</span>`;
  const failed = isBad(result);
  const exit =
    exitCode === undefined || !failed
      ? nothing
      : html`<span class="exit-code">${fill(strings.exitCode, String(exitCode))}</span>`;
  return html`${duration}${exit}${failed ? mark('failed', 'error', strings.toolFailed) : mark('ok', 'check', strings.toolOk)}`;
}

/** A state is told by its icon's form and by words, never by a colour alone. */
function mark(state: string, name: string, text: string): TemplateResult {
  return html`<span class="mark ${state}" title=${text}
    >${icon(name)}<span class="sr-only">${text}</span></span
  >`;
}
