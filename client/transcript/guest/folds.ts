import type { GuestState } from '../messages.ts';

const nothing: ReadonlySet<string> = new Set();

/** What the reader has unfolded: parts of items, by item. Kept outside the items, which may come and go. */
export class Folds {
  readonly #open: ReadonlyMap<string, ReadonlySet<string>>;

  private constructor(open: ReadonlyMap<string, ReadonlySet<string>>) {
    this.#open = open;
  }

  static from(state: GuestState['open']): Folds {
    return new Folds(new Map(state.map(({ id, parts }) => [id, new Set(parts)])));
  }

  /** The same object as long as nothing of the item changes. */
  openParts(id: string): ReadonlySet<string> {
    return this.#open.get(id) ?? nothing;
  }

  toggle(id: string, part: string): Folds {
    const parts = this.openParts(id);
    const changed = new Set(parts);
    if (!changed.delete(part)) changed.add(part);
    const others = [...this.#open].filter(([other]) => other !== id);
    return new Folds(new Map(changed.size === 0 ? others : [...others, [id, changed]]));
  }

  toState(): GuestState['open'] {
    return [...this.#open].map(([id, parts]) => ({ id, parts: [...parts] }));
  }
}
