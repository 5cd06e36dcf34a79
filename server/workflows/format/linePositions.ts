export interface LinePosition {
  /** From 0. Lines end where editors see them end: at `\n`, `\r\n` and `\r`. */
  readonly line: number;
  /** From 0, in UTF-16 units. */
  readonly character: number;
}

/** Where the offsets of a text are, in lines; an offset behind its end counts as its end. */
export function linePositions(text: string): (offset: number) => LinePosition {
  const starts = [0, ...Array.from(text.matchAll(/\r\n?|\n/g), ({ index, 0: end }) => index + end.length)];
  return (offset) => {
    const at = Math.max(0, Math.min(offset, text.length));
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle;
    }
    return { line: low, character: at - (starts[low] ?? 0) };
  };
}
