import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../../../server/domain/sessionState.ts';
import { OwnTranscripts, type Histories } from '../../../server/methods/ownTranscripts.ts';
import type { SessionEvent } from '../../../server/protocol/event.ts';
import {
  sessionsAddEvent,
  sessionsAddMessage,
  sessionsEvents,
} from '../../../server/protocol/sessionHistoryMethods.ts';
import { sessionsIterate, sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { transcriptsFind, transcriptsPage } from '../../../server/protocol/transcriptMethods.ts';
import type { TranscriptItem } from '../../../server/protocol/transcript.ts';
import { caller } from './caller.ts';

const ID = 's';
const EVENT_LENGTH = 100_000;
const EVENTS = 250;
const someSession = start(
  sessionsStart.params.parse({ task: 'x', mode: 'x' }),
  ID,
  Date.UTC(2026, 8, 1),
).session;

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
    get: () => Promise.resolve(someSession),
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

test('what a run keeps for its runners is not in its transcript, and its notices and iterations are', async (t) => {
  const call = await caller(t);
  const shown = ['start', 'run.notice', 'iteration', 'run.left', 'message'];
  const withEvents = async (kind: 'workflow' | 'session') => {
    const { id } = await call(sessionsStart, { task: 'x', mode: 'x', kind });
    const add = (type: string) => call(sessionsAddEvent, { id, type, data: { step: 'needle' } });
    for (const type of ['run.state', 'run.notice', 'run.agent', 'run.output', 'run.request']) await add(type);
    await call(sessionsIterate, { id });
    for (const type of ['run.state', 'run.left']) await add(type);
    await call(sessionsAddMessage, { id, role: 'user', content: 'needle' });
    await add('run.told');
    return id;
  };
  const typesOf = (items: readonly TranscriptItem[]) =>
    items.map((item) =>
      item.kind === 'other' ? item.type : item.kind === 'lifecycle' ? item.event : item.kind,
    );
  const id = await withEvents('workflow');
  const ref = `lockstep:${id}`;
  const page = await call(transcriptsPage, { ref });
  assert.deepEqual(typesOf(page.items), shown);
  assert.deepEqual([page.start, page.end, page.atStart, page.atEnd], [1, 12, true, true]);
  // Page by page as well, from either end, though some of them show nothing.
  const forward: TranscriptItem[] = [];
  for (let from = 1; from < page.end;) {
    const next = await call(transcriptsPage, { ref, from, limit: 1 });
    assert.ok(next.end > from);
    forward.push(...next.items);
    from = next.end;
  }
  const backward: TranscriptItem[] = [];
  for (let before = page.end; before > 1;) {
    const last = await call(transcriptsPage, { ref, before, limit: 2 });
    assert.ok(last.start < before);
    backward.unshift(...last.items);
    before = last.start;
  }
  assert.deepEqual([forward, backward], [page.items, page.items]);
  const { hits } = await call(transcriptsFind, { ref, text: 'needle' });
  assert.deepEqual(
    hits.map(({ position }) => position),
    [3, 9, 10],
  );
  // They are kept, and a session that is no run may have such events of its own.
  assert.equal((await call(sessionsEvents, { id })).events.length, 11);
  const own = await call(transcriptsPage, { ref: `lockstep:${await withEvents('session')}` });
  assert.equal(own.items.length, 11);
});
