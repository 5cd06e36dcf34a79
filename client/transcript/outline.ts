import type { OutlineEntry } from '../../server/protocol/transcriptMethods.ts';
import type { TranscriptCalls } from './transcriptCalls.ts';

/**
 * Reads where one can go in a transcript; gives all that is known, after each part that brought something, and at the
 * end. Stops before the next part when nobody wants it any more.
 */
export async function* outlineOf(
  readPart: TranscriptCalls['outline'],
  isWanted: () => boolean,
): AsyncGenerator<readonly OutlineEntry[], void, void> {
  let entries: OutlineEntry[] = [];
  let generation: string | undefined;
  let from: number | undefined = 0;
  while (from !== undefined && isWanted()) {
    const part: Awaited<ReturnType<typeof readPart>> = await readPart({
      from,
      ...(generation === undefined ? {} : { generation }),
    });
    if (generation !== undefined && part.generation !== generation) entries = [];
    generation = part.generation;
    from = part.next;
    // An entry that is read again, of the same id, stands where it was.
    const seen = new Map(entries.map((entry, index) => [entry.id, index]));
    const places = part.entries.filter(({ kind }) => kind !== 'iterationEnd');
    for (const entry of places) {
      const index = seen.get(entry.id) ?? entries.length;
      seen.set(entry.id, index);
      entries[index] = entry;
    }
    if (places.length > 0 || from === undefined) yield [...entries];
  }
}
