import type { TemplateResult } from 'lit';
import { html, LitElement, nothing } from 'lit';
import { revealBidi } from '../../services/plainText.ts';
import type { GuestState, HostMessage, WindowTarget } from '../messages.ts';
import { fill } from '../strings.ts';
import type { Side } from '../loadedWindow.ts';
import { icon } from './controls.ts';
import { DrawingTime } from './drawingTime.ts';
import { Folds } from './folds.ts';
import { Formats } from './formats.ts';
import { headerView } from './headerView.ts';
import { HostLink } from './hostLink.ts';
import { ItemList } from './itemList.ts';
import { itemElements } from './items/itemElements.ts';
import { filterBar } from './filterBar.ts';
import { PageFind } from './find/pageFind.ts';
import { RichContent } from './richContent.ts';
import { emptyView, errorView, loadingView, newerView, nothingShownView, olderView } from './stateViews.ts';
import type { TranscriptModel } from './transcriptModel.ts';
import { applyMessage } from './transcriptModel.ts';
import { nextTurn, previousTurn } from './turns.ts';
import type { ViewContext } from './viewContext.ts';

/** How far below the top of the view a place stands that is shown from outside, in CSS pixels. */
const BELOW_TOP = 24;

/**
 * The whole guest. Everything is rendered in one synchronous pass, so that the reader's place is restored before
 * anything is painted; only items in view are in the page, and those that did not change are skipped.
 */
export class TranscriptElement extends LitElement {
  static override properties = {
    model: { state: true },
    folds: { state: true },
    following: { state: true },
    shownPosition: { state: true },
    isFiltering: { state: true },
  };
  declare private model: TranscriptModel | undefined;
  declare private folds: Folds;
  declare private following: boolean;
  /** A place that was shown from outside, marked until the reader goes on. */
  declare private shownPosition: number | undefined;
  declare private isFiltering: boolean;

