/** The iterations that are in flight, by step, each with what ends it before its time. */
export class Flights {
  readonly #controllers = new Map<string, AbortController>();
  readonly #cuts = new Map<string, string>();

  get size(): number {
    return this.#controllers.size;
  }

  /** The signal is aborted when the flight is to be cut. */
  begin(step: string): AbortSignal {
    const controller = new AbortController();
    this.#controllers.set(step, controller);
    this.#cuts.delete(step);
    return controller.signal;
  }

  end(step: string): void {
    this.#controllers.delete(step);
  }

  /** What is said first is why. */
  cut(step: string, why: string): void {
    const controller = this.#controllers.get(step);
    if (controller === undefined || controller.signal.aborted) return;
    this.#cuts.set(step, why);
    controller.abort();
  }

  cutAll(why: string): void {
    for (const step of this.#controllers.keys()) this.cut(step, why);
  }

  /** Why the last flight of a step was cut, where it was. */
  whyCut(step: string): string | undefined {
    return this.#cuts.get(step);
  }
}
