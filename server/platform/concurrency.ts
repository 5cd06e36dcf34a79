/** Maps in the order of `values`, with at most `width` calls under way at once. Rejects as soon as one does. */
export async function mapBounded<T, R>(
  values: readonly T[],
  width: number,
  map: (value: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = values.entries();
  async function work(): Promise<void> {
    // One iterator for all: each call takes the next value.
    for (const [index, value] of queue) results[index] = await map(value);
  }
  await Promise.all(Array.from({ length: Math.min(width, values.length) }, work));
  return results;
}
