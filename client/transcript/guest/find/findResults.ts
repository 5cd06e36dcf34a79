import type { TranscriptHit } from '../../../../server/protocol/transcriptMethods.ts';

/** One occurrence: the `nth` (0..) of those in a part of an item. */
export interface Occurrence {
  readonly hit: TranscriptHit;
  readonly nth: number;
}

/** All occurrences that were found so far, in the order of the transcript: there may be a hundred thousand hits. */
export class FindResults {
  readonly #hits: TranscriptHit[] = [];
  /** How many occurrences stand before each hit. */
  readonly #before: number[] = [];
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(hits: readonly TranscriptHit[]): void {
    for (const hit of hits) {
      this.#hits.push(hit);
      this.#before.push(this.#total);
      this.#total += hit.count;
    }
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
