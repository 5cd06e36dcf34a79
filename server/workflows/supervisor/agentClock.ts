import { afterMs } from './afterMs.ts';

/** Rings once, when it has run for so long; the time in which it was held does not count. */
export class AgentClock {
  readonly #ring: () => void;
  #leftMs: number;
  #running: { readonly since: number; readonly stop: () => void } | undefined;

  constructor(ms: number, ring: () => void) {
    this.#leftMs = ms;
    this.#ring = ring;
    this.run();
  }

  run(): void {
    this.#running ??= { since: performance.now(), stop: afterMs(this.#leftMs, this.#ring) };
  }

  hold(): void {
    if (this.#running === undefined) return;
    this.#running.stop();
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#running.since));
    this.#running = undefined;
  }
}
