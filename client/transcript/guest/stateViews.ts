import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { TranscriptError, TranscriptStatus } from '../messages.ts';
import type { TranscriptStrings } from '../strings.ts';
import { icon } from './controls.ts';

/** Instead of items, before the first page. */
export function loadingView(strings: TranscriptStrings): TemplateResult {
  return html`<div class="placeholder" role="status">
    ${spinner()}
    <p>${strings.loading}</p>
  </div>`;
}

export function emptyView(strings: TranscriptStrings): TemplateResult {
  return html`<div class="placeholder">
    ${icon('comment-discussion')}
    <p class="placeholder-title">${strings.empty}</p>
    <p>${strings.emptyHint}</p>
  </div>`;
}

/** Instead of items, where the reader has turned off all that there is. */
export function nothingShownView(strings: TranscriptStrings, showEverything: () => void): TemplateResult {
  return html`<div class="placeholder">
    ${icon('filter')}
    <p class="placeholder-title">${strings.filterEmpty}</p>
    <p>${strings.filterEmptyHint}</p>
    <button class="primary" type="button" @click=${showEverything}>${strings.showEverything}</button>
  </div>`;
}

/** Instead of items, or beside those that are there. */
export function errorView(
  strings: TranscriptStrings,
  error: TranscriptError,
  { busy, retry }: { readonly busy: boolean; readonly retry: () => void },
): TemplateResult {
  return html`<div class="failure" role="alert">
    ${icon('error')}
    <div class="failure-body">
      <p class="failure-title">${error.title}</p>
      <p>${error.message}</p>
      ${error.explanation === undefined ? nothing : html`<p class="failure-explanation">${error.explanation}</p>`}
      <button class="primary" type="button" ?disabled=${busy} @click=${retry}>${strings.retry}</button>
    </div>
  </div>`;
}

/** Above the items. It stands there also while nothing is loaded, so that the keyboard reaches it. */
export function olderView(
  strings: TranscriptStrings,
  status: TranscriptStatus,
  { loadOlder, retry }: { readonly loadOlder: () => void; readonly retry: () => void },
): TemplateResult {
  if (status.olderFailure !== undefined) {
    return errorView(strings, status.olderFailure, { busy: status.loadingOlder, retry });
  }
  return html`<div class="older">
    ${
      status.loadingOlder
        ? html`${spinner()}<span>${strings.loadingOlder}</span>`
        : html`<button class="link" type="button" @click=${loadOlder}>${strings.loadOlder}</button>`
    }
  </div>`;
}

/** Below the items of a window that does not reach the end: they come as the reader gets there. */
export function newerView(strings: TranscriptStrings): TemplateResult {
  return html`<div class="older">${spinner()}<span>${strings.loadingNewer}</span></div>`;
}

/** Over the items of the window that was there before: that another is read, or why it could not be. */
export function windowView(
  strings: TranscriptStrings,
  { loading, failure }: TranscriptStatus,
  retry: () => void,
): TemplateResult {
  return html`${
    loading ? html`<progress class="window-progress" aria-label=${strings.loading}></progress>` : nothing
  }${
    failure === undefined
      ? nothing
      : html`<div class="window-failure">${errorView(strings, failure, { busy: loading, retry })}</div>`
  }`;
}

function spinner(): TemplateResult {
  return icon('loading codicon-modifier-spin');
}
