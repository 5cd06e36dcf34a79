import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { RunModel } from '../../../client/services/runModel.ts';
import { newsOf, type RunNews } from '../../../client/services/runNews.ts';
import { RunNotices } from '../../../client/services/runNotices.ts';
import { runStatus, type Run } from '../../../server/protocol/workflowMethods.ts';
import { callOf, sampleQuestion, sampleRun } from './sampleRuns.ts';

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
  let isDown = false;
  const told = new Set<string>();
  const { call } = callOf((method, params) => {
    if (method === 'runs.list') return { runs };
    if (isDown) throw new Error('down');
    const { id, of } = z.object({ id: z.string(), of: z.string() }).parse(params);
    const isMine = !told.has(`${id}/${of}`);
    told.add(`${id}/${of}`);
    return { isMine };
  });
  return {
    call,
    set: (next: readonly Run[]) => (runs = next),
    setDown: (down: boolean) => (isDown = down),
  };
}

function windowOn(
  store: ReturnType<typeof shared>,
  change: { isMine?: boolean; wantsCompleted?: boolean } = {},
) {
  const { isMine = true, wantsCompleted = true } = change;
  const runs = new RunModel(store.call);
  const said: RunNews[] = [];
  const notices = new RunNotices({
    runs,
    call: store.call,
    isMine: () => isMine,
    wantsCompleted: () => wantsCompleted,
    tell: (news) => said.push(news),
    since: OPENED,
  });
  return {
    said,
    notices,
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
      interrupted: [],
      pausing: ['asks'],
      paused: ['asks'],
      parked: ['parked', 'asks'],
      stopping: [],
      completed: ['completed'],
      failed: ['failed'],
      stopped: [],
    });
  });

  it('is that it was interrupted where something tells why', () => {
    const run = sampleRun({ status: 'interrupted', error: 'There is no agent codex.' });
    assert.deepEqual(
      newsOf(run).map(({ kind }) => kind),
      ['interrupted'],
    );
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
  it('tell each piece of news once, however often the store is read', async () => {
    const store = shared();
    const window = windowOn(store);
    store.set([parked]);
    await window.look();
    await window.look();
    assert.deepEqual(
      window.said.map(({ kind }) => kind),
      ['parked'],
    );
  });

  it('tell it in one of two windows', async () => {
    const store = shared();
    const windows = [windowOn(store), windowOn(store)];
    store.set([parked, { ...ended('failed'), id: 'r2' }]);
    await Promise.all(windows.map(({ look }) => look()));
    assert.deepEqual(windows.flatMap(({ said }) => said.map(({ kind }) => kind)).sort(), [
      'failed',
      'parked',
    ]);
  });

  it('leave runs of other workspaces to their windows', async () => {
    const store = shared();
    const [other, own] = [windowOn(store, { isMine: false }), windowOn(store)];
    store.set([parked]);
    await other.look();
    await own.look();
    assert.deepEqual([other.said.length, own.said.length], [0, 1]);
  });

  it('leave completed runs to those who want to hear of them', async () => {
    const store = shared();
    const [silent, open] = [windowOn(store, { wantsCompleted: false }), windowOn(store)];
    store.set([ended('completed')]);
    await silent.look();
    await open.look();
    assert.deepEqual([silent.said.length, open.said.length], [0, 1]);
  });

  it('say nothing of what ended long before the window was opened', async () => {
    const store = shared();
    const window = windowOn(store);
    store.set([ended('failed', '2026-11-26T08:00:00.000Z')]);
    await window.look();
    store.set([ended('failed', '2026-11-26T09:30:00.000Z')]);
    await window.look();
    assert.equal(window.said.length, 1);
  });

  it('are claimed anew where the claim has failed', async () => {
    const store = shared();
    const window = windowOn(store);
    store.set([parked]);
    store.setDown(true);
    await window.look();
    assert.deepEqual(window.said, []);
    store.setDown(false);
    await window.look();
    assert.equal(window.said.length, 1);
  });

  it('end with their window', async () => {
    const store = shared();
    const window = windowOn(store);
    store.set([parked]);
    window.notices.dispose();
    await window.look();
    assert.deepEqual(window.said, []);
  });
});
