/**
 * A text as it is looked for: letters of either case are the same. Each character becomes what it does by itself,
 * whatever is around it: of Greek, the sigma at the end of a word is one like any other.
 */
export function folded(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ');
}

/** How often `text` holds what is looked for, which has to be {@link folded}; occurrences do not overlap. */
export function countIn(text: string, wanted: string): number {
  if (wanted === '') return 0;
  const all = folded(text);
  let count = 0;
  for (let at = all.indexOf(wanted); at !== -1; at = all.indexOf(wanted, at + wanted.length)) count += 1;
  return count;
}
