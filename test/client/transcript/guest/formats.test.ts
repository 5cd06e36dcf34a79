import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Formats } from '../../../../client/transcript/guest/formats.ts';

const formats = new Formats('en-GB');

test('durations use the units that suit them', () => {
  assert.deepEqual(
    [0, 38.4, 999, 1500, 12_400, 59_900, 61_000, 3_600_000, 5_430_000].map((ms) => formats.duration(ms)),
    ['0ms', '38ms', '999ms', '1.5s', '12s', '1m 0s', '1m 1s', '1h 0m', '1h 30m'],
  );
});

test('costs show fractions of a cent only where there is hardly more', () => {
  assert.deepEqual(
    [0, 0.0312, 1.2345].map((cost) => formats.usd(cost)),
    ['US$0.00', 'US$0.0312', 'US$1.23'],
  );
});

test('times of another day come with their date', () => {
  const now = new Date(2026, 10, 21, 12);
  assert.equal(formats.time(new Date(2026, 10, 21, 9, 5).toISOString(), now), '09:05');
  assert.match(formats.time(new Date(2026, 10, 20, 9, 5).toISOString(), now), /20 Nov 2026.*09:05/);
});

test('a language that Intl does not know falls back to English', () => {
  assert.equal(new Formats('qps_ploc!').count(1234.5), '1,234.5');
});
