import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { FindResults } from '../../../../client/transcript/guest/find/findResults.ts';

const parts = fc.array(
  fc.array(fc.record({ step: fc.integer({ min: 0, max: 5 }), count: fc.integer({ min: 1, max: 4 }) }), {
    maxLength: 6,
  }),
  { maxLength: 6 },
);

test('every occurrence has its number, in whatever parts the hits came', () => {
  fc.assert(
    fc.property(parts, fc.integer({ min: -1, max: 200 }), (parts, from) => {
      const results = new FindResults();
      const all: { position: number; nth: number }[] = [];
      let position = 0;
      for (const part of parts) {
        const hits = part.map(({ step, count }) => {
          position += step;
          for (let nth = 0; nth < count; nth++) all.push({ position, nth });
          return { id: `m${position}`, position, part: 'text' as const, count };
        });
        results.add(hits);
      }
      assert.equal(results.total, all.length);
      for (const [number, expected] of all.entries()) {
        const found = results.at(number);
        assert.deepEqual({ position: found?.hit.position, nth: found?.nth }, expected);
      }
      assert.equal(results.at(all.length), undefined);
      assert.equal(results.at(-1), undefined);
      const first = all.findIndex((each) => each.position >= from);
      assert.equal(results.firstFrom(from), first === -1 ? undefined : first);
    }),
  );
});
