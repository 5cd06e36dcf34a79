import { html, type TemplateResult } from 'lit';
import { fill } from '../../strings.ts';
import { toolButton } from '../controls.ts';
import type { ViewContext } from '../viewContext.ts';

export interface FindBarState {
  readonly text: string;
  /** Of all occurrences, the one that is shown; 0.. */
  readonly current: number | undefined;
  readonly total: number;
  /** Of the transcript, what was looked through; undefined where nothing is being looked for. */
  readonly fraction: number | undefined;
  readonly failure: string | undefined;
}

export interface FindBarActions {
  readonly search: (text: string) => void;
  readonly next: () => void;
  readonly previous: () => void;
  readonly close: () => void;
}

export function findBar(context: ViewContext, state: FindBarState, actions: FindBarActions): TemplateResult {
  const { strings } = context;
  const onKey = (event: KeyboardEvent) => {
    if (event.isComposing) return; // the key is for the input method
    if (event.key === 'Enter') (event.shiftKey ? actions.previous : actions.next)();
    else if (event.key === 'Escape') actions.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const onInput = ({ currentTarget }: Event) => {
    if (currentTarget instanceof HTMLInputElement) actions.search(currentTarget.value);
  };
  const isSearching = state.fraction !== undefined && state.fraction < 1;
  const isNone = state.total === 0 && !isSearching && state.text !== '';
  return html`<div class="find" role="search" @keydown=${onKey}>
    <input
      class="find-input"
      type="text"
      dir="auto"
      spellcheck="false"
      maxlength="1000"
      placeholder=${strings.findPlaceholder}
      aria-label=${strings.findPlaceholder}
      .value=${state.text}
      @input=${onInput}
    />
    <span class="find-count ${isNone ? 'none' : ''}" role="status">${countText(context, state)}</span>
    ${toolButton(strings.findPrevious, 'arrow-up', actions.previous)}
    ${toolButton(strings.findNext, 'arrow-down', actions.next)}
    ${toolButton(strings.findClose, 'close', actions.close)}
    <progress
      class="find-progress"
      aria-label=${strings.findProgress}
      max="1"
      value=${state.fraction ?? 0}
      ?hidden=${!isSearching}
    ></progress>
  </div>`;
}

function countText({ strings, formats }: ViewContext, state: FindBarState): string {
  const { text, total, current, fraction, failure } = state;
  if (failure !== undefined) return failure;
  if (text === '') return '';
  const isSearching = fraction !== undefined && fraction < 1;
  if (total === 0) return isSearching ? strings.findSearching : strings.findNone;
  const found = formats.count(total);
  const count = isSearching ? fill(strings.findSoFar, found) : found;
  return current === undefined
    ? fill(strings.findTotal, count)
    : fill(strings.findCount, formats.count(current + 1), count);
}
