import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { grow, trimmed, type LoadedWindow } from '../../../client/transcript/loadedWindow.ts';
import { mergeItems, type TranscriptItem } from '../../../server/protocol/transcript.ts';
import { at, FakeTranscript, message, messages } from './fakeTranscript.ts';

function windowOf(transcript: FakeTranscript, from: number, until: number): LoadedWindow {
  const { items, start, end, atStart, atEnd } = transcript.page({ from: from * 10, limit: until - from });
  return { items, start, end, atStart, atEnd };
}

describe('the loaded window', () => {
  test('is cut at the side that is farther from the reader', () => {
    const transcript = new FakeTranscript(100);
    transcript.append(...messages(0, 100));
    const window = windowOf(transcript, 0, 100);
    assert.deepEqual(trimmed(window, undefined, 30), { start: 700, end: 1000 });
    assert.deepEqual(trimmed(window, 900, 30), { start: 700, end: 1000 });
    assert.deepEqual(trimmed(window, 100, 30), { start: 0, end: 300 });
    assert.equal(trimmed(window, 100, 100), undefined);
  });

  test('is never cut within a record', () => {
    const transcript = new FakeTranscript(100);
    transcript.append([message('a')], [message('b'), message('c'), message('d')], [message('e')]);
    const window = windowOf(transcript, 0, 3);
    assert.deepEqual(trimmed(window, undefined, 3), { start: 10, end: 30 });
    assert.deepEqual(trimmed(window, 0, 2), { start: 0, end: 10 });
    assert.equal(trimmed(windowOf(transcript, 1, 3), undefined, 2), undefined);
  });

  test('keeps a result whose call it lets go of, and puts the two together again', () => {
    const call: TranscriptItem = {
      kind: 'tool_call',
      id: 'c',
      callId: 'c',
      position: 0,
      name: 'x',
      input: {},
    };
    const result: TranscriptItem = {
      kind: 'tool_result',
      id: 'r',
      callId: 'c',
      position: 0,
      result: { output: 'done', isError: false },
    };
    const transcript = new FakeTranscript(10);
    transcript.append([call], [message('m')], [result]);
    const whole = windowOf(transcript, 0, 3);
    const { items } = whole;
    const later = grow(items, 'newer', [], { start: 10, end: 30 });
    assert.deepEqual(
      later.map(({ kind }) => kind),
      ['message', 'tool_result'],
    );
    const again = grow(later, 'older', windowOf(transcript, 0, 1).items, { start: 0, end: 30 });
    assert.deepEqual(again, items);
  });

  test('holds what its records hold, however it was grown and cut', () => {
    const record = fc.constantFrom('message', 'call', 'result', 'nothing');
    const step = fc.tuple(
      fc.constantFrom('older', 'newer', 'cutOlder', 'cutNewer'),
      fc.integer({ min: 1, max: 6 }),
    );
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 40 }),
        fc.array(step, { maxLength: 30 }),
        (kinds, steps) => {
          const transcript = new FakeTranscript(100);
          let calls = 0;
          let answered = 0;
          for (const [index, kind] of kinds.entries()) {
            const callId = `call${kind === 'call' ? calls++ : answered}`;
            const isAnswer = kind === 'result' && answered < calls;
            if (isAnswer) answered += 1;
            const result = { output: String(index), isError: false };
            if (kind === 'message') transcript.append([message(`m${index}`)]);
            else if (kind === 'call')
              transcript.append([{ kind: 'tool_call', id: callId, callId, position: 0, name: 'x' }]);
            else if (isAnswer)
              transcript.append([{ kind: 'tool_result', id: `r${callId}`, callId, position: 0, result }]);
            else transcript.append([]);
          }
          let [from, until] = [Math.floor(kinds.length / 2), Math.floor(kinds.length / 2)];
          let items: readonly TranscriptItem[] = [];
          for (const [kind, count] of steps) {
            const [oldFrom, oldUntil] = [from, until];
            if (kind === 'older') from = Math.max(0, from - count);
            else if (kind === 'newer') until = Math.min(kinds.length, until + count);
            else if (kind === 'cutOlder') from = Math.min(until, from + count);
            else until = Math.max(from, until - count);
            const isOlder = kind === 'older' || kind === 'cutOlder';
            const added = isOlder
              ? windowOf(transcript, from, Math.max(from, oldFrom)).items
              : windowOf(transcript, Math.min(oldUntil, until), until).items;
            items = grow(items, isOlder ? 'older' : 'newer', kind.startsWith('cut') ? [] : added, {
              start: from * 10,
              end: until * 10,
            });
            assert.deepEqual(
              items.map((item) => withoutResultBeyond(item, until * 10)),
              windowOf(transcript, from, until).items,
            );
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** A call whose result was beyond the end when it was let go of keeps it; a new reader would not have it yet. */
function withoutResultBeyond(item: TranscriptItem, end: number): TranscriptItem {
  if (item.kind !== 'tool_call' || (item.result?.record?.position ?? 0) < end) return item;
  const { result: _, ...call } = item;
  return call;
}

test('positions never go down along merged items', () => {
  const merged = mergeItems([at(1, message('a')), at(2, message('b')), at(3, message('a', 'again'))]);
  assert.deepEqual(merged, [at(1, message('a', 'again')), at(2, message('b'))]);
});
