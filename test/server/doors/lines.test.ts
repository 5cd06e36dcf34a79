import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { lines, TOO_LONG } from '../../../server/doors/lines.ts';

async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

describe('lines of a stream', () => {
  it('are the same however the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }).map((line) => line.replaceAll('\n', ''))),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        async (expected, sizes) => {
          fc.pre(expected.every((line) => line.isWellFormed()));
          const bytes = new TextEncoder().encode(expected.map((line) => `${line}\n`).join(''));
          assert.deepEqual(await Array.fromAsync(lines(chunksOf(bytes, sizes), 1000)), expected);
        },
      ),
    );
  });

  it('over the limit are read over, and the next one is whole', async () => {
    const bytes = new TextEncoder().encode(`${'x'.repeat(50)}\nshort\n${'y'.repeat(11)}`);
    assert.deepEqual(await Array.fromAsync(lines(chunksOf(bytes, [7]), 10)), [TOO_LONG, 'short', TOO_LONG]);
  });
});
