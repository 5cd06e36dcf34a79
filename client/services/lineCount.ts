import { createReadStream } from 'node:fs';

const LINE_END = 0x0a;
const BLANK = 0x20;

/** How many lines of a file hold something, as a compaction counts them. Reads the file in pieces. */
export async function countLines(path: string): Promise<number> {
  let lines = 0;
  let hasText = false;
  for await (const piece of createReadStream(path)) {
    if (!(piece instanceof Uint8Array)) continue;
    for (const byte of piece) {
      if (byte === LINE_END) {
        if (hasText) lines++;
        hasText = false;
      } else if (byte > BLANK) {
        hasText = true;
      }
    }
  }
  return hasText ? lines + 1 : lines;
}
