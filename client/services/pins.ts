import type * as vscode from 'vscode';
import * as z from 'zod';
import { Listeners } from './listeners.ts';

const MEMENTO_KEY = 'pins';

const pin = z.object({
  ref: z.string(),
  /** Of the store that the session was in: another one does not have it, and that says nothing. */
  store: z.string().optional(),
});
export type Pin = z.infer<typeof pin>;

/** The sessions that a person keeps at the top. Kept for all windows of this machine. */
export class Pins {
  readonly #state: vscode.Memento;
  readonly #listeners = new Listeners();
  #kept: unknown;
  #pins: readonly Pin[] = [];
  #refs: ReadonlySet<string> = new Set();

  constructor(state: vscode.Memento) {
    this.#state = state;
    this.#read();
  }

  onDidChange(listener: () => void): { dispose(): void } {
    return this.#listeners.add(listener);
  }

  get all(): readonly Pin[] {
    return this.#pins;
  }

  get refs(): ReadonlySet<string> {
    return this.#refs;
  }

  /** Takes over what other windows have pinned: VS Code does not tell when they do. */
  refresh(): void {
    if (this.#read()) this.#listeners.tell();
  }

  async add(pins: readonly Pin[]): Promise<void> {
    this.#read();
    const added = pins.filter(({ ref }) => !this.#refs.has(ref));
    if (added.length > 0) await this.#write([...this.#pins, ...added]);
  }

  async remove(refs: readonly string[]): Promise<void> {
    this.#read();
    const left = this.#pins.filter(({ ref }) => !refs.includes(ref));
    if (left.length < this.#pins.length) await this.#write(left);
  }

  async #write(pins: readonly Pin[]): Promise<void> {
    const written = this.#state.update(MEMENTO_KEY, pins);
    this.refresh();
    await written;
  }

  /** Whether there is something new. */
  #read(): boolean {
    const kept: unknown = this.#state.get(MEMENTO_KEY);
    if (kept === this.#kept) return false;
    this.#kept = kept;
    this.#pins = z.array(pin).safeParse(kept).data ?? [];
    this.#refs = new Set(this.#pins.map(({ ref }) => ref));
    return true;
  }
}
