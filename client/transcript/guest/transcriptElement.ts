import type { PropertyValues, TemplateResult } from 'lit';
import { html, LitElement, nothing } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import type { GuestState, HostMessage } from '../messages.ts';
import { fill } from '../strings.ts';
import { icon } from './controls.ts';
import { Folds } from './folds.ts';
import { Formats } from './formats.ts';
import { headerView } from './headerView.ts';
import { HostLink } from './hostLink.ts';
import { itemView } from './items/itemView.ts';
import { ReadingPosition } from './readingPosition.ts';
import { emptyView, errorView, loadingView, olderView } from './stateViews.ts';
import type { TranscriptModel } from './transcriptModel.ts';
import { applyMessage, isLive, openTurnIndex } from './transcriptModel.ts';
import type { ViewContext } from './viewContext.ts';

/**
 * The whole guest. Everything is rendered in one synchronous pass, so that the reading position is restored before
 * anything is painted; items that did not change are skipped.
 */
export class TranscriptElement extends LitElement {
  static override properties = {
    model: { state: true },
    folds: { state: true },
    newCount: { state: true },
    following: { state: true },
  };
  declare private model: TranscriptModel | undefined;
  declare private folds: Folds;
  declare private newCount: number;
  declare private following: boolean;

  readonly #link = new HostLink();
  #context: ViewContext | undefined;
  #position: ReadingPosition | undefined;
  #stateToRestore: GuestState | undefined;
  /** The `start` for which older records were asked: once is enough. */
  #askedBefore: number | undefined;

  constructor() {
    super();
    this.folds = Folds.from([]);
    this.newCount = 0;
    this.following = true;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#link.listen((message) => this.#receive(message));
    this.#link.post({ type: 'ready' });
    // VS Code focuses the page, in which only the list can be scrolled by keys.
    window.addEventListener('focus', () => this.#focusList());
  }

  /** No shadow root: one stylesheet from a file, which is all that the page's policy allows. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(): void {
    this.#position?.capture();
  }

  protected override updated(changed: PropertyValues): void {
    this.#position ??= this.#findPosition();
    this.#position?.restore();
    if (changed.has('model')) this.#restoreState();
    this.#afterMove();
  }

  protected override render(): unknown {
    const { model } = this;
    const context = this.#context;
    if (model === undefined || context === undefined) return nothing;
    const { strings } = model;
    return html`${headerView(context, model.header)}
      <div class="main">
        <div
          class="scroller"
          tabindex="0"
          role="log"
          aria-live="off"
          aria-label=${strings.transcript}
          @scroll=${this.#onScroll}
          @scrollend=${this.#keepState}
        >
          <div class="content">
            ${this.#olderView(model)}
            <div class="items">${this.#itemViews(model, context)}</div>
            ${this.#endView(model)}
          </div>
        </div>
        ${
          this.following
            ? nothing
            : html`<button class="to-end" type="button" title=${strings.goToEnd} @click=${this.#goToEnd}>
                ${icon('arrow-down')}${this.newCount > 0 ? this.#newText(model) : strings.goToEnd}
              </button>`
        }
        <div class="sr-only" aria-live="polite">${this.newCount > 0 ? this.#newText(model) : ''}</div>
      </div>`;
  }

  #itemViews(model: TranscriptModel, context: ViewContext): unknown {
    const { items } = model;
    const openTurn = isLive(model.header) ? openTurnIndex(items) : items.length;
    return repeat(
      items,
      ({ id }) => id,
      (item, index) => {
        const open = this.folds.openParts(item.id);
        const mayRun = index >= openTurn;
        const kind = item.kind === 'message' && item.injected === true ? 'injected' : item.kind;
        return html`<div class="item ${kind}" data-id=${item.id}>
          ${guard([context, item, open, mayRun], () => itemView({ ...context, id: item.id, open, mayRun }, item))}
        </div>`;
      },
    );
  }

  #olderView({ isLoaded, atStart, strings, status }: TranscriptModel): TemplateResult | typeof nothing {
    if (!isLoaded || atStart) return nothing;
    return olderView(strings, status, { loadOlder: this.#loadOlder, retry: this.#retry });
  }

  /** What stands in place of items, or below them. */
  #endView({ isLoaded, items, status, strings }: TranscriptModel): TemplateResult | typeof nothing {
    const { failure, loading } = status;
    if (failure !== undefined) return errorView(strings, failure, { busy: loading, retry: this.#retry });
    if (!isLoaded) return loadingView(strings);
    return items.length === 0 ? emptyView(strings) : nothing;
  }

  #newText({ strings, locale }: TranscriptModel): string {
    const count = this.newCount;
    return count === 1 ? strings.newOne : fill(strings.newMany, count.toLocaleString(locale));
  }

  #receive(message: HostMessage): void {
    const before = this.model;
    this.model = applyMessage(before, message);
    if (message.type === 'init') this.#begin(message);
    if (message.type === 'reset') {
      this.#askedBefore = undefined;
      this.#position?.goToEnd();
    }
    if (message.type === 'newer' && this.#position?.following === false) {
      this.newCount += (this.model?.items.length ?? 0) - (before?.items.length ?? 0);
    }
  }

