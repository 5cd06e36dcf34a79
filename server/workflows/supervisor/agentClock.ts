import { afterMs } from './afterMs.ts';

/** How long it may be held in all, in milliseconds: who has taken a question on may be gone for good. */
const MAX_HELD_MS = 24 * 60 * 60_000;

/** Rings once, when it has run for so long; the time in which it was held does not count, for up to a day. */
export class AgentClock {
  readonly #ring: () => void;
  #runsMs: number;
  #heldMs = MAX_HELD_MS;
  #isHeld = true;
  /** Ends the time that passes now, and gives how long it was, in milliseconds. */
  #pass = (): number => 0;

  constructor(ms: number, ring: () => void) {
    this.#ring = ring;
    this.#runsMs = ms;
    this.run();
  }

  run(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#heldMs -= this.#pass();
    this.#pass = passing(this.#runsMs, this.#ring);
  }

  hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#runsMs -= this.#pass();
    this.#pass = passing(this.#heldMs, () => {
      this.run();
      this.#heldMs = 0;
    });
  }

  /** It never rings any more. */
  stop(): void {
    this.#pass();
  }
}

function passing(ms: number, callBack: () => void): () => number {
  const begun = performance.now();
  const stop = afterMs(Math.max(0, ms), callBack);
  return () => {
    stop();
    return performance.now() - begun;
  };
}
