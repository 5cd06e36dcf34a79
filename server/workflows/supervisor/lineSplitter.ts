const LINE_FEED = 0x0a;
const FIRST_BYTES = 64 * 1024;

/**
 * Bytes into lines. Splits at LF alone: U+2028 and its like may stand in JSON. Decodes whole lines, so a character
 * split over two chunks comes out whole. Holds one unfinished line of at most `maxBytes`, in one buffer that doubles:
 * a list of chunks would take a hundred times the memory where they come byte by byte.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #unfinished = Buffer.allocUnsafe(0);
  #length = 0;
  #isOver = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** A line was longer than it may be. What came before it was given; nothing more will be. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The lines that this chunk finishes, without their ends (LF or CRLF). */
  push(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let from = 0;
    while (!this.#isOver) {
      const end = chunk.indexOf(LINE_FEED, from);
      const part = chunk.subarray(from, end === -1 ? chunk.length : end);
      if (this.#length + part.length > this.#maxBytes) {
        this.#isOver = true;
        this.#drop();
      } else if (end === -1) {
        this.#keep(part);
        break;
      } else {
        lines.push(this.#line(part));
        from = end + 1;
      }
    }
    return lines;
  }

  /** What came after the last line end, if anything did. */
  rest(): string | undefined {
    return this.#length === 0 ? undefined : this.#line(new Uint8Array(0));
  }

  #line(part: Uint8Array): string {
    let bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    if (this.#length > 0) {
      this.#keep(part);
      bytes = this.#unfinished.subarray(0, this.#length);
    }
    const line = bytes.toString('utf8', 0, bytes.at(-1) === 0x0d ? bytes.length - 1 : bytes.length);
    this.#drop();
    return line;
  }

  #keep(part: Uint8Array): void {
    const needed = this.#length + part.length;
    if (needed > this.#unfinished.length) {
      const larger = Buffer.allocUnsafe(Math.max(FIRST_BYTES, 2 ** Math.ceil(Math.log2(needed))));
      this.#unfinished.copy(larger, 0, 0, this.#length);
      this.#unfinished = larger;
    }
    this.#unfinished.set(part, this.#length);
    this.#length = needed;
  }

  #drop(): void {
    this.#length = 0;
    // One long line is no reason to hold as much for ever.
    if (this.#unfinished.length > 16 * FIRST_BYTES) this.#unfinished = Buffer.allocUnsafe(0);
  }
}
