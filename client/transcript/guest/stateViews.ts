import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { TranscriptError, TranscriptStatus } from '../messages.ts';
import type { TranscriptStrings } from '../strings.ts';
import { icon } from './controls.ts';
import type { TranscriptModel } from './transcriptModel.ts';

/** Instead of items, before the first page. */
function loadingView(strings: TranscriptStrings): TemplateResult {
  return html`<div class="placeholder" role="status">
    ${spinner()}
    <p>${strings.loading}</p>
  </div>`;
}

function emptyView(strings: TranscriptStrings): TemplateResult {
  return html`<div class="placeholder">
    ${icon('comment-discussion')}
    <p class="placeholder-title">${strings.empty}</p>
    <p>${strings.emptyHint}</p>
  </div>`;
}

/** Instead of items, where the reader has turned off all that there is. */
function nothingShownView(strings: TranscriptStrings, showEverything: () => void): TemplateResult {
  return html`<div class="placeholder">
    ${icon('filter')}
    <p class="placeholder-title">${strings.filterEmpty}</p>
    <p>${strings.filterEmptyHint}</p>
    <button class="primary" type="button" @click=${showEverything}>${strings.showEverything}</button>
  </div>`;
}

/** Instead of items, or beside those that are there. */
function errorView(
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

/** What stands in place of items, or below them. */
export function endView(
  { isLoaded, items, status, strings, kinds, atStart, atEnd }: TranscriptModel,
  { retry, showEverything }: { readonly retry: () => void; readonly showEverything: () => void },
): TemplateResult | typeof nothing {
  const { failure, newerFailure, loading, loadingNewer } = status;
  if (!isLoaded && failure !== undefined) return errorView(strings, failure, { busy: loading, retry });
  if (!isLoaded) return loadingView(strings);
  if (newerFailure !== undefined) return errorView(strings, newerFailure, { busy: loadingNewer, retry });
  if (!atEnd && items.length > 0) return newerView(strings);
  if (items.length > 0 || !atStart || !atEnd) return nothing;
  return kinds === undefined ? emptyView(strings) : nothingShownView(strings, showEverything);
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
function newerView(strings: TranscriptStrings): TemplateResult {
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
