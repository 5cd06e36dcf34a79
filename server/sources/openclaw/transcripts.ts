import { stat } from 'node:fs/promises';
import { mapBounded } from '../../platform/concurrency.ts';
import type { OpenFile } from '../jsonl/readableFile.ts';
import type { OpenclawSession } from './stateDirectory.ts';
import { readEnds, type EndsOfTranscript } from './titles.ts';
import { transcriptPaths, withTranscript } from './transcriptFile.ts';

const FILES_AT_ONCE = 8;

/** Ends of transcripts in memory at once. */
const MOST_KEPT = 5000;

interface Kept {
  readonly looks: string;
  readonly ends: EndsOfTranscript;
}

const NOTHING: EndsOfTranscript = { firstUserText: undefined, lastText: undefined };

/** The ends of transcripts, read once for each change of a file. */
export class TranscriptEnds {
  readonly #kept = new Map<string, Kept>();
  readonly #open: OpenFile | undefined;

  constructor(open?: OpenFile) {
    this.#open = open;
  }

  /** In the order of the sessions. Rejects never: what cannot be read has no words to show. */
  of(sessions: readonly OpenclawSession[]): Promise<EndsOfTranscript[]> {
    return mapBounded(sessions, FILES_AT_ONCE, (session) => this.#read(session).catch(() => NOTHING));
  }

  async #read({ place, entry }: OpenclawSession): Promise<EndsOfTranscript> {
    for (const path of transcriptPaths(place, entry)) {
      const found = await stat(path, { bigint: true }).catch(() => undefined);
      if (found === undefined) continue;
      const looks = `${found.dev}:${found.ino} ${found.mtimeNs} ${found.size}`;
      const kept = this.#kept.get(path);
      if (kept?.looks === looks) return kept.ends;
      const ends = (await withTranscript(place, entry, readEnds, this.#open)) ?? NOTHING;
      this.#kept.delete(path);
      this.#kept.set(path, { looks, ends });
      const [oldest] = this.#kept.keys();
      if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
      return ends;
    }
    return NOTHING;
  }
}
