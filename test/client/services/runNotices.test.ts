import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import * as z from 'zod';
import { CallError } from '../../../client/services/callError.ts';
import { RunModel } from '../../../client/services/runModel.ts';
import { newsOf, type RunNews } from '../../../client/services/runNews.ts';
import { RunNotices, type Nearness } from '../../../client/services/runNotices.ts';
import { runStatus, type Run } from '../../../server/protocol/workflowMethods.ts';
import { sampleQuestion, sampleRun } from '../../support/sampleRuns.ts';
import { callOf } from './callOf.ts';

const OPENED = Date.parse('2026-11-26T10:00:00.000Z');
const parked = sampleRun({
  status: 'parked',
  parkedFor: { reason: 'stepIterations', step: 'fix', used: 10, limit: 10 },
});
const ended = (status: 'completed' | 'failed', endedAt = '2026-11-26T10:05:00.000Z') =>
  sampleRun({ status, endedAt });

/** A store that several windows share, as a stand-in: of each piece of news, the first claim is the one that counts. */
function shared() {
  let runs: readonly Run[] = [];
  let trouble: Error | undefined;
  const told = new Set<string>();
  const { call } = callOf((method, params) => {
    if (method === 'sessions.find') return { store: 's', revision: 1, sessions: [] };
    if (method === 'runs.list') return { runs };
    if (trouble !== undefined) throw trouble;
    const { id, of } = z.object({ id: z.string(), of: z.string() }).parse(params);
    const isMine = !told.has(`${id}/${of}`);
    told.add(`${id}/${of}`);
    return { isMine };
  });
  return {
    call,
    set: (next: readonly Run[]) => (runs = next),
    setTrouble: (error: Error | undefined) => (trouble = error),
  };
}

/** As in a window where nobody has to wait for long. */
const SETTLE_MS = 30;

function windowOn(
  t: TestContext,
  store: ReturnType<typeof shared>,
  { nearness = 'own', wantsCompleted = true }: { nearness?: Nearness; wantsCompleted?: boolean } = {},
) {
  let near = nearness;
  let wanted = wantsCompleted;
  const runs = new RunModel(store.call);
  const said: RunNews[] = [];
  const elsewhere: boolean[] = [];
  const many: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const notices = new RunNotices({
    runs,
    call: store.call,
    nearness: () => near,
    wantsCompleted: () => wanted,
    tell: (news, isElsewhere) => {
      said.push(news);
      elsewhere.push(isElsewhere);
      resolve();
    },
    tellMany: (news) => many.push(news.length),
    since: OPENED,
    settleMs: SETTLE_MS,
  });
  t.after(() => notices.dispose());
  return {
    said,
    elsewhere,
    many,
    notices,
    /** Another folder is opened in the window, or one is closed. */
    setNearness: (next: Nearness) => (near = next),
    setWantsCompleted: (wants: boolean) => (wanted = wants),
    /** Resolves once something is told. */
    told: promise,
    /** Reads, and lets the claims come back. */
    look: async () => {
      await runs.reload();
      await new Promise(setImmediate);
    },
  };
}

describe('what there is to be told of a run', () => {
  it('is that it asks, is parked, has failed or is completed, and nothing a person did', () => {
    const news = Object.fromEntries(
      runStatus.options.map((status) => [
        status,
        newsOf({ ...parked, status, questions: [sampleQuestion()] }).map(({ kind }) => kind),
      ]),
    );
    assert.deepEqual(news, {
      active: ['asks'],
      interrupted: ['interrupted'],
      pausing: ['asks'],
      paused: ['asks'],
      parked: ['parked', 'asks'],
      stopping: [],
      completed: ['completed'],
      failed: ['failed'],
      stopped: [],
    });
  });

  it('is another thing each time: the next question, and the next time at a limit', () => {
    const of = (run: Run) => newsOf(run).map((news) => news.of);
    assert.deepEqual(of(parked), of({ ...parked, revision: 99, iterations: 12 }));
    const later = {
      ...parked,
      parkedFor: { ...parked.parkedFor, reason: 'stepIterations' as const, limit: 15 },
    };
    assert.notDeepEqual(of(parked), of(later));
    const asking = sampleRun({ questions: [sampleQuestion(), sampleQuestion({ id: 'q2' })] });
    assert.deepEqual(of(asking), ['question:q1', 'question:q2']);
  });
});

