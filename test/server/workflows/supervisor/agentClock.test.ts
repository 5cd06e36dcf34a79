import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentClock } from '../../../../server/workflows/supervisor/agentClock.ts';

const LIMIT_MS = 60_000;

test('the clock of an agent rings at its limit, and not while it is held', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let rings = 0;
  const clock = new AgentClock(LIMIT_MS, () => (rings += 1));
  clock.hold();
  clock.hold();
  t.mock.timers.tick(10 * LIMIT_MS);
  assert.equal(rings, 0);
  clock.run();
  clock.run();
  t.mock.timers.tick(LIMIT_MS);
  assert.equal(rings, 1);
});

test('the clock of an agent that is held for a day goes on, and is held no more', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let rings = 0;
  const clock = new AgentClock(LIMIT_MS, () => (rings += 1));
  clock.hold();
  t.mock.timers.tick(24 * 60 * 60_000);
  clock.hold();
  t.mock.timers.tick(1);
  t.mock.timers.tick(LIMIT_MS);
  assert.equal(rings, 1);
});

test('a clock that was stopped never rings, be it held or not', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let rings = 0;
  const [running, held] = [0, 1].map(() => new AgentClock(LIMIT_MS, () => (rings += 1)));
  held?.hold();
  running?.stop();
  held?.stop();
  t.mock.timers.tick(48 * 60 * 60_000);
  assert.equal(rings, 0);
});
