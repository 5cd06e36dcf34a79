/** How often the first of a line looks whether its turn has come, in milliseconds; with more lines, less often. */
const LOOK_MS = 50;
const LINES_AT_FULL_PACE = 20;

/** A place in the line of the calls of this process that wait for one session. */
export interface Place {
  /** Until it is time to look: now and then, or when a lease was given back, for the first in the line alone. */
  turn(mostMs: number): Promise<void>;
  leave(): void;
}

/**
 * The calls of this process that wait, by session. Only the first of each line looks at the store, for it is the next
 * of this process in the queue: were all to look, the store would be asked in proportion to the square of their number.
 */
export class WaitingLines {
  readonly #lines = new Map<string, { wake: () => void }[]>();

  join(session: string): Place {
    const line = this.#lines.get(session) ?? [];
    this.#lines.set(session, line);
    let isAwake = false;
    let look: (() => void) | undefined;
    // What happens while it looks is seen at the next look, which is then at once.
    const waiter = {
      wake: () => {
        isAwake = true;
        look?.();
      },
    };
    line.push(waiter);
    return {
      turn: async (mostMs) => {
        if (!isAwake) {
          const { promise, resolve } = Promise.withResolvers<void>();
          look = resolve;
          // With many lines the looks are spread, so that waiting costs no more than a few hundred looks a second.
          const lookMs = LOOK_MS * Math.ceil(this.#lines.size / LINES_AT_FULL_PACE);
          const timer = setTimeout(resolve, line[0] === waiter ? Math.min(lookMs, mostMs) : mostMs);
          await promise;
          clearTimeout(timer);
          look = undefined;
        }
        isAwake = false;
      },
      leave: () => {
        const wasFirst = line[0] === waiter;
        line.splice(line.indexOf(waiter), 1);
        if (wasFirst) line[0]?.wake();
        if (line.length === 0) this.#lines.delete(session);
      },
    };
  }

  /** A lease was given back: the first of each line looks. */
  wake(): void {
    for (const line of this.#lines.values()) line[0]?.wake();
  }
}
