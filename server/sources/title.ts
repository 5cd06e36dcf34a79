import { oneLine } from './values.ts';

export const UNTITLED = 'Untitled session';

/** The first of `candidates` that has something to read, as a title. */
export function titleOf(candidates: readonly (string | undefined)[]): string {
  for (const candidate of candidates) {
    const title = oneLine(candidate ?? '', 120);
    if (title !== '') return title;
  }
  return UNTITLED;
}
