import assert from 'node:assert/strict';
import { test } from 'node:test';
import { excerpt as excerptWithin } from '../../../../client/transcript/guest/excerpt.ts';

const excerpt = (text: string) => excerptWithin(text, { lines: 40, characters: 4000 });

const lines = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}`).join('\n');

test('40 lines and 4,000 characters are shown whole', () => {
  assert.equal(excerpt(lines(40)), undefined);
  assert.equal(excerpt(`${lines(40)}\n`), undefined);
  assert.equal(excerpt('x'.repeat(4000)), undefined);
});

test('of 41 lines the first 40 are shown', () => {
  assert.deepEqual(excerpt(lines(41)), { text: lines(40), total: { unit: 'lines', count: 41 } });
});

test('the end of the last line is not another line', () => {
  assert.equal(excerpt(`${lines(41)}\n`)?.total.count, 41);
});

test('of 4,001 characters the first 4,000 are shown', () => {
  assert.deepEqual(excerpt('x'.repeat(4001)), {
    text: 'x'.repeat(4000),
    total: { unit: 'characters', count: 4001 },
  });
});

test('of many long lines no more than 4,000 characters are shown', () => {
  const shown = excerpt(`${'y'.repeat(300)}\n`.repeat(100));
  assert.equal(shown?.text.length, 4000);
  assert.equal(shown.total.unit, 'lines');
});

test('no character is cut in half', () => {
  assert.equal(excerpt(`x${'😀'.repeat(3000)}`)?.text.isWellFormed(), true);
  assert.equal(excerpt('😀'.repeat(3000))?.text.isWellFormed(), true);
});
