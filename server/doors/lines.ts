/** A line that was too long to keep; it was read over. */
export const TOO_LONG = Symbol('a line over the limit');

/**
 * Splits a byte stream at LF alone. `node:readline` would also end lines at U+2028, which JSON may hold. A last line
 * without LF counts. Lines over `maxBytes` are given as TOO_LONG, so that no caller can fill the memory.
 */
export async function* lines(
  input: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<string | typeof TOO_LONG> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const take = (): string | typeof TOO_LONG => {
    const line = size > maxBytes ? TOO_LONG : Buffer.concat(parts).toString('utf8');
    parts = [];
    size = 0;
    return line;
  };
  const add = (part: Uint8Array) => {
    size += part.length;
    if (size > maxBytes) parts = [];
    else parts.push(part);
  };
  for await (const chunk of input) {
    let begin = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, begin)) {
      add(chunk.subarray(begin, end));
      begin = end + 1;
      yield take();
    }
    if (begin < chunk.length) add(chunk.subarray(begin));
  }
  if (size > 0) yield take();
}
