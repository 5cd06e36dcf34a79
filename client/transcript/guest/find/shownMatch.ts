import type { TranscriptItem } from '../../../../server/protocol/transcript.ts';
import type { ItemList } from '../itemList.ts';
import { itemOf, type Finder } from './finder.ts';
import { matchesInItem } from './matches.ts';

export interface Page {
  readonly items: readonly TranscriptItem[];
  readonly list: ItemList;
  readonly scroller: HTMLElement;
  readonly elementOf: (id: string) => HTMLElement | undefined;
  /** Reads the part of the transcript around a position. */
  readonly load: (position: number) => void;
  /** Renders again, after which the match is looked for again. */
  readonly update: () => void;
}

/** How far from the edges of the view a match has to be to be left where it is: a part of its height. */
const MARGIN = 0.1;
const AIM = 0.35;

/**
 * Brings the occurrence that the reader goes to into view, a step for each rendering: what is around it is loaded, its
 * item put into the page and unfolded, and then its own place scrolled to.
 */
export class ShownMatch {
  #asked: number | undefined;

  /** The reader asks again, for this match or another. */
  forget(): void {
    this.#asked = undefined;
  }

  step(finder: Finder, page: Page): void {
    const occurrence = finder.toShow;
    if (occurrence === undefined) return;
    const { list, scroller } = page;
    const { position } = occurrence.hit;
    const item = itemOf(occurrence, page.items);
    if (item === undefined) {
      if (this.#asked === position) return; // it comes
      this.#asked = position;
      page.load(position);
      return;
    }
    this.#asked = undefined;
    const element = page.elementOf(item.id);
    if (element === undefined) {
      list.goTo({ id: item.id, position: item.position, offset: scroller.clientHeight * AIM });
      page.update();
      return;
    }
    const match = currentMatch(element, finder);
    const folded =
      match === undefined ? element.querySelector<HTMLElement>('button[aria-expanded="false"]') : null;
    if (folded !== null) {
      folded.click();
      page.update();
      return;
    }
    finder.shown();
    const target = match ?? element;
    const view = scroller.getBoundingClientRect();
    const place = target.getBoundingClientRect();
    const edge = view.height * MARGIN;
    if (place.top >= view.top + edge && place.bottom <= view.bottom - edge) return;
    const within = place.top - element.getBoundingClientRect().top;
    list.goTo({ id: item.id, position: item.position, offset: view.height * AIM - within });
    page.update();
  }
}

/** The place of the occurrence in its element; undefined while that is folded, and for good beyond where a text is cut. */
export function currentMatch(element: Element, finder: Finder): Range | undefined {
  const occurrence = finder.current;
  if (occurrence === undefined) return undefined;
  return matchesInItem(element, finder.text, occurrence.hit.part)[occurrence.nth];
}
