import { nothing } from 'lit';
import type { TranscriptItem } from '../../../../server/protocol/transcript.ts';
import type { GuestMessage, HostMessage } from '../../messages.ts';
import type { ItemList } from '../itemList.ts';
import type { ViewContext } from '../viewContext.ts';
import { findBar } from './findBar.ts';
import { Finder, itemOf } from './finder.ts';
import { clearHighlights, highlight, matchesInItem } from './matches.ts';
import { currentMatch, ShownMatch } from './shownMatch.ts';

/** Of what is selected, no more is looked for. */
const MOST_SELECTED = 200;

export interface PageFindOptions {
  /** Holds the bar and the items. */
  readonly root: HTMLElement;
  readonly post: (message: GuestMessage) => void;
  /** Renders again, and resolves when that is done. */
  readonly update: () => Promise<unknown>;
  /** Where the reader is. */
  readonly reading: () => number;
  /** Gives the focus back to what is read. */
  readonly leave: () => void;
}

/** Finding in the page: the bar, its keys, the marks in the items that are in the page, and the way to a match. */
export class PageFind {
  readonly #options: PageFindOptions;
  readonly #finder: Finder;
  readonly #shownMatch = new ShownMatch();
  /** Colours come to code later, and pictures to their places: what was marked is then other text. */
  readonly #changes = new MutationObserver(() => this.#mark());
  #items: readonly TranscriptItem[] = [];
  #isMarking = false;

  constructor(options: PageFindOptions) {
    this.#options = options;
    this.#finder = new Finder({ post: options.post, onChange: this.#update, reading: options.reading });
  }

  readonly #update = (): void => void this.#options.update();

  get isOpen(): boolean {
    return this.#finder.isOpen;
  }

  view(context: ViewContext): unknown {
    return this.#finder.isOpen ? findBar(context, this.#finder.state, this.#actions) : nothing;
  }

  receive(message: HostMessage): void {
    if (message.type === 'found') this.#finder.receive(message);
    if (message.type === 'openFind') this.open();
  }

  /** Other kinds are shown: what is hidden is not found. */
  searchAgain(): void {
    if (this.#finder.isOpen) this.#finder.search(this.#finder.text);
  }

  open(): void {
    // As in an editor: what is selected is looked for. In the bar itself, that is done.
    const selection = document.getSelection();
    const isInBar = document.activeElement?.closest('.find') !== null;
    const selected = isInBar ? '' : (selection?.toString() ?? '');
    const isText = selected !== '' && selected.length <= MOST_SELECTED && !selected.includes('\n');
    if (isText && selected !== this.#finder.text) this.#finder.open(selected);
    else if (!this.#finder.isOpen) this.#finder.open();
    const select = () => this.#options.root.querySelector<HTMLInputElement>('.find-input')?.select();
    void this.#options.update().then(select);
  }

  close(): void {
    this.#finder.close();
    this.#options.leave();
  }

  /** Whether the key was one of finding. */
  acceptsKey(event: KeyboardEvent): boolean {
    const { key, shiftKey, altKey } = event;
    if (key === 'f' && (event.ctrlKey || event.metaKey) && !shiftKey && !altKey) this.open();
    else if (!this.#finder.isOpen) return false;
    else if (key === 'F3') (shiftKey ? this.#actions.previous : this.#actions.next)();
    else if (key === 'Escape') this.close();
    else return false;
    return true;
  }

  /** After each rendering. */
  rendered(items: readonly TranscriptItem[], list: ItemList, scroller: HTMLElement): void {
    this.#items = items;
    if (this.#finder.text === '') {
      if (this.#isMarking) this.#stopMarking();
      return;
    }
    this.#shownMatch.step(this.#finder, {
      items,
      list,
      scroller,
      elementOf: (id) => this.#elementOf(id),
      load: (position) => this.#options.post({ type: 'show', target: position }),
      update: this.#update,
    });
    this.#mark();
    // What was rendered just now is marked.
    this.#changes.takeRecords();
    if (this.#isMarking) return;
    this.#isMarking = true;
    this.#changes.observe(scroller, { subtree: true, childList: true, characterData: true });
  }

  readonly #actions = {
    search: (text: string) => this.#finder.search(text),
    next: () => this.#step(() => this.#finder.next()),
    previous: () => this.#step(() => this.#finder.previous()),
    close: () => this.close(),
  };

  #step(go: () => void): void {
    this.#shownMatch.forget();
    go();
  }

  #mark(): void {
    const finder = this.#finder;
    const occurrence = finder.current;
    const item = occurrence === undefined ? undefined : itemOf(occurrence, this.#items);
    const element = item === undefined ? undefined : this.#elementOf(item.id);
    const inPage = this.#options.root.querySelectorAll('.item');
    const all = [...inPage].flatMap((each) => matchesInItem(each, finder.text));
    highlight(all, element === undefined ? undefined : currentMatch(element, finder));
  }

  #stopMarking(): void {
    this.#isMarking = false;
    this.#changes.disconnect();
    clearHighlights();
  }

  #elementOf(id: string): HTMLElement | undefined {
    return this.#options.root.querySelector<HTMLElement>(`.item[data-id="${CSS.escape(id)}"]`) ?? undefined;
  }
}
