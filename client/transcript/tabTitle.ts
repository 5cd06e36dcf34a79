import { revealBidi } from '../services/plainText.ts';

/** A tab wider than this pushes its neighbours away. */
const MAX_TAB_TITLE = 40;

/** A session's title as one short line, in which nothing turns what stands beside it around. */
export function tabTitle(title: string): string {
  const line = revealBidi(title).replaceAll(/\s+/g, ' ').trim();
  const characters = Array.from(line); // whole characters, not halves of surrogate pairs
  return characters.length > MAX_TAB_TITLE ? `${characters.slice(0, MAX_TAB_TITLE - 1).join('')}…` : line;
}
