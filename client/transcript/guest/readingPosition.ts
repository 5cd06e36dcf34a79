import type { GuestState } from '../messages.ts';

/** Distances in CSS pixels: below these the reader is at the end, and what is older is about to be needed. */
const AT_END = 16;
const NEAR_START = 600;

interface Anchor {
  readonly element: Element;
  /** Its distance from the top of the view. */
  readonly top: number;
}

/**
 * Keeps the reader where they are while the content changes: at the end if they are there, else with the first item
 * in view where it was. The browser's own scroll anchoring is switched off for that, since it does nothing at the very
 * top, which is where older records come in.
 */
export class ReadingPosition {
  readonly #scroller: HTMLElement;
  readonly #items: HTMLElement;
  #following = true;
  #lastTop = 0;
  #anchor: Anchor | undefined;
  #held: Anchor | undefined;

  constructor(scroller: HTMLElement, items: HTMLElement) {
    this.#scroller = scroller;
    this.#items = items;
  }

  get following(): boolean {
    return this.#following;
  }

  get isNearStart(): boolean {
    return this.#scroller.scrollTop < NEAR_START;
  }

  /** The next change keeps this element where it is, even at the end: the reader has just clicked it. */
  hold(element: Element): void {
    this.#held = { element, top: this.#topOf(element) };
  }

  /** Before a change of the content. */
  capture(): void {
    this.#anchor = this.#following ? undefined : this.#firstInView();
  }

  /** After a change of the content, or of its width. */
  restore(): void {
    const anchor = this.#held ?? this.#anchor;
    if (this.#held === undefined && this.#following) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    else if (anchor?.element.isConnected === true)
      this.#scroller.scrollTop += this.#topOf(anchor.element) - anchor.top;
    if (this.#held !== undefined) {
      this.#held = undefined;
      this.#following = this.#isAtEnd();
      this.capture();
    }
    this.#lastTop = this.#scroller.scrollTop;
  }

  /** The view was scrolled, by the reader or by us. */
  scrolled(): void {
    const top = this.#scroller.scrollTop;
    // Only the reader goes up. Content that grew below must not look like someone who left the end.
    if (this.#isAtEnd()) this.#following = true;
    else if (top < this.#lastTop) this.#following = false;
    this.#lastTop = top;
    this.capture();
  }

  goToEnd(): void {
    this.#following = true;
    this.#anchor = undefined;
    this.#held = undefined;
    this.restore();
  }

  /** Where the reader is, to come back to; undefined at the end. */
  toState(): GuestState['anchor'] {
    const anchor = this.#following ? undefined : this.#firstInView();
    const id = anchor?.element.getAttribute('data-id');
    return anchor === undefined || typeof id !== 'string' ? undefined : { id, offset: anchor.top };
  }

  returnTo({ id, offset }: NonNullable<GuestState['anchor']>): void {
    const element = [...this.#items.children].find((child) => child.getAttribute('data-id') === id);
    if (element === undefined) return;
    this.#following = false;
    this.#anchor = { element, top: offset };
    this.restore();
    this.#following = this.#isAtEnd();
  }

  #firstInView(): Anchor | undefined {
    const { children } = this.#items;
    let low = 0;
    let high = children.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const bottom = children[middle]?.getBoundingClientRect().bottom ?? 0;
      if (bottom - this.#viewTop() > 0) high = middle;
      else low = middle + 1;
    }
    const element = children[low];
    return element === undefined ? undefined : { element, top: this.#topOf(element) };
  }

  #topOf(element: Element): number {
    return element.getBoundingClientRect().top - this.#viewTop();
  }

  #viewTop(): number {
    return this.#scroller.getBoundingClientRect().top;
  }

  #isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight <= AT_END;
  }
}