  readonly #link = new HostLink();
  readonly #content = new RichContent((message) => this.#link.post(message));
  readonly #find = new PageFind({
    root: this,
    post: (message) => this.#link.post(message),
    update: () => {
      this.requestUpdate();
      return this.updateComplete;
    },
    reading: () => this.#list?.anchor?.position ?? this.model?.end ?? 0,
    leave: () => this.#focusList(true),
  });
  readonly #drawing = new DrawingTime();
  #drawingFrame: number | undefined;
  #context: ViewContext | undefined;
  #list: ItemList | undefined;
  #stateToRestore: GuestState | undefined;
  /** Where the next window is to be looked at. */
  #target: WindowTarget | undefined;
  /** What was asked for beside the window: once is enough. */
  readonly #asked = new Map<Side, number>();
  /** Where the host thinks that the reader is. */
  #toldReading: number | undefined;

  constructor() {
    super();
    this.folds = Folds.from([]);
    this.following = true;
    this.isFiltering = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#content.listen(this);
    this.#link.listen((message) => this.#receive(message));
    this.#link.post({ type: 'ready' });
    // VS Code focuses the page, in which only the list can be scrolled by keys.
    window.addEventListener('focus', () => this.#focusList());
    window.addEventListener('keydown', this.#onPageKey);
  }

  /** No shadow root: one stylesheet from a file, which is all that the page's policy allows. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(): void {
    const { model } = this;
    if (model === undefined) return;
    this.#list?.set(model.items, model.atEnd);
    if (model.isLoaded) this.#goToTarget();
  }

  protected override updated(): void {
    if (this.#list === undefined) {
      this.#list = this.#makeList();
      if (this.#list !== undefined) this.requestUpdate(); // now it tells which items are in view
      return;
    }
    this.#list.place();
    if (this.#drawing.end((id) => this.#list?.isInPage(id) ?? false)) this.#drawLater();
    this.#find.rendered(this.model?.items ?? [], this.#list, this.#list.scroller);
    this.#afterMove();
  }

  protected override render(): unknown {
    const { model } = this;
    const context = this.#context;
    if (model === undefined || context === undefined) return nothing;
    const { strings, status } = model;
    const newText = this.#newText(model);
    return html`${headerView(context, model.header, {
        isFinding: this.#find.isOpen,
        isFiltering: this.isFiltering || model.kinds !== undefined,
        find: () => (this.#find.isOpen ? this.#find.close() : this.#find.open()),
        filter: () => (this.isFiltering = !this.isFiltering),
      })}
      ${this.isFiltering || model.kinds !== undefined ? filterBar(context, model.kinds, this.#filter) : nothing}
      <div class="main">
        ${this.#find.view(context)}
        <div
          class="scroller"
          tabindex="0"
          role="region"
          aria-label=${strings.transcript}
          @scroll=${this.#onScroll}
          @scrollend=${this.#onScrollEnd}
          @keydown=${this.#onKey}
        >
          <div class="content">
            ${this.#olderView(model)}
            <div
              class="items"
              role=${model.items.length === 0 ? nothing : 'feed'}
              aria-label=${model.items.length === 0 ? nothing : strings.transcript}
              aria-busy=${status.loadingOlder || status.loadingNewer ? 'true' : 'false'}
            >
              ${this.#itemViews(model, context)}
            </div>
            ${this.#endView(model)}
          </div>
        </div>
        ${
          this.following
            ? nothing
            : html`<button class="to-end" type="button" title=${strings.goToEnd} @click=${this.#goToEnd}>
                ${icon('arrow-down')}${newText === '' ? strings.goToEnd : newText}
              </button>`
        }
        <div class="sr-only" aria-live="polite">${newText}</div>
      </div>`;
  }

  #itemViews(model: TranscriptModel, context: ViewContext): unknown {
    this.#drawing.begin(this.#list?.isScrolling ?? false);
    return itemElements({
      model,
      context,
      folds: this.folds,
      drawing: this.#drawing,
      indexes: this.#list?.indexes() ?? [],
      shownPosition: this.shownPosition,
    });
  }

  /** In a frame of its own, not in one that has drawn what a scroll brought into view. */
  #drawLater(): void {
    if (this.#drawingFrame !== undefined) return;
    this.#drawingFrame = requestAnimationFrame(() => {
      this.#drawingFrame = undefined;
      if (this.#drawing.isFresh) this.#drawLater();
      else this.requestUpdate();
    });
  }

  #olderView({ isLoaded, atStart, strings, status }: TranscriptModel): TemplateResult | typeof nothing {
    if (!isLoaded || atStart) return nothing;
    return olderView(strings, status, { loadOlder: () => this.#load('older'), retry: this.#retry });
  }

  /** What stands in place of items, or below them. */
  #endView({ isLoaded, items, status, strings, kinds, atStart, atEnd }: TranscriptModel): unknown {
    const { failure, loading } = status;
    if (failure !== undefined) return errorView(strings, failure, { busy: loading, retry: this.#retry });
    if (!isLoaded) return loadingView(strings);
    if (!atEnd && items.length > 0) return newerView(strings);
    if (items.length > 0 || !atStart || !atEnd) return nothing;
    return kinds === undefined
      ? emptyView(strings)
      : nothingShownView(strings, () => this.#filter(undefined));
  }

  #newText({ strings, locale, status }: TranscriptModel): string {
    const { newCount } = status;
    if (newCount === 0 || this.following) return '';
    return newCount === 1 ? strings.newOne : fill(strings.newMany, newCount.toLocaleString(locale));
  }

  #receive(message: HostMessage): void {
    this.#content.receive(message);
    const before = this.model;
    this.model = applyMessage(before, message);
    if (this.model !== undefined) document.title = revealBidi(this.model.header.title);
    if (message.type === 'init') this.#begin(message);
    this.#find.receive(message);
    if (message.type === 'window') {
      if (message.kinds?.join() !== before?.kinds?.join()) this.#find.searchAgain();
      this.#list?.forget();
      this.#asked.clear();
      this.#target = message.target;
    }
  }

  #begin({ ref, locale, strings, loaded }: Extract<HostMessage, { type: 'init' }>): void {
    this.#stateToRestore = this.#link.keptState(ref);
    this.folds = Folds.from(this.#stateToRestore?.open ?? []);
    const anchor = this.#stateToRestore?.anchor;
    if (loaded !== undefined) this.#target = anchor?.position ?? (loaded.atEnd ? 'end' : loaded.start);
    this.#context = {
      strings,
      formats: new Formats(locale),
      toggle: (id, part, button) => this.#toggle(id, part, button),
      copy: (text) => this.#link.post({ type: 'copy', text }),
      post: (message) => this.#link.post(message),
      content: this.#content,
    };
  }

  #toggle(id: string, part: string, button: Element): void {
    this.#list?.hold(button);
    this.folds = this.folds.toggle(id, part);
    this.#keepState();
  }

  #makeList(): ItemList | undefined {
    const scroller = this.querySelector<HTMLElement>('.scroller');
    const container = this.querySelector<HTMLElement>('.items');
    if (scroller === null || container === null) return undefined;
    if (document.hasFocus()) this.#focusList();
    return new ItemList({ scroller, container, onChange: () => this.requestUpdate() });
  }

  /** The window is another one: the reader's own place in it, if they had one there, or the one that was asked for. */
  #goToTarget(): void {
    const target = this.#target;
    if (target === undefined || this.#list === undefined) return;
    this.#target = undefined;
    const kept = this.#stateToRestore?.anchor;
    this.#stateToRestore = undefined;
    this.shownPosition = undefined;
    if (target === 'end') this.#list.goToEnd();
    else if (target === 'start') this.#list.goTo({ id: '', position: 0, offset: BELOW_TOP });
    else if (kept?.position === target) this.#list.goTo(kept);
    else {
      this.shownPosition = target;
      this.#list.goTo({ id: '', position: target, offset: BELOW_TOP });
    }
    this.#keepState();
  }

  readonly #filter = (kinds: GuestState['kinds']): void => {
    const target = this.#list?.anchor?.position ?? 'end';
    this.#link.post({ type: 'filter', ...(kinds === undefined ? {} : { kinds }), target });
  };

  readonly #onPageKey = (event: KeyboardEvent): void => {
    if (this.#find.acceptsKey(event)) event.preventDefault();
  };

  #afterMove(): void {
    const list = this.#list;
    if (list === undefined) return;
    this.following = list.following;
    const { model } = this;
    if (model?.isLoaded !== true) return;
    if (list.following !== (this.#toldReading === undefined)) this.#tellReading();
    if (list.isNearStart && !model.atStart && model.status.olderFailure === undefined)
      this.#loadOnce('older');
    if (list.isNearEnd && !model.atEnd && model.status.failure === undefined) this.#loadOnce('newer');
  }

  /** The host lets go of what is far from there. */
  #tellReading(): void {
    const position = this.#list?.anchor?.position;
    if (position === this.#toldReading) return;
    this.#toldReading = position;
    this.#link.post({ type: 'reading', ...(position === undefined ? {} : { position }) });
  }

  #loadOnce(side: Side): void {
    const from = this.#edge(side);
    if (from !== undefined && this.#asked.get(side) !== from) this.#load(side);
  }

  #load(side: Side): void {
    const from = this.#edge(side);
    if (from === undefined) return;
    this.#asked.set(side, from);
    this.#tellReading();
    this.#link.post({ type: 'load', side, from });
  }

  #edge(side: Side): number | undefined {
    return side === 'older' ? this.model?.start : this.model?.end;
  }

  #show(target: WindowTarget): void {
    this.#link.post({ type: 'show', target });
  }

  readonly #onScroll = (): void => {
    this.#list?.scrolled();
    this.#afterMove();
  };

  readonly #onScrollEnd = (): void => {
    this.#tellReading();
    this.#keepState();
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    const { key, altKey, metaKey, shiftKey } = event;
    if (metaKey || shiftKey || this.model === undefined) return;
    if (altKey && key === 'ArrowUp') this.#goToTurn(previousTurn);
    else if (altKey && key === 'ArrowDown') this.#goToTurn(nextTurn);
    else if (altKey) return;
    else if (key === 'Home') this.#goToStart();
    else if (key === 'End') this.#goToEnd();
    else return;
    event.preventDefault();
  };

  #goToTurn(turnFrom: typeof nextTurn): void {
    const items = this.model?.items ?? [];
    const at = this.#list?.itemAt(BELOW_TOP + 1);
    if (at === undefined) return;
    // Of a turn that is being read, the one before is its own beginning.
    const isBegun = turnFrom === previousTurn && at.top < BELOW_TOP - 1;
    const item = items[turnFrom(items, isBegun ? at.index + 1 : at.index) ?? -1];
    if (item !== undefined) {
      this.#list?.goTo({ id: item.id, position: item.position, offset: BELOW_TOP });
      this.requestUpdate();
    } else if (turnFrom === previousTurn) {
      this.querySelector('.scroller')?.scrollTo({ top: 0, behavior: 'instant' });
    } else {
      this.#goToEnd();
    }
  }

  #goToStart(): void {
    if (this.model?.atStart !== true) {
      this.#show('start');
      return;
    }
    this.querySelector('.scroller')?.scrollTo({ top: 0, behavior: 'instant' });
  }

  readonly #goToEnd = (): void => {
    if (this.model?.atEnd === true) {
      this.#list?.goToEnd();
      this.requestUpdate();
    } else {
      this.#show('end');
    }
    this.#focusList(true);
  };

  readonly #retry = (): void => {
    this.#link.post({ type: 'retry' });
  };

  readonly #keepState = (): void => {
    if (this.model?.isLoaded !== true) return;
    const { ref, header, kinds } = this.model;
    const anchor = this.#list?.anchor;
    this.#link.keep({
      ref,
      title: header.title,
      ...(kinds === undefined ? {} : { kinds }),
      ...(anchor === undefined ? {} : { anchor }),
      open: this.folds.toState(),
    });
  };

  /** Only where nothing has the focus, unless `always`: the button that had it is about to go. */
  #focusList(always = false): void {
    if (always || document.activeElement === null || document.activeElement === document.body) {
      this.querySelector<HTMLElement>('.scroller')?.focus({ preventScroll: true, focusVisible: false });
    }
  }
}
