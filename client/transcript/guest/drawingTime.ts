import type { ItemList } from './itemList.ts';

/** In milliseconds: what is left of a frame, after it was laid out and painted. */
const SHARE = 5;
/** Items: their style and layout, which come after, take longer than to make them. */
const MOST_DRAWN = 4;

/**
 * How long items may be drawn while the reader scrolls: a fling brings more of them into view in one frame than can be
 * drawn in one. Those that are late stand empty for a frame, at the height that they are thought to have; those that
 * have left the view by then are never drawn. While the view is flung past, nothing new is drawn at all.
 */
export class DrawingTime {
  readonly #late = new Map<string, number>();
  readonly #drawn = new Set<string>();
  #until = Infinity;
  #left = Infinity;
  #isLate = false;
  #round = 0;
  #endedAt = -SHARE;

  /** A rendering begins. */
  begin(list: Pick<ItemList, 'isScrolling' | 'isFlung'> | undefined): void {
    const isBounded = list?.isScrolling === true || this.#isLate;
    this.#until = isBounded ? performance.now() + SHARE : Infinity;
    this.#left = list?.isFlung === true ? 0 : isBounded ? MOST_DRAWN : Infinity;
    this.#isLate = false;
    this.#round += 1;
  }

  /** Changes for an item that has to be drawn since it was late. */
  turnOf(id: string): number {
    const turn = this.#late.get(id);
    return turn === undefined ? 0 : turn === 0 ? this.#round : turn;
  }

  /** Whether there is time for the item in this rendering. One that stands there already never goes blank. */
  allows(id: string): boolean {
    if (!this.#drawn.has(id)) {
      if (this.#left === 0 || performance.now() > this.#until) {
        this.#isLate = true;
        this.#late.set(id, 0);
        return false;
      }
      this.#left -= 1;
      this.#drawn.add(id);
    }
    if (this.#late.get(id) === 0) this.#late.set(id, this.#round);
    return true;
  }

  /** Whether there was a rendering in this frame already. */
  get isFresh(): boolean {
    return performance.now() - this.#endedAt < SHARE;
  }

  /** A rendering has ended, with these items in the page. True where some were late. */
  end(isInPage: (id: string) => boolean): boolean {
    this.#endedAt = performance.now();
    for (const id of this.#late.keys()) if (!isInPage(id)) this.#late.delete(id);
    for (const id of this.#drawn) if (!isInPage(id)) this.#drawn.delete(id);
    return this.#isLate;
  }
}
