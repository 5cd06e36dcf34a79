import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { mergeItems, type TranscriptItem } from '../../../server/protocol/transcript.ts';

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();

function call(id: string, position: number, callId: string, timestamp?: string): TranscriptItem {
  return { id, position, kind: 'tool_call', callId, name: 'bash', ...(timestamp ? { timestamp } : {}) };
}

function result(
  id: string,
  position: number,
  callId: string,
  output: string,
  more: { timestamp?: string; durationMs?: number } = {},
): TranscriptItem {
  const { timestamp, durationMs } = more;
  return {
    id,
    position,
    kind: 'tool_result',
    callId,
    result: { output, isError: false, ...(durationMs === undefined ? {} : { durationMs }) },
    ...(timestamp === undefined ? {} : { timestamp }),
  };
}

test('a result is put into its call, with where it came from and how long it took', () => {
  const merged = mergeItems([call('c', 1, 't', at(10)), result('r', 2, 't', 'done', { timestamp: at(12) })]);
  assert.deepEqual(merged, [
    {
      ...call('c', 1, 't', at(10)),
      result: {
        output: 'done',
        isError: false,
        durationMs: 2000,
        record: { id: 'r', position: 2, timestamp: at(12) },
      },
    },
  ]);
});

test('what was recorded of the duration stands, and a clock that was set back gives none', () => {
  const durationOf = (items: TranscriptItem[]) => {
    const [item] = mergeItems(items);
    return item?.kind === 'tool_call' ? item.result?.durationMs : 'no call';
  };
  const recorded = result('r', 2, 't', '', { timestamp: at(12), durationMs: 7 });
  assert.equal(durationOf([call('c', 1, 't', at(10)), recorded]), 7);
  assert.equal(
    durationOf([call('c', 1, 't', at(10)), result('r', 2, 't', '', { timestamp: at(9) })]),
    undefined,
  );
  assert.equal(durationOf([call('c', 1, 't'), result('r', 2, 't', '', { timestamp: at(9) })]), undefined);
});

test('a result without its call stays by itself', () => {
  const alone = result('r', 2, 't', 'done');
  assert.deepEqual(mergeItems([alone, call('c', 3, 'other')]), [alone, call('c', 3, 'other')]);
});

test('an item of an id that was seen stands where the earlier one stood, and a call keeps its result', () => {
  const said = (position: number, text: string): TranscriptItem => ({
    id: 'm',
    position,
    kind: 'message',
    role: 'user',
    text,
  });
  assert.deepEqual(mergeItems([said(1, 'one'), call('c', 2, 't'), said(3, 'two')]), [
    said(1, 'two'),
    call('c', 2, 't'),
  ]);
  const [again] = mergeItems([call('c', 1, 't'), result('r', 2, 't', 'done'), call('c', 5, 't')]);
  assert.equal(again?.position, 1);
  assert.equal(again.kind === 'tool_call' && again.result?.output, 'done');
});

const anyItem = fc.oneof(
  fc.record({ kind: fc.constant('call' as const), name: fc.constantFrom('a', 'b', 'c') }),
  fc.record({ kind: fc.constant('result' as const), name: fc.constantFrom('a', 'b', 'c', 'd') }),
  fc.record({ kind: fc.constant('message' as const), name: fc.constantFrom('m', 'n', 'o') }),
);

test('positions never go down, ids are there once, and merging in parts is merging at once', () => {
  const property = fc.property(fc.array(anyItem, { maxLength: 30 }), fc.nat(30), (shapes, cut) => {
    const items = shapes.map(({ kind, name }, position): TranscriptItem => {
      if (kind === 'call') return call(`call ${name}`, position, name, at(position));
      if (kind === 'result')
        return result(`result ${name}`, position, name, `${position}`, { timestamp: at(position) });
      return { id: name, position, kind: 'message', role: 'user', text: `${position}` };
    });
    const merged = mergeItems(items);
    const positions = merged.map(({ position }) => position);
    assert.deepEqual(
      positions,
      positions.toSorted((a, b) => a - b),
    );
    const ids = merged.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    const inParts = mergeItems([...mergeItems(items.slice(0, cut)), ...mergeItems(items.slice(cut))]);
    const texts = (list: TranscriptItem[]) =>
      list.map((item) =>
        item.kind === 'message' ? [item.id, item.position, item.text] : [item.id, item.position],
      );
    assert.deepEqual(texts(inParts), texts(merged));
  });
  fc.assert(property, { numRuns: 500 });
});
