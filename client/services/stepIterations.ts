import type { ResultOf } from '../../server/protocol/method.ts';
import { transcriptsOutline, type OutlineEntry } from '../../server/protocol/transcriptMethods.ts';
import type { Call } from './call.ts';

/** More rows than anybody looks through; the transcript has them all. */
const MOST = 100;

export interface StepIteration extends OutlineEntry {
  /** How it has ended, in the words of its program; absent where it goes on, or nobody has said. */
  readonly outcome?: string;
}

interface Known {
  /** By id, in their order. */
  readonly iterations: ReadonlyMap<string, StepIteration>;
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
  async of(ref: string): Promise<readonly StepIteration[]> {
    // After the reading before, also where that has failed: two at once would both read what is new.
    const before = this.#known.get(ref)?.catch(() => undefined);
    const reading = Promise.resolve(before).then((known) => this.#readOn(ref, known));
    this.#known.set(ref, reading);
    const { iterations } = await reading;
    return [...iterations.values()].slice(-MOST).reverse();
  }

  async #readOn(ref: string, known: Known | undefined): Promise<Known> {
    const iterations = new Map<string, StepIteration>(known?.iterations);
    let last = [...iterations.values()].at(-1);
    let generation = known?.generation;
    let end = 0;
    let from: number | undefined = known?.end ?? 0;
    while (from !== undefined) {
      const part: ResultOf<typeof transcriptsOutline> = await this.#call(transcriptsOutline, {
        ref,
        from,
        ...(generation === undefined ? {} : { generation }),
      });
      if (part.start === 0) {
        iterations.clear();
        last = undefined;
      }
      for (const entry of part.entries) {
        if (entry.kind === 'prompt') continue;
        // There is one at a time.
        last = entry.kind === 'iteration' ? entry : last && { ...last, outcome: entry.text };
        if (last !== undefined) iterations.set(last.id, last);
      }
      generation = part.generation;
      end = part.size;
      from = part.next;
    }
    return { iterations, generation: generation ?? '', end };
  }
}
