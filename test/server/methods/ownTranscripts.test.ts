import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnTranscripts, type Histories } from '../../../server/methods/ownTranscripts.ts';
import type { SessionEvent } from '../../../server/protocol/event.ts';

const ID = 's';
const EVENT_LENGTH = 100_000;
const EVENTS = 250;

function eventAt(seq: number): SessionEvent {
  return { seq, timestamp: '2026-09-01T12:00:00.000Z', type: 'message', data: {} };
}

/** A history of large events; `onParsed` is told of each that is parsed. */
function historyOf(onParsed: () => void): Histories {
  const data = JSON.stringify({ role: 'user', content: 'x'.repeat(EVENT_LENGTH) });
  const texts = Array.from({ length: EVENTS }, (_, index) => ({
    seq: index + 1,
    at: 0,
    type: 'message',
    data,
  }));
  return {
    events: () => Promise.reject(new Error('a scan reads texts')),
    lastEvents: () => Promise.resolve([eventAt(EVENTS)]),
    eventTexts: ({ afterSeq, limit }) => Promise.resolve({ events: texts.slice(afterSeq, afterSeq + limit) }),
    eventOf: (text) => {
      onParsed();
      return eventAt(text.seq);
    },
    countEvents: () => Promise.resolve(0),
  };
}

test('others have their turn while large events of a session are gone through', async () => {
  let sinceTurn = 0;
  let most = 0;
  const own = new OwnTranscripts(
    historyOf(() => {
      sinceTurn += EVENT_LENGTH;
      most = Math.max(most, sinceTurn);
    }),
  );
  let isDone = false;
  const takeTurn = () => {
    sinceTurn = 0;
    if (!isDone) setImmediate(takeTurn);
  };
  setImmediate(takeTurn);
  await own.page(ID, { from: 1, limit: 5000, scan: {} });
  isDone = true;
  assert.ok(most > 0 && most <= 600_000, `${most} characters without a turn`);
});

test('a scan of a session ends a part after what it may show, and goes through more of what it refuses', async () => {
  let parsed = 0;
  const own = new OwnTranscripts(historyOf(() => (parsed += 1)));
  const all = await own.page(ID, { from: 1, limit: 5000, scan: {} });
  assert.equal(all.items.length, parsed);
  const refuseAll = { acceptsText: () => false, acceptsBytes: () => false };
  const none = await own.page(ID, { from: 1, limit: 5000, scan: { filter: refuseAll } });
  assert.deepEqual([none.items.length, none.end], [0, EVENTS + 1]);
});

test('a scan that goes on beyond the end of a session begins anew', async () => {
  const own = new OwnTranscripts(historyOf(() => undefined));
  const page = await own.page(ID, { from: 9999, limit: 2, scan: {} });
  assert.deepEqual([page.start, page.items.length], [1, 2]);
});
