import type { Scalar } from 'yaml';

export interface NameRange {
  /** Of the text between the quotes, in offsets of UTF-16 units. */
  readonly from: number;
  readonly to: number;
  /** Whether it is written there letter by letter; else the range is the whole of the value, with its quotes. */
  readonly isExact: boolean;
}

/** Where the text of a value stands, without the quotes around it. */
export function nameRange(text: string, { value, range, type }: Scalar): NameRange {
  const [start, end] = range ?? [0, 0];
  const isQuoted = type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE';
  const [from, to] = isQuoted ? [start + 1, end - 1] : [start, end];
  if (text.slice(from, to) === value) return { from, to, isExact: true };
  return { from: start, to: end, isExact: false };
}
