import {
  defaultRangeExtractor,
  elementScroll,
  observeElementRect,
  Virtualizer,
} from '@tanstack/virtual-core';
import type { TranscriptItem } from '../../../server/protocol/transcript.ts';
import type { GuestState } from '../messages.ts';
import { estimatedHeight } from './estimatedHeight.ts';

/** Distances in CSS pixels: below these the reader is at the end, and what lies beyond is about to be needed. */
const AT_END = 16;
const NEAR = 1200;
/** Items outside of the view that are in the page all the same, on each side. */
const OVERSCAN = 4;
/** Items that stay in the page since the reader has selected text in them. */
const MOST_SELECTED = 200;

/** The browser scrolls no longer than this for one key or turn of the wheel. */
const SETTLE_MS = 500;
/** After the last step of a scroll, so long the next one may still come. */
const SCROLLING_MS = 500;
/** Two steps of one scroll are no farther apart. */
const STEP_MS = 100;
/** Views a second: what passes faster than that is seen by nobody. */
const FLING = 20;

type Anchor = NonNullable<GuestState['anchor']>;

export interface ItemListOptions {
  /** Scrolls; holds `container` at some distance from its top. */
  readonly scroller: HTMLElement;
  /** Holds the elements of the items, each with its index in `data-index`, and nothing else. */
  readonly container: HTMLElement;
  /** Other items came into view, or one has another height: to be rendered, and {@link ItemList.place}d. */
  readonly onChange: () => void;
}

/**
 * Which of the items are in the page, where they are, and where the reader is among them. The reader stays where
 * they are while the content changes: at the end if they are there, else with the first item in view where it was.
 * Neither the browser's scroll anchoring nor that of the virtualizer is used for that: the first does nothing at the
 * very top, where older records come in; the second follows items that changed, not the one that is being read.
 */
export class ItemList {
  readonly #options: ItemListOptions;
  readonly #virtualizer: Virtualizer<HTMLElement, HTMLElement>;
  #items: readonly TranscriptItem[] = [];
  #indexes: ReadonlyMap<string, number> = new Map();
  /** Whether the last item is the transcript's last. */
  #isWhole = false;
  #following = true;
  #anchor: Anchor | undefined;
  #held: { readonly element: Element; readonly top: number } | undefined;
  #top = 0;
  #tellOffset: ((offset: number, isScrolling: boolean) => void) | undefined;
  readonly #estimates = new WeakMap<TranscriptItem, number>();
  #isPlacing = false;
  /** The indexes of the items that are in the page and not drawn yet: their heights are guesses. */
  readonly #late = new Set<number>();
  /** Until then the browser may still be scrolling by an earlier key or wheel; nothing ends that. */
  #settlesUntil = 0;
  #movedAt = -SETTLE_MS;
  /** Of the last step, in CSS pixels a millisecond. */
  #speed = 0;

