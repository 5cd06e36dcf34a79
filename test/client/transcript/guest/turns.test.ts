import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { nextTurn, previousTurn } from '../../../../client/transcript/guest/turns.ts';
import type { TranscriptItem } from '../../../../server/protocol/transcript.ts';

const base = { id: 'x', position: 0 };
const person: TranscriptItem = { ...base, kind: 'message', role: 'user', text: 'Go on' };
const begin: TranscriptItem = { ...base, kind: 'iteration', phase: 'begin' };
const others: readonly TranscriptItem[] = [
  { ...base, kind: 'message', role: 'user', text: 'Rules', injected: true },
  { ...base, kind: 'message', role: 'assistant', text: 'Done' },
  { ...base, kind: 'message', role: 'system', text: 'Limits' },
  { ...base, kind: 'iteration', phase: 'end' },
  { ...base, kind: 'tool_call', name: 'bash' },
];

test('a turn begins with what a person says, and with an iteration', () => {
  const items = [...others, person, ...others, begin, ...others];
  assert.equal(nextTurn(items, -1), 5);
  assert.equal(nextTurn(items, 5), 11);
  assert.equal(nextTurn(items, 11), undefined);
  assert.equal(previousTurn(items, items.length), 11);
  assert.equal(previousTurn(items, 11), 5);
  assert.equal(previousTurn(items, 5), undefined);
  assert.equal(nextTurn([], 0), undefined);
});

test('going on and back leads through the same turns, and past none', () => {
  const transcript = fc.array(fc.constantFrom(person, begin, ...others), { maxLength: 60 });
  fc.assert(
    fc.property(transcript, (items) => {
      const down: number[] = [];
      for (let at = nextTurn(items, -1); at !== undefined; at = nextTurn(items, at)) down.push(at);
      const up: number[] = [];
      for (let at = previousTurn(items, items.length); at !== undefined; at = previousTurn(items, at))
        up.push(at);
      assert.deepEqual(down, up.toReversed());
      assert.equal(down.length, items.filter((item) => item === person || item === begin).length);
    }),
  );
});
