/** Shorter words resemble everything. */
const MIN_WORD = 3;
/** Longer words are compared with nothing: the cost grows with the square. */
const MAX_WORD = 100;

/** The candidates that a word may be a slip of the pen of, the nearest first. */
export function nearest(word: string, candidates: readonly string[]): string[] {
  if (word.length < MIN_WORD || word.length > MAX_WORD) return [];
  const most = Math.max(1, Math.floor(word.length / 3));
  return candidates
    .filter((candidate) => candidate !== word && Math.abs(candidate.length - word.length) <= most)
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= most)
    .sort((one, other) => one.distance - other.distance)
    .map(({ candidate }) => candidate);
}

/** Letters that are added, left out, replaced, or in the place of their neighbour. */
function distance(one: string, other: string): number {
  let [before, last]: number[][] = [[], Array.from({ length: other.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const at = (line: readonly number[] | undefined, index: number) => line?.[index] ?? Infinity;
      const isSame = one[i - 1] === other[j - 1];
      let least = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (isSame ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (isSwapped) least = Math.min(least, at(before, j - 2) + 1);
      row.push(least);
    }
    [before, last] = [last, row];
  }
  return last?.[other.length] ?? Infinity;
}
