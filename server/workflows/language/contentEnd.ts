/** Where what stands between two offsets ends, without the blanks behind it: the ranges of YAML go on to the next entry. */
export function contentEnd(text: string, from: number, to: number): number {
  let end = to;
  while (end > from && /\s/.test(text[end - 1] ?? '')) end--;
  return end;
}
