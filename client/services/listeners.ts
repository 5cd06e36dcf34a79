/** Those who want to be told of a change. */
export class Listeners {
  readonly #all = new Set<() => void>();

  add(listener: () => void): { dispose(): void } {
    this.#all.add(listener);
    return { dispose: () => this.#all.delete(listener) };
  }

  tell(): void {
    for (const listener of this.#all) listener();
  }
}
