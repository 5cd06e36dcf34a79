import type { TemplateResult } from 'lit';
import { html, LitElement, nothing } from 'lit';
import { revealBidi } from '../../services/plainText.ts';
import type { GuestState, HostMessage, WindowTarget } from '../messages.ts';
import { fill } from '../strings.ts';
import { Announcer } from './announcer.ts';
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
import { acceptsListKey } from './listKeys.ts';
import { endView, olderView, windowView } from './stateViews.ts';
import type { TranscriptModel } from './transcriptModel.ts';
import { applyMessage } from './transcriptModel.ts';
import { type nextTurn, previousTurn } from './turns.ts';
import type { ViewContext } from './viewContext.ts';
import { WindowLoading } from './windowLoading.ts';

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
    shownId: { state: true },
    kinds: { state: true },
    isFiltering: { state: true },
    announced: { state: true },
  };
  declare private model: TranscriptModel | undefined;
  declare private folds: Folds;
  declare private following: boolean;
  /** The item at a place that was shown from outside, marked until the reader goes on. */
  declare private shownId: string | undefined;
  /** What the reader wants to see; the window may still be of other kinds. */
  declare private kinds: GuestState['kinds'];
  declare private isFiltering: boolean;
  /** How much is new, as it is told to those who do not see it. */
  declare private announced: string;

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
  /** The reader's own place, to be kept where the next window is for that. */
  #place: GuestState['anchor'];
  /** Where the next window is to be looked at. */
  #target: WindowTarget | undefined;
  readonly #loading = new WindowLoading((message) => this.#link.post(message));
  #hadFocus = false;
  readonly #announcer = new Announcer((text) => (this.announced = text));

  constructor() {
    super();
    this.folds = Folds.from([]);
    this.following = true;
    this.isFiltering = false;
    this.announced = '';
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
    this.#hadFocus = this.contains(document.activeElement);
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
    // What had it is gone: the keys are for what is read.
    if (this.#hadFocus) this.#focusList();
    if (this.model !== undefined) this.#announcer.announce(this.#newText(this.model));
  }

  protected override render(): unknown {
    const { model } = this;
    const context = this.#context;
    if (model === undefined || context === undefined) return nothing;
    const { strings, status } = model;
    const newText = this.#newText(model);
    return html`${headerView(context, model.header, {
        isFinding: this.#find.isOpen,
        isFiltering: this.isFiltering,
        isFiltered: this.kinds !== undefined,
        find: () => (this.#find.isOpen ? this.#find.close() : this.#find.open()),
        filter: () => (this.isFiltering = !this.isFiltering),
      })}
      ${this.isFiltering ? filterBar(context, this.kinds, this.#filter) : nothing}
      <div class="main">
        ${model.isLoaded ? windowView(strings, status, this.#retry) : nothing}${this.#find.view(context)}
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
            ${endView(model, { retry: this.#retry, showEverything: this.#showEverything })}
          </div>
        </div>
        ${
          this.following
            ? nothing
            : html`<button class="to-end" type="button" title=${strings.goToEnd} @click=${this.#goToEnd}>
                ${icon('arrow-down')}${newText === '' ? strings.goToEnd : newText}
              </button>`
        }
        <div class="sr-only" aria-live="polite">${this.announced}</div>
      </div>`;
  }

  #itemViews(model: TranscriptModel, context: ViewContext): unknown {
    this.#drawing.begin(this.#list);
    return itemElements({
      model,
      context,
      folds: this.folds,
      drawing: this.#drawing,
      indexes: this.#list?.indexes() ?? [],
      shownId: this.shownId,
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
    return olderView(strings, status, { loadOlder: this.#loadOlder, retry: this.#retry });
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
    if (message.type === 'init' || message.type === 'header')
      document.title = revealBidi(message.header.title);
    if (message.type === 'init') this.#begin(message);
    this.#find.receive(message);
    if (message.type === 'window') {
      if (message.kinds?.join() !== before?.kinds?.join()) this.#find.searchAgain();
      this.#list?.forget();
      this.#loading.forget();
      this.#target = message.target;
    }
  }

  #begin({ ref, locale, strings, kinds, loaded, target }: Extract<HostMessage, { type: 'init' }>): void {
    const kept = this.#link.keptState(ref);
    this.folds = Folds.from(kept?.open ?? []);
    this.kinds = kinds;
    this.isFiltering = kinds !== undefined;
    this.#place = kept?.anchor;
    if (loaded !== undefined)
      this.#target = target ?? kept?.anchor?.position ?? (loaded.atEnd ? 'end' : loaded.start);
    else if (kept === undefined) this.#keepState(); // a window that is reloaded now has the tab again
    this.#context = {
      strings,
      formats: new Formats(locale),
      toggle: (id, part, button) => this.#toggle(id, part, button),
      post: (message) => this.#link.post(message),
      say: (text) => (this.announced = text),
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
    const place = this.#place;
    this.#place = undefined;
    this.shownId = undefined;
    if (target === 'end') this.#list.goToEnd();
    else if (target === 'start') this.#list.goTo({ id: '', position: 0, offset: BELOW_TOP });
    else if (place?.position === target) this.#list.goTo(place);
    else {
      this.shownId = this.model?.items.find(({ position }) => position >= target)?.id;
      this.#list.goTo({ id: '', position: target, offset: BELOW_TOP });
    }
    this.#keepState();
  }

  readonly #filter = (kinds: GuestState['kinds']): void => {
    this.kinds = kinds;
    this.#place = this.#list?.anchor;
    const target = this.#place?.position ?? 'end';
    this.#link.post({ type: 'filter', ...(kinds === undefined ? {} : { kinds }), target });
  };

  readonly #showEverything = (): void => this.#filter(undefined);

  readonly #onPageKey = (event: KeyboardEvent): void => {
    if (this.#find.acceptsKey(event)) event.preventDefault();
  };

  #afterMove(): void {
    const list = this.#list;
    if (list === undefined) return;
    this.following = list.following;
    const { model } = this;
    if (model?.isLoaded !== true) return;
    this.#loading.moved(model, list);
  }

  readonly #loadOlder = (): void => {
    if (this.model !== undefined && this.#list !== undefined)
      this.#loading.load('older', this.model, this.#list);
  };

  #show(target: WindowTarget): void {
    this.#link.post({ type: 'show', target });
  }

  readonly #onScroll = (): void => {
    if (this.#list?.scrolled() === true) this.shownId = undefined;
    this.#afterMove();
  };

  readonly #onScrollEnd = (): void => {
    if (this.#list !== undefined) this.#loading.tellReading(this.#list);
    this.#keepState();
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    if (acceptsListKey(event, this.#keyActions)) event.preventDefault();
  };

  readonly #keyActions = {
    goToStart: () => this.#goToStart(),
    goToEnd: () => this.#goToEnd(),
    goToTurn: (turnFrom: typeof nextTurn) => this.#goToTurn(turnFrom),
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
    } else {
      // Beyond what is held there may be one: it is read as the reader gets to the edge.
      const top = turnFrom === previousTurn ? 0 : (this.#list?.scroller.scrollHeight ?? 0);
      this.#list?.scroller.scrollTo({ top, behavior: 'instant' });
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
    if (this.model === undefined) return;
    const { ref, header } = this.model;
    const { kinds } = this;
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
