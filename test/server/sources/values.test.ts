import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isoTime } from '../../../server/protocol/session.ts';
import { addTokens, countOf, isoTimeOf, oneLine, tokensOf } from '../../../server/sources/values.ts';

test('a time is one that the protocol takes, or none', () => {
  assert.equal(isoTimeOf('2026-03-11T10:14:02.463+01:00'), '2026-03-11T09:14:02.463Z');
  assert.equal(isoTimeOf(1_773_220_442_463), '2026-03-11T09:14:02.463Z');
  for (const value of [
    -1,
    Number.NaN,
    9e15,
    253_402_300_800_000,
    '1',
    'May 1',
    '2026-99-01T00:00:00Z',
    null,
    {},
  ]) {
    assert.equal(isoTimeOf(value), undefined, JSON.stringify(value));
  }
  assert.ok(isoTime.safeParse(isoTimeOf(253_402_300_799_999)).success);
});

test('a count is a whole number that JSON keeps exact, or none', () => {
  assert.deepEqual([0, 2.9, 1e300].map(countOf), [0, 2, Number.MAX_SAFE_INTEGER]);
  assert.deepEqual([-1, Number.NaN, '1', null].map(countOf), [undefined, undefined, undefined, undefined]);
});

test('tokens add up, and stay in bounds', () => {
  const most = tokensOf({ input: 1e300, output: 1 });
  assert.equal(addTokens(most, most)?.total, Number.MAX_SAFE_INTEGER);
  assert.deepEqual(addTokens(undefined, tokensOf({ output: 2 })), {
    input: 0,
    output: 2,
    cacheRead: 0,
    cacheWrite: 0,
    total: 2,
  });
  assert.equal(tokensOf({}), undefined);
});

test('a line is cut between characters', () => {
  assert.equal(oneLine(' a\n\tb\0c ', 10), 'a b c');
  assert.equal(oneLine('🎉'.repeat(5), 5), '🎉'.repeat(5));
  assert.equal(oneLine('🎉'.repeat(6), 5), `${'🎉'.repeat(4)}…`);
});
