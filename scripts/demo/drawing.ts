import { crc32, deflateSync } from 'node:zlib';

type Colour = readonly [red: number, green: number, blue: number];

/** Rows of three pixels each, as numbers of which the highest bit is the left pixel. */
const GLYPHS: Readonly<Record<string, readonly number[]>> = {
  A: [2, 5, 7, 5, 5],
  B: [6, 5, 6, 5, 6],
  C: [3, 4, 4, 4, 3],
  D: [6, 5, 5, 5, 6],
  E: [7, 4, 6, 4, 7],
  F: [7, 4, 6, 4, 4],
  G: [3, 4, 5, 5, 3],
  H: [5, 5, 7, 5, 5],
  I: [7, 2, 2, 2, 7],
  K: [5, 5, 6, 5, 5],
  L: [4, 4, 4, 4, 7],
  M: [5, 7, 7, 5, 5],
  N: [6, 5, 5, 5, 5],
  O: [2, 5, 5, 5, 2],
  P: [6, 5, 6, 4, 4],
  R: [6, 5, 6, 5, 5],
  S: [3, 4, 2, 1, 6],
  T: [7, 2, 2, 2, 2],
  U: [5, 5, 5, 5, 7],
  V: [5, 5, 5, 5, 2],
  Y: [5, 5, 2, 2, 2],
  '0': [7, 5, 5, 5, 7],
  '1': [2, 6, 2, 2, 7],
  '2': [6, 1, 2, 4, 7],
  '3': [6, 1, 2, 1, 6],
  '4': [5, 5, 7, 1, 1],
  '5': [7, 4, 6, 1, 6],
  '8': [7, 5, 7, 5, 7],
  '9': [7, 5, 7, 1, 6],
  '.': [0, 0, 0, 0, 2],
};

/** Pictures for the demo's transcripts, so that none has to be kept as a file. */
export class Drawing {
  readonly #width: number;
  readonly #height: number;
  readonly #pixels: Uint8Array;

  constructor(width: number, height: number, background: Colour) {
    this.#width = width;
    this.#height = height;
    this.#pixels = new Uint8Array(width * height * 3);
    this.fill(0, 0, width, height, background);
  }

  fill(left: number, top: number, width: number, height: number, colour: Colour): this {
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) this.#pixels.set(colour, (y * this.#width + x) * 3);
    }
    return this;
  }

  frame(left: number, top: number, width: number, height: number, colour: Colour): this {
    return this.fill(left, top, width, 1, colour)
      .fill(left, top + height - 1, width, 1, colour)
      .fill(left, top, 1, height, colour)
      .fill(left + width - 1, top, 1, height, colour);
  }

  /** Capitals, digits and points, each 4 by 6 times `scale` pixels; anything else is a gap. */
  write(left: number, top: number, text: string, colour: Colour, scale = 2): this {
    for (const [at, character] of Array.from(text).entries()) {
      for (const [row, bits] of (GLYPHS[character] ?? []).entries()) {
        for (const column of [0, 1, 2]) {
          if ((bits & (4 >> column)) === 0) continue;
          this.fill(left + (at * 4 + column) * scale, top + row * scale, scale, scale, colour);
        }
      }
    }
    return this;
  }

  /** As a PNG, in base64. */
  png(): string {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(this.#width, 0);
    header.writeUInt32BE(this.#height, 4);
    header.set([8, 2], 8); // bits of a channel; red, green and blue
    const rows = Buffer.alloc(this.#height * (this.#width * 3 + 1)); // each begins with its filter: none
    for (let y = 0; y < this.#height; y++) {
      const row = this.#pixels.subarray(y * this.#width * 3, (y + 1) * this.#width * 3);
      rows.set(row, y * (this.#width * 3 + 1) + 1);
    }
    return Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1A\n', 'latin1'),
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(rows, { level: 9 })),
      chunk('IEND', Buffer.alloc(0)),
    ]).toString('base64');
  }
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