  #begin({ ref, locale, strings }: Extract<HostMessage, { type: 'init' }>): void {
    this.#stateToRestore = this.#link.keptState(ref);
    this.folds = Folds.from(this.#stateToRestore?.open ?? []);
    this.#context = {
      strings,
      formats: new Formats(locale),
      toggle: (id, part, button) => this.#toggle(id, part, button),
      copy: (text) => this.#link.post({ type: 'copy', text }),
    };
  }

  #toggle(id: string, part: string, button: Element): void {
    this.#position?.hold(button);
    this.folds = this.folds.toggle(id, part);
    this.#keepState();
  }

  #findPosition(): ReadingPosition | undefined {
    const scroller = this.querySelector<HTMLElement>('.scroller');
    const items = this.querySelector<HTMLElement>('.items');
    if (scroller === null || items === null) return undefined;
    const position = new ReadingPosition(scroller, items);
    // The width changes without us, and with it every height; so does the height of the view itself.
    const observer = new ResizeObserver(() => position.restore());
    observer.observe(scroller);
    observer.observe(items);
    if (document.hasFocus()) this.#focusList();
    return position;
  }

  #restoreState(): void {
    if (this.model?.isLoaded !== true) return;
    const anchor = this.#stateToRestore?.anchor;
    this.#stateToRestore = undefined;
    if (anchor !== undefined) this.#position?.returnTo(anchor);
    this.#keepState();
  }

  #afterMove(): void {
    this.following = this.#position?.following ?? true;
    if (this.following) this.newCount = 0;
    const { model } = this;
    if (model?.isLoaded !== true || model.atStart || this.#position?.isNearStart !== true) return;
    if (
      !model.status.loadingOlder &&
      model.status.olderFailure === undefined &&
      this.#askedBefore !== model.start
    ) {
      this.#loadOlder();
    }
  }

  readonly #onScroll = (): void => {
    this.#position?.scrolled();
    this.#afterMove();
  };

  readonly #goToEnd = (): void => {
    this.#position?.goToEnd();
    this.#afterMove();
    this.#focusList(true);
  };

  readonly #loadOlder = (): void => {
    if (this.model === undefined) return;
    this.#askedBefore = this.model.start;
    this.#link.post({ type: 'loadOlder', before: this.model.start });
  };

  readonly #retry = (): void => {
    this.#link.post({ type: 'retry' });
  };

  readonly #keepState = (): void => {
    if (this.model?.isLoaded !== true) return;
    const { ref, header } = this.model;
    const anchor = this.#position?.toState();
    const open = this.folds.toState();
    this.#link.keep({ ref, title: header.title, ...(anchor === undefined ? {} : { anchor }), open });
  };

  /** Only where nothing has the focus, unless `always`: the button that had it is about to go. */
  #focusList(always = false): void {
    if (always || document.activeElement === null || document.activeElement === document.body) {
      this.querySelector<HTMLElement>('.scroller')?.focus({ preventScroll: true, focusVisible: false });
    }
  }
}
