import type * as vscode from 'vscode';
import * as z from 'zod';

const MEMENTO_KEY = 'startedRuns';
/** Those before are told of by the windows of their folders. */
const MOST = 100;

/**
 * The runs that this window has started, in whatever folder: a file can be opened without one. Kept over a reload of the
 * window.
 */
export class StartedRuns {
  readonly #state: vscode.Memento;
  readonly #ids: Set<string>;

  constructor(state: vscode.Memento) {
    this.#state = state;
    this.#ids = new Set(z.array(z.string()).safeParse(state.get(MEMENTO_KEY)).data);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Known at once. @throws where it cannot be kept for after a reload */
  async add(id: string): Promise<void> {
    this.#ids.add(id);
    await this.#state.update(MEMENTO_KEY, [...this.#ids].slice(-MOST));
  }
}
