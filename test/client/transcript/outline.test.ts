import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutlineEntry } from '../../../server/protocol/transcriptMethods.ts';
import { outlineOf } from '../../../client/transcript/outline.ts';
import type { TranscriptCalls } from '../../../client/transcript/transcriptCalls.ts';

type Part = Awaited<ReturnType<TranscriptCalls['outline']>>;

const entry = (position: number, id = `e${position}`): OutlineEntry => ({
  id,
  position,
  kind: 'prompt',
  text: `At ${position}`,
});
const part = (entries: OutlineEntry[], next?: number, generation = 'a'): Part => ({
  start: 0,
  size: 100,
  generation,
  entries,
  ...(next === undefined ? {} : { next }),
});

async function read(parts: Part[], most = Infinity) {
  const asked: unknown[] = [];
  const lists: string[][] = [];
  const readPart: TranscriptCalls['outline'] = async (request) => {
    asked.push(request);
    const next = parts.shift();
    assert.ok(next);
    return next;
  };
  for await (const entries of outlineOf(readPart, () => asked.length < most))
    lists.push(entries.map(({ id }) => id));
  return { asked, lists };
}

test('an outline grows with each part that brings something, and is told at its end', async () => {
  const { asked, lists } = await read([part([entry(1)], 10), part([], 20), part([entry(25)], 30), part([])]);
  assert.deepEqual(lists, [['e1'], ['e1', 'e25'], ['e1', 'e25']]);
  assert.deepEqual(asked, [
    { from: 0 },
    { from: 10, generation: 'a' },
    { from: 20, generation: 'a' },
    { from: 30, generation: 'a' },
  ]);
});

test('an outline has no ends of iterations: nobody goes there', async () => {
  const end: OutlineEntry = { ...entry(2), kind: 'iterationEnd' };
  assert.deepEqual((await read([part([entry(1), end], 10), part([end])])).lists, [['e1'], ['e1']]);
});

test('an outline of nothing is told once', async () => {
  assert.deepEqual((await read([part([])])).lists, [[]]);
});

test('what is read again stands where it was', async () => {
  const { lists } = await read([part([entry(1), entry(2)], 10), part([entry(11, 'e1'), entry(12)])]);
  assert.deepEqual(lists.at(-1), ['e1', 'e2', 'e12']);
});

test('of a transcript that was replaced, only the new one is told', async () => {
  const { lists } = await read([
    part([entry(1)], 10),
    part([entry(2)], 20, 'b'),
    part([entry(21)], undefined, 'b'),
  ]);
  assert.deepEqual(lists.at(-1), ['e2', 'e21']);
});

test('an outline that nobody wants any more is not read on', async () => {
  const { asked } = await read([part([entry(1)], 10), part([], 20), part([entry(25)])], 2);
  assert.equal(asked.length, 2);
});
