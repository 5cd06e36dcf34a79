import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LineSplitter } from '../../../../server/workflows/supervisor/lineSplitter.ts';

describe('a line splitter', () => {
  it('gives the same lines however the bytes come', () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'ü', '🦊', '\u2028', '\0', ' ') });
    fc.assert(
      fc.property(fc.array(line), line, fc.array(fc.nat(20)), (lines, rest, sizes) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join('') + rest);
        const splitter = new LineSplitter(1000);
        const got: string[] = [];
        let at = 0;
        for (const size of sizes) {
          got.push(...splitter.push(bytes.subarray(at, at + size)));
          at += size;
        }
        got.push(...splitter.push(bytes.subarray(at)));
        assert.deepEqual(got, lines);
        assert.equal(splitter.rest(), rest === '' ? undefined : rest);
      }),
    );
  });

  it('takes CRLF for a line end', () => {
    const splitter = new LineSplitter(10);
    assert.deepEqual(splitter.push(Buffer.from('a\r\n\r')), ['a']);
    assert.deepEqual(splitter.push(Buffer.from('\nb')), ['']);
    assert.equal(splitter.rest(), 'b');
  });

  it('gives what came before a line that is too long, and no more', () => {
    const splitter = new LineSplitter(4);
    assert.deepEqual(splitter.push(Buffer.from('1234\n12')), ['1234']);
    assert.equal(splitter.isOver, false);
    assert.deepEqual(splitter.push(Buffer.from('345\nnext\n')), []);
    assert.equal(splitter.isOver, true);
    assert.deepEqual(splitter.push(Buffer.from('next\n')), []);
    assert.equal(splitter.rest(), undefined);
  });

  it('holds a long line that comes byte by byte in little more than its length', () => {
    const splitter = new LineSplitter(8 * 1024 * 1024);
    const before = process.memoryUsage().arrayBuffers;
    const byte = Buffer.from('x');
    for (let n = 0; n < 1_000_000; n += 1) splitter.push(byte);
    assert.ok(process.memoryUsage().arrayBuffers - before < 8 * 1024 * 1024);
    assert.equal(splitter.rest()?.length, 1_000_000);
  });
});
