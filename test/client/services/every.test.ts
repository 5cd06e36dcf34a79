import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Soon } from '../../../client/services/every.ts';

describe('Soon', () => {
  test('works once for all that ask meanwhile, and again for who asks later', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let count = 0;
    const soon = new Soon(100, () => (count += 1));
    // A hundred changes in a second.
    for (let change = 0; change < 100; change += 1) {
      soon.ask();
      t.mock.timers.tick(10);
    }
    assert.ok(count >= 9 && count <= 10, String(count));
    const before = count;
    soon.ask();
    t.mock.timers.tick(100);
    assert.equal(count, before + 1);
    t.mock.timers.tick(1000);
    assert.equal(count, before + 1);
  });

  test('does nothing any more after it was disposed of', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let count = 0;
    const soon = new Soon(100, () => (count += 1));
    const idle = new Soon(100, () => (count += 1));
    soon.ask();
    for (const one of [soon, idle]) {
      one.dispose();
      one.ask();
    }
    t.mock.timers.tick(1000);
    assert.equal(count, 0);
  });
});