  constructor(options: ItemListOptions) {
    this.#options = options;
    this.#virtualizer = new Virtualizer(this.#virtualizerOptions());
    this.#virtualizer.shouldAdjustScrollPositionOnItemSizeChange = () => false;
    this.#virtualizer._willUpdate();
    const { scroller } = options;
    for (const input of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
      // Before the key that goes to the end is acted on.
      const onInput = () => (this.#settlesUntil = 0);
      scroller.addEventListener(input, onInput, { capture: true, passive: true });
    }
  }

  get scroller(): HTMLElement {
    return this.#options.scroller;
  }

  get following(): boolean {
    return this.#following;
  }

  get isNearStart(): boolean {
    return this.#options.scroller.scrollTop < NEAR;
  }

  get isNearEnd(): boolean {
    return this.#distanceFromEnd() < NEAR;
  }

  get isScrolling(): boolean {
    return performance.now() - this.#movedAt < SCROLLING_MS;
  }

  /** Whether the view goes by too fast for anything in it to be read. */
  get isFlung(): boolean {
    const isMoving = performance.now() - this.#movedAt < STEP_MS;
    return isMoving && this.#speed * 1000 > FLING * this.#options.scroller.clientHeight;
  }

  isInPage(id: string): boolean {
    const index = this.#indexes.get(id);
    return index !== undefined && this.indexes().includes(index);
  }

  /** Where the reader is, to come back to; undefined at the end. */
  get anchor(): Anchor | undefined {
    return this.#following ? undefined : this.#anchor;
  }

  /** The items that come are others: what is known of the heights of these is of no use. */
  forget(): void {
    this.#virtualizer.itemSizeCache.clear();
  }

  /** The item at a distance below the top of the view, and where it begins: CSS pixels, from there too. */
  itemAt(distance: number): { readonly index: number; readonly top: number } | undefined {
    const item = this.#virtualizer.getVirtualItemForOffset(this.#top + distance);
    return item === undefined ? undefined : { index: item.index, top: item.start - this.#top };
  }

  /** Heights of items that were let go of. */
  #forgetGone(): void {
    const heights = this.#virtualizer.itemSizeCache;
    for (const key of heights.keys()) if (!this.#indexes.has(String(key))) heights.delete(key);
  }

  set(items: readonly TranscriptItem[], isWhole: boolean): void {
    this.#isWhole = isWhole;
    if (items === this.#items) return;
    this.#items = items;
    this.#indexes = new Map(items.map(({ id }, index) => [id, index]));
    if (this.#virtualizer.itemSizeCache.size > 2 * items.length) this.#forgetGone();
    this.#virtualizer.setOptions(this.#virtualizerOptions());
  }

  /** The indexes of the items that have to be in the page, ascending. */
  indexes(): readonly number[] {
    return this.#virtualizer.getVirtualIndexes();
  }

  /**
   * After rendering: measures what is in the page, puts it where it belongs and the view where the reader was.
   * Whatever that brings into view has to be rendered before it is painted, which {@link ItemListOptions.onChange}
   * asks for.
   */
  place(): void {
    const { container, scroller, onChange } = this.#options;
    this.#isPlacing = true;
    try {
      const virtualizer = this.#virtualizer;
      virtualizer._willUpdate();
      if (this.#margin() !== virtualizer.options.scrollMargin)
        virtualizer.setOptions(this.#virtualizerOptions());
      const rendered: { readonly element: HTMLElement; readonly index: number }[] = [];
      this.#late.clear();
      for (const element of container.children) {
        if (!(element instanceof HTMLElement)) continue;
        const index = virtualizer.indexFromElement(element);
        // What could not be drawn in time stands for itself with the height that it is thought to have.
        const isLate = element.childElementCount === 0;
        element.style.height = isLate ? `${virtualizer.measurementsCache[index]?.size ?? 0}px` : '';
        if (isLate) this.#late.add(index);
        else virtualizer.measureElement(element);
        rendered.push({ element, index });
      }
      virtualizer.measureElement(null);
      // Reading this brings the measurements up to date.
      container.style.height = `${virtualizer.getTotalSize()}px`;
      const margin = virtualizer.options.scrollMargin;
      for (const { element, index } of rendered) {
        const start = virtualizer.measurementsCache[index]?.start;
        if (start !== undefined) element.style.top = `${start - margin}px`;
      }
      this.#restore();
      virtualizer.scrollOffset = scroller.scrollTop;
      const wanted = this.indexes();
      const isSame =
        wanted.length === rendered.length && wanted.every((index, at) => rendered[at]?.index === index);
      if (!isSame) onChange();
    } finally {
      this.#isPlacing = false;
    }
  }

  /** The view was scrolled, by the reader or by us. True where it was the reader. */
  scrolled(): boolean {
    const top = this.#options.scroller.scrollTop;
    if (Math.abs(top - this.#top) < 1) return false;
    const now = performance.now();
    this.#speed = Math.abs(top - this.#top) / Math.max(1, now - this.#movedAt);
    this.#movedAt = now;
    const isSettling = this.#movedAt < this.#settlesUntil;
    // Only the reader goes up, be it by a pixel: the next item would take them back. Down, the end is a zone.
    if (top < this.#top && !isSettling) this.#following = false;
    else if (this.#isAtEnd()) this.#following = true;
    this.#top = top;
    this.#tellOffset?.(top, false);
    this.#capture();
    if (this.#following && (isSettling || !this.#isAtEnd())) this.#options.onChange();
    return true;
  }

  /** The next change keeps this element where it is, even at the end: the reader has just clicked it. */
  hold(element: Element): void {
    this.#held = { element, top: this.#topOf(element) };
  }

  goToEnd(): void {
    this.#following = true;
    const now = performance.now();
    if (now - this.#movedAt < SETTLE_MS) this.#settlesUntil = now + SETTLE_MS;
    this.#anchor = undefined;
    this.#held = undefined;
  }

  /** Shows the first item at or after a position, `offset` below the top of the view. */
  goTo(anchor: Anchor): void {
    this.#following = false;
    this.#held = undefined;
    this.#anchor = anchor;
  }

  /** The first item in view that is drawn: one that is not may turn out higher or lower under what is being read. */
  #capture(): void {
    const virtualizer = this.#virtualizer;
    const first = virtualizer.getVirtualItemForOffset(this.#top);
    if (first === undefined) {
      this.#anchor = undefined;
      return;
    }
    let index = first.index;
    while (this.#late.has(index)) index += 1;
    const drawn = virtualizer.measurementsCache[index];
    const bottom = this.#top + this.#options.scroller.clientHeight;
    const place = drawn !== undefined && drawn.start < bottom ? drawn : first;
    const item = this.#items[place.index];
    this.#anchor = item && { id: item.id, position: item.position, offset: place.start - this.#top };
  }

  #restore(): void {
    const { scroller } = this.#options;
    const held = this.#held;
    this.#held = undefined;
    if (held?.element.isConnected === true) {
      this.#scrollTo(scroller.scrollTop + this.#topOf(held.element) - held.top);
      this.#capture();
      this.#following = this.#isAtEnd();
    } else if (this.#following) {
      this.#scrollTo(scroller.scrollHeight - scroller.clientHeight);
    } else if (this.#anchor !== undefined) {
      const start = this.#virtualizer.measurementsCache[this.#indexOf(this.#anchor)]?.start;
      if (start !== undefined) this.#scrollTo(start - this.#anchor.offset);
    }
    this.#top = scroller.scrollTop;
  }

  /** Nothing is written that would change nothing: it would end the browser's own scrolling. */
  #scrollTo(top: number): void {
    const { scroller } = this.#options;
    if (Math.abs(scroller.scrollTop - top) >= 1) scroller.scrollTop = top;
  }

  /** Of an item that is gone, where the next one is. */
  #indexOf({ id, position }: Anchor): number {
    const index = this.#indexes.get(id) ?? this.#items.findIndex((item) => item.position >= position);
    return index === -1 ? this.#items.length - 1 : index;
  }

  #topOf(element: Element): number {
    return element.getBoundingClientRect().top - this.#options.scroller.getBoundingClientRect().top;
  }

  #distanceFromEnd(): number {
    const { scrollHeight, scrollTop, clientHeight } = this.#options.scroller;
    return scrollHeight - scrollTop - clientHeight;
  }

  #isAtEnd(): boolean {
    return this.#isWhole && this.#distanceFromEnd() <= AT_END;
  }

  /** How far below the top of what is scrolled the items begin. */
  #margin(): number {
    const { container, scroller } = this.#options;
    return container.offsetTop - scroller.offsetTop;
  }

  #virtualizerOptions(): ConstructorParameters<typeof Virtualizer<HTMLElement, HTMLElement>>[0] {
    const { scroller, onChange } = this.#options;
    const items = this.#items;
    return {
      count: items.length,
      getScrollElement: () => scroller,
      getItemKey: (index) => items[index]?.id ?? index,
      estimateSize: (index) => this.#estimateOf(items[index]),
      measureElement: (element, entry) =>
        entry?.borderBoxSize[0]?.blockSize ?? element.getBoundingClientRect().height,
      scrollMargin: this.#margin(),
      overscan: OVERSCAN,
      rangeExtractor: (range) => this.#withKept(defaultRangeExtractor(range)),
      scrollToFn: elementScroll,
      observeElementRect,
      // Its own listener would call every step that we make a scroll, and measure nothing meanwhile.
      observeElementOffset: (_, tell) => {
        this.#tellOffset = tell;
        tell(scroller.scrollTop, false);
      },
      onChange: () => {
        if (!this.#isPlacing) onChange();
      },
    };
  }

  /** Asked for every item each time that some come or go; to go through two thousand texts takes longer than a frame. */
  #estimateOf(item: TranscriptItem | undefined): number {
    if (item === undefined) return 0;
    const known = this.#estimates.get(item);
    if (known !== undefined) return known;
    const height = estimatedHeight(item, this.#options.scroller.clientWidth);
    this.#estimates.set(item, height);
    return height;
  }

  /** What has the keyboard's focus stays in the page, and so does what text is selected in. */
  #withKept(range: readonly number[]): number[] {
    const focused = this.#itemAt(document.activeElement);
    const selection = document.getSelection();
    const ends = [selection?.anchorNode, selection?.focusNode].map((node) =>
      selection?.isCollapsed === false ? this.#itemAt(node) : undefined,
    );
    const kept = new Set(range);
    if (focused !== undefined) kept.add(focused);
    const [from, to] = ends;
    if (from !== undefined && to !== undefined && Math.abs(from - to) < MOST_SELECTED) {
      for (let index = Math.min(from, to); index <= Math.max(from, to); index++) kept.add(index);
    }
    return kept.size === range.length ? [...range] : [...kept].sort((a, b) => a - b);
  }

  #itemAt(node: Node | null | undefined): number | undefined {
    const element = node instanceof Element ? node : node?.parentElement;
    const id = element?.closest('.item')?.getAttribute('data-id');
    return typeof id === 'string' ? this.#indexes.get(id) : undefined;
  }
}
