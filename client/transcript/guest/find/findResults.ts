import type { TranscriptHit } from '../../../../server/protocol/transcriptMethods.ts';

/** One occurrence: the `nth` (0..) of those in a part of an item. */
export interface Occurrence {
  readonly hit: TranscriptHit;
  readonly nth: number;
}

/** All occurrences that were found so far, in the order of the transcript. Immutable. */
export class FindResults {
  static readonly none = new FindResults([], []);

  readonly #hits: readonly TranscriptHit[];
  /** How many occurrences stand before each hit. */
  readonly #before: readonly number[];

  private constructor(hits: readonly TranscriptHit[], before: readonly number[]) {
    this.#hits = hits;
    this.#before = before;
  }

  get total(): number {
    const last = this.#hits.at(-1);
    return last === undefined ? 0 : (this.#before.at(-1) ?? 0) + last.count;
  }

  with(hits: readonly TranscriptHit[]): FindResults {
    if (hits.length === 0) return this;
    const before = [...this.#before];
    let total = this.total;
    for (const { count } of hits) {
      before.push(total);
      total += count;
    }
    return new FindResults([...this.#hits, ...hits], before);
  }

  /** The occurrence of that number, 0.. */
  at(number: number): Occurrence | undefined {
    if (number < 0 || number >= this.total) return undefined;
    let low = 0;
    let high = this.#hits.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#before[middle] ?? 0) <= number) low = middle;
      else high = middle - 1;
    }
    const hit = this.#hits[low];
    return hit === undefined ? undefined : { hit, nth: number - (this.#before[low] ?? 0) };
  }

  /** The number of the first occurrence at or after a position; undefined where there is none (yet). */
  firstFrom(position: number): number | undefined {
    let low = 0;
    let high = this.#hits.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#hits[middle]?.position ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return this.#before[low];
  }
}
