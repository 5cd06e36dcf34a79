import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { TranscriptHeader } from '../header.ts';
import { fill } from '../strings.ts';
import { icon, toolButton } from './controls.ts';
import { tokensTitle } from './items/messageView.ts';
import { revealBidi } from '../../services/plainText.ts';
import type { ViewContext } from './viewContext.ts';

const statusIcons = {
  active: 'circle-filled',
  paused: 'debug-pause',
  timeout: 'watch',
  completed: 'pass',
  failed: 'error',
} as const;
const activityIcons = {
  running: 'circle-filled',
  open: 'circle-outline',
  idle: 'circle-outline',
  ended: 'pass',
} as const;

/** The reader's keyboard, which need not be one of the machine that the extension runs on. */
const FIND_KEY = navigator.userAgent.includes('Macintosh') ? 'Cmd+F' : 'Ctrl+F';

export interface HeaderControls {
  readonly isFinding: boolean;
  readonly isFiltering: boolean;
  /** Whether anything is hidden. */
  readonly isFiltered: boolean;
  readonly find: () => void;
  readonly filter: () => void;
}

export function headerView(
  context: ViewContext,
  header: TranscriptHeader,
  controls: HeaderControls,
): TemplateResult {
  const title = revealBidi(header.title);
  return html`<header class="header">
    <div class="header-top">
      <h1 class="header-title" title=${title}>${title}</h1>
      ${toolsView(context, header, controls)}
    </div>
    <div class="header-facts">
      ${header.agent === undefined ? nothing : html`<span class="fact" title=${revealBidi(header.agent)}>${icon('agent')}<span class="fact-text">${revealBidi(header.agent)}</span></span>`}
      ${stateView(context, header)}${iterationsView(context, header)}${modelView(context, header)}
      ${tokensView(context, header)}${costView(context, header)}
      ${
        header.place === undefined
          ? nothing
          : html`<span class="fact place" title=${revealBidi(header.place)}
              >${icon('folder')}<span class="fact-text">${revealBidi(header.place)}</span></span
            >`
      }
    </div>
  </header>`;
}

function toolsView(context: ViewContext, { actions = [] }: TranscriptHeader, controls: HeaderControls) {
  const { strings, post } = context;
  return html`<div class="header-tools" role="group" aria-label=${strings.actions}>
    ${actions.map(({ command, title, icon: name }) => toolButton(title, name, () => post({ type: 'action', command })))}
    ${toolButton(strings.filter, controls.isFiltered ? 'filter-filled' : 'filter', controls.filter, controls.isFiltering)}
    ${toolButton(fill(strings.find, FIND_KEY), 'search', controls.find, controls.isFinding)}
  </div>`;
}

function stateView({ strings }: ViewContext, header: TranscriptHeader): TemplateResult | typeof nothing {
  const { status, activity } = header;
  if (status !== undefined) {
    const text = header.pausing === true ? strings.pausing : strings.statuses[status];
    return html`<span class="fact state ${status}">${icon(statusIcons[status])}${text}</span>`;
  }
  if (activity === undefined) return nothing;
  const { state, evidence } = activity;
  return html`<span class="fact state ${state}" title=${revealBidi(evidence)}
    >${icon(activityIcons[state])}${strings.activities[state]}</span
  >`;
}

function iterationsView({ strings, formats }: ViewContext, { iterations }: TranscriptHeader) {
  if (iterations === undefined) return nothing;
  const counts = [formats.count(iterations.done), formats.count(iterations.max)];
  return html`<span class="fact" title=${fill(strings.iterationsTitle, ...counts)}
    >${icon('sync')}${fill(strings.iterations, ...counts)}</span
  >`;
}

function modelView({ strings }: ViewContext, { model }: TranscriptHeader) {
  if (model === undefined) return nothing;
  return html`<span class="fact" title=${`${strings.model}: ${revealBidi(model)}`}
    >${icon('chip')}<span class="fact-text">${revealBidi(model)}</span></span
  >`;
}

function tokensView(context: ViewContext, { tokens, partial }: TranscriptHeader) {
  if (tokens === undefined) return nothing;
  const { strings, formats } = context;
  const details = tokensTitle(context, tokens);
  const title = partial === true ? `${details}\n${strings.partialTitle}` : details;
  const text = fill(partial === true ? strings.tokensPartial : strings.tokens, formats.compact(tokens.total));
  return html`<span class="fact" title=${title}>${icon('symbol-numeric')}${text}</span>`;
}

function costView({ strings, formats }: ViewContext, { costUsd, partial }: TranscriptHeader) {
  if (costUsd === undefined) return nothing;
  const title = partial === true ? `${strings.cost}\n${strings.partialTitle}` : strings.cost;
  return html`<span class="fact" title=${title}>${icon('credit-card')}${formats.usd(costUsd)}</span>`;
}
