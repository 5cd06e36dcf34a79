import type * as vscode from 'vscode';
import { ContextKeys } from '../ids.ts';
import { ContextKey } from './contextKey.ts';
import { grouping, sorting, type Grouping, type Sorting } from './listChoices.ts';
import { Listeners } from './listeners.ts';

const GROUPING_KEY = 'grouping';
const SORTING_KEY = 'sorting';

/** How the list is grouped and sorted. Kept per workspace. */
export class ListOrder {
  readonly #state: vscode.Memento;
  readonly #listeners = new Listeners();
  readonly #groupingKey = new ContextKey<Grouping>(ContextKeys.grouping);
  readonly #sortingKey = new ContextKey<Sorting>(ContextKeys.sorting);
  #grouping: Grouping;
  #sorting: Sorting;

  constructor(state: vscode.Memento) {
    this.#state = state;
    this.#grouping = grouping.safeParse(state.get(GROUPING_KEY)).data ?? 'status';
    this.#sorting = sorting.safeParse(state.get(SORTING_KEY)).data ?? 'changed';
    this.#tellContext();
  }

  onDidChange(listener: () => void): { dispose(): void } {
    return this.#listeners.add(listener);
  }

  get grouping(): Grouping {
    return this.#grouping;
  }

  get sorting(): Sorting {
    return this.#sorting;
  }

  async groupBy(grouping: Grouping): Promise<void> {
    this.#grouping = grouping;
    this.#tell();
    await this.#state.update(GROUPING_KEY, grouping);
  }

  async sortBy(sorting: Sorting): Promise<void> {
    this.#sorting = sorting;
    this.#tell();
    await this.#state.update(SORTING_KEY, sorting);
  }

  #tell(): void {
    this.#tellContext();
    this.#listeners.tell();
  }

  #tellContext(): void {
    this.#groupingKey.set(this.#grouping);
    this.#sortingKey.set(this.#sorting);
  }
}
