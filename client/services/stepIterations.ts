import type { ResultOf } from '../../server/protocol/method.ts';
import { transcriptsOutline, type OutlineEntry } from '../../server/protocol/transcriptMethods.ts';
import type { Call } from './call.ts';

/** More rows than anybody looks through; the transcript has them all. */
const MOST = 100;

interface Known {
  /** By id, in their order. */
  readonly iterations: ReadonlyMap<string, OutlineEntry>;
  readonly generation: string;
  /** Where what is added begins. */
  readonly end: number;
}

/** The iterations of sessions, as their transcripts tell of them. What was read once is not read again. */
export class StepIterations {
  readonly #call: Call;
  readonly #known = new Map<string, Promise<Known>>();

  constructor(call: Call) {
    this.#call = call;
  }

  /**
   * The last iterations, the newest first. `ref` is that of the transcript.
   * @throws CallError
   */
  async of(ref: string): Promise<readonly OutlineEntry[]> {
    // After the reading before, also where that has failed: two at once would both read what is new.
    const before = this.#known.get(ref)?.catch(() => undefined);
    const reading = Promise.resolve(before).then((known) => this.#readOn(ref, known));
    this.#known.set(ref, reading);
    const { iterations } = await reading;
    return [...iterations.values()].slice(-MOST).reverse();
  }

  async #readOn(ref: string, known: Known | undefined): Promise<Known> {
    const iterations = new Map(known?.iterations);
    let generation = known?.generation;
    let end = 0;
    let from: number | undefined = known?.end ?? 0;
    while (from !== undefined) {
      const part: ResultOf<typeof transcriptsOutline> = await this.#call(transcriptsOutline, {
        ref,
        from,
        ...(generation === undefined ? {} : { generation }),
      });
      if (part.start === 0) iterations.clear();
      for (const entry of part.entries) if (entry.kind === 'iteration') iterations.set(entry.id, entry);
      generation = part.generation;
      end = part.size;
      from = part.next;
    }
    return { iterations, generation: generation ?? '', end };
  }
}
