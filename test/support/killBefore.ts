/** Counts down the calls that it is put before, and kills this process right before the nth of them. */
export class KillBefore {
  #left: number;

  constructor(nth: number) {
    this.#left = nth;
  }

  /** How many more calls it would have taken. */
  get left(): number {
    return this.#left;
  }

  count(): void {
    if (--this.#left === 0) process.kill(process.pid, 'SIGKILL');
  }

  /** The same function, but for the counting of those calls that count. */
  wrap<F extends (...args: never[]) => unknown>(call: F, counts = (..._: Parameters<F>) => true): F {
    const counting = (...args: Parameters<F>) => {
      if (counts(...args)) this.count();
      return call(...args);
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same function, but for the counting
    return counting as F;
  }
}