describe('the notices of runs', () => {
  it('tell each piece of news once, however often the store is read', async (t) => {
    const store = shared();
    const window = windowOn(t, store);
    store.set([parked]);
    await window.look();
    await window.look();
    assert.deepEqual(
      window.said.map(({ kind }) => kind),
      ['parked'],
    );
  });

  it('tell it in one of two windows', async (t) => {
    const store = shared();
    const windows = [windowOn(t, store), windowOn(t, store)];
    store.set([parked, { ...ended('failed'), id: 'r2' }]);
    await Promise.all(windows.map(({ look }) => look()));
    assert.deepEqual(windows.flatMap(({ said }) => said.map(({ kind }) => kind)).sort(), [
      'failed',
      'parked',
    ]);
  });

  it('leave runs of other folders to the windows of those, and tell where there is none', async (t) => {
    const store = shared();
    const [other, own] = [windowOn(t, store, { nearness: 'other' }), windowOn(t, store)];
    await other.look();
    store.set([parked]);
    await other.look();
    await own.look();
    assert.deepEqual([other.said.length, own.said.length], [0, 1]);
    own.notices.dispose();
    store.set([parked, { ...parked, id: 'r2' }]);
    await other.look();
    assert.equal(other.said.length, 0);
    await other.told;
    assert.deepEqual(
      other.said.map(({ run }) => run.id),
      ['r2'],
    );
    assert.deepEqual(other.elsewhere, [true]);
  });

  it('say nothing of what had happened in other folders before, nor of what is completed there', async (t) => {
    const store = shared();
    const window = windowOn(t, store, { nearness: 'other' });
    store.set([parked]);
    await window.look();
    store.set([parked, { ...ended('completed'), id: 'r2' }, { ...ended('failed'), id: 'r3' }]);
    await window.look();
    await window.told;
    assert.deepEqual(
      window.said.map(({ run }) => run.id),
      ['r3'],
    );
  });

  it('tell what had happened in a folder before, once that is opened in the window', async (t) => {
    const store = shared();
    const window = windowOn(t, store, { nearness: 'other' });
    store.set([parked]);
    await window.look();
    window.setNearness('own');
    await window.look();
    assert.deepEqual(
      window.said.map(({ kind }) => kind),
      ['parked'],
    );
  });

  it('tell of an agent in another folder that asked before the window was there, and still waits', async (t) => {
    const store = shared();
    const window = windowOn(t, store, { nearness: 'other' });
    store.set([sampleRun({ questions: [sampleQuestion()] })]);
    await window.look();
    await window.told;
    assert.deepEqual(
      window.said.map(({ kind }) => kind),
      ['asks'],
    );
  });

  it('say nothing where the window can do nothing about it', async (t) => {
    const store = shared();
    const window = windowOn(t, store, { nearness: 'none' });
    store.set([parked]);
    await window.look();
    assert.deepEqual(window.said, []);
    // Its question is refused then, and it is told by the next window that can.
    const next = windowOn(t, store);
    await next.look();
    assert.equal(next.said.length, 1);
  });

  it('tell that a run was interrupted once that has lasted: after sleep, a runner comes back', async (t) => {
    const store = shared();
    const window = windowOn(t, store);
    store.set([sampleRun({ status: 'interrupted' }), sampleRun({ id: 'r2', status: 'interrupted' })]);
    await window.look();
    assert.equal(window.said.length, 0);
    store.set([sampleRun(), sampleRun({ id: 'r2', status: 'interrupted' })]);
    await window.told;
    assert.deepEqual(
      window.said.map(({ run, kind }) => [run.id, kind]),
      [['r2', 'interrupted']],
    );
  });

  it('leave completed runs to those who want to hear of them', async (t) => {
    const store = shared();
    const [silent, open] = [windowOn(t, store, { wantsCompleted: false }), windowOn(t, store)];
    store.set([ended('completed')]);
    await silent.look();
    await open.look();
    assert.deepEqual([silent.said.length, open.said.length], [0, 1]);
  });

  it('say nothing of what ended long before the window was opened', async (t) => {
    const store = shared();
    const window = windowOn(t, store);
    store.set([ended('failed', '2026-11-26T08:00:00.000Z')]);
    await window.look();
    store.set([ended('failed', '2026-11-26T09:30:00.000Z')]);
    await window.look();
    assert.equal(window.said.length, 1);
  });

  it('tell of many runs at once in one message, and of each question that waits', async (t) => {
    const store = shared();
    const window = windowOn(t, store);
    const asking = sampleRun({ id: 'asking', questions: [sampleQuestion()] });
    store.set([asking, ...['a', 'b', 'c', 'd'].map((id) => ({ ...parked, id }))]);
    await window.look();
    assert.deepEqual([window.said.map(({ kind }) => kind), window.many], [['asks'], [4]]);
  });

  it('are claimed anew where the claim has failed, though nothing else changes', async (t) => {
    const store = shared();
    const window = windowOn(t, store);
    store.set([parked]);
    store.setTrouble(new Error('down'));
    await window.look();
    assert.deepEqual(window.said, []);
    store.setTrouble(undefined);
    await window.told;
    assert.equal(window.said.length, 1);
  });

  it('are told by each window where the store takes no claim, and once there', async (t) => {
    const store = shared();
    const windows = [windowOn(t, store), windowOn(t, store)];
    store.set([parked]);
    store.setTrouble(
      new CallError({
        code: 'STORE_UNAVAILABLE',
        title: 'full',
        message: 'The disk is full.',
        requestId: 'r',
        actions: [],
        details: {},
      }),
    );
    for (const { look } of [...windows, ...windows]) await look();
    assert.deepEqual(
      windows.map(({ said }) => said.map(({ kind }) => kind)),
      [['parked'], ['parked']],
    );
  });

  it('offer a question that waits again in a window that is opened: the one that told it may be gone', async (t) => {
    const store = shared();
    const first = windowOn(t, store);
    const before = [sampleRun({ questions: [sampleQuestion()] }), { ...parked, id: 'r2' }];
    store.set(before);
    await first.look();
    const [reloaded, other] = [windowOn(t, store), windowOn(t, store, { nearness: 'other' })];
    for (const { look } of [reloaded, reloaded, other, first]) await look();
    assert.deepEqual(
      [first, reloaded].map(({ said }) => said.map(({ kind }) => kind)),
      [['parked', 'asks'], ['asks']],
    );
    store.set([...before, { ...parked, id: 'r3' }]);
    await other.look();
    await other.told;
    assert.deepEqual(
      other.said.map(({ run }) => run.id),
      ['r3'],
    );
  });

  it('offer it again also where the first claim fails, or the window is trusted later', async (t) => {
    const store = shared();
    const first = windowOn(t, store);
    store.set([sampleRun({ questions: [sampleQuestion()] })]);
    await first.look();
    const [reloaded, untrusted] = [windowOn(t, store), windowOn(t, store, { nearness: 'none' })];
    store.setTrouble(new Error('busy'));
    for (const { look } of [reloaded, untrusted]) await look();
    store.setTrouble(undefined);
    untrusted.setNearness('own');
    for (const { look } of [reloaded, untrusted, reloaded, untrusted]) await look();
    assert.deepEqual(
      [reloaded, untrusted].map(({ said }) => said.map(({ kind }) => kind)),
      [['asks'], ['asks']],
    );
  });

  it('say nothing of what was completed while nobody wanted to hear of that', async (t) => {
    const store = shared();
    const window = windowOn(t, store, { wantsCompleted: false });
    store.set([ended('completed')]);
    await window.look();
    window.setWantsCompleted(true);
    store.set([ended('completed'), { ...ended('completed'), id: 'r2' }]);
    await window.look();
    assert.deepEqual(
      window.said.map(({ run }) => run.id),
      ['r2'],
    );
  });

  it('say nothing of what had happened in other folders before the window was trusted', async (t) => {
    const store = shared();
    const window = windowOn(t, store, { nearness: 'none' });
    store.set([parked]);
    await window.look();
    window.setNearness('other');
    store.set([parked, { ...parked, id: 'r2' }]);
    await window.look();
    await window.told;
    assert.deepEqual(
      window.said.map(({ run }) => run.id),
      ['r2'],
    );
  });

  it('end with their window', async (t) => {
    const store = shared();
    const window = windowOn(t, store);
    store.set([parked]);
    window.notices.dispose();
    await window.look();
    assert.deepEqual(window.said, []);
  });
});
