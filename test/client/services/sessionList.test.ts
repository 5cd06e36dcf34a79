import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import type { Grouping, Sorting } from '../../../client/services/listChoices.ts';
import { Listeners } from '../../../client/services/listeners.ts';
import { SessionList } from '../../../client/services/sessionList.ts';
import type { Call } from '../../../client/services/call.ts';
import { SessionModel } from '../../../client/services/sessionModel.ts';
import { SourceModel } from '../../../client/services/sourceModel.ts';
import { isWithin } from '../../../client/services/folder.ts';
import {
  sessionsArchive,
  sessionsPause,
  sessionsStart,
  sessionsUpdate,
} from '../../../server/protocol/sessionLifecycleMethods.ts';
import { callStore } from './storeCall.ts';
import { own } from './sampleRows.ts';

/** The list on a real store, with choices that a test makes. */
async function listOnStore(t: TestContext) {
  const { call, home } = await callStore(t);
  const [sessions, sources] = [new SessionModel(call, 0), new SourceModel(call)];
  const choices = new Listeners();
  const onDidChange = (listener: () => void) => choices.add(listener);
  const order: { grouping: Grouping; sorting: Sorting } = { grouping: 'status', sorting: 'changed' };
  const pins = { refs: new Set<string>() as ReadonlySet<string> };
  const scope = {
    isLimited: false,
    folders: ['/here'],
    holds: (folder: string | undefined) =>
      !scope.isLimited || folder === undefined || isWithin(folder, '/here'),
    onDidChange,
  };
  const list = new SessionList({
    sessions,
    sources,
    scope,
    order: Object.assign(order, { onDidChange }),
    pins: Object.assign(pins, { onDidChange }),
  });
  t.after(() => {
    list.dispose();
    sessions.dispose();
  });
  const reload = () => Promise.all([sessions.reload(), sources.reload()]);
  /** Groups as `id total shown/loaded`, with what they say of themselves. */
  const groups = () =>
    list.listing.groups.map(
      ({ id, total, shown, rows, hasMore, isAtLeast }) =>
        `${id} ${total}${isAtLeast ? '+' : ''} ${shown}/${rows.length}${hasMore ? ' more' : ''}`,
    );
  const change = (what: { grouping?: Grouping; limited?: boolean; pinned?: readonly string[] }) => {
    order.grouping = what.grouping ?? order.grouping;
    scope.isLimited = what.limited ?? scope.isLimited;
    if (what.pinned) pins.refs = new Set(what.pinned);
    choices.tell();
  };
  return { call, home, list, sessions, reload, groups, change };
}

const begin = async (call: Call, count: number, fields: Partial<Parameters<typeof start>[1]> = {}) => {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) ids.push((await start(call, fields)).id);
  return ids;
};
const start = (
  call: Call,
  fields: { task?: string; kind?: 'session' | 'conversation'; workspace?: string },
) => call(sessionsStart, { task: 't', mode: 'm', ...fields });

/** Sessions as pi writes them. */
async function writePiSessions(home: string, count: number, cwd: string) {
  const folder = `${home}/pi/sessions/--work--`;
  await mkdir(folder, { recursive: true });
  for (let index = 0; index < count; index++) {
    const head = {
      type: 'session',
      version: 3,
      id: `pi${index}`,
      timestamp: '2026-01-01T00:00:00.000Z',
      cwd,
    };
    const said = {
      type: 'message',
      id: 'm1',
      parentId: null,
      timestamp: '2026-01-01T00:00:01.000Z',
      message: { role: 'user', content: `pi task ${index}`, timestamp: 1 },
    };
    const text = [head, said].map((record) => `${JSON.stringify(record)}\n`).join('');
    await writeFile(`${folder}/2026-01-01T00-00-00-000Z_pi${index}.jsonl`, text);
  }
}

describe('the list of sessions', () => {
  it('counts what is not loaded, and shows more of each group when asked to, in every grouping', async (t) => {
    const { call, list, reload, groups, change, sessions } = await listOnStore(t);
    await begin(call, 2, { kind: 'conversation' });
    await begin(call, 250);
    await reload();
    assert.deepEqual(groups(), ['group/active 252 200/200 more']);
    change({ grouping: 'source' });
    assert.deepEqual(groups(), ['own 252 200/200 more']);
    change({ grouping: 'kind' });
    // No conversation is among the newest, and still they are in the list.
    assert.deepEqual(groups(), ['kind/session 250 200/200 more', 'kind/conversation 2 0/0 more']);
    await list.showMore('kind/conversation');
    assert.deepEqual(groups(), ['kind/session 250 200/200 more', 'kind/conversation 2 2/2']);
    change({ grouping: 'workspace' });
    assert.deepEqual([groups(), list.listing.left], [['folder 202+ 200/202 more'], 50]);
    await list.showMore('folder');
    assert.deepEqual(groups(), ['folder 202+ 202/202']);
    await list.showMore(undefined);
    assert.deepEqual([groups(), list.listing.left], [['folder 252 252/252'], undefined]);
    change({ grouping: 'status' });
    assert.deepEqual(groups(), ['group/active 252 200/252 more']);
    await list.showMore('group/active');
    assert.deepEqual(groups(), ['group/active 252 252/252']);
    assert.equal(sessions.isComplete(), true);
  });

  it("counts other agents' sessions, and shows more of them", async (t) => {
    const { home, list, reload, groups, change } = await listOnStore(t);
    await writePiSessions(home, 230, '/there');
    await reload();
    assert.deepEqual(groups(), ['source/pi 230 200/200 more']);
    change({ grouping: 'workspace' });
    assert.deepEqual([groups(), list.listing.left], [['folder//there 200+ 200/200'], 30]);
    await list.showMore(undefined);
    assert.deepEqual([groups(), list.listing.left], [['folder//there 230 200/230 more'], undefined]);
    change({ grouping: 'source' });
    await list.showMore('source/pi');
    assert.deepEqual(groups(), ['source/pi 230 230/230']);
  });

  it('finds what was not loaded, of every origin, and tells how many it hides', async (t) => {
    const { call, home, list, reload, groups, sessions } = await listOnStore(t);
    const [old = ''] = await begin(call, 1, { task: 'Needle in the haystack' });
    const [archived = ''] = await begin(call, 1, { task: 'an archived needle' });
    await call(sessionsArchive, { id: archived });
    await begin(call, 205);
    await writePiSessions(home, 210, '/pi/needle');
    await reload();
    assert.equal(sessions.get(old), undefined);
    await list.filterBy('  nEEDLE ');
    assert.deepEqual(groups(), [
      'filtered/group/active 1 1/1',
      'filtered/group/archived 1 1/1',
      'filtered/source/pi 210 200/210 more',
    ]);
    const { listed, hidden, isHiddenAtLeast } = list.listing;
    assert.deepEqual([listed, hidden, isHiddenAtLeast], [212, 205, false]);
    // It follows what comes to match, and what does not any more.
    await call(sessionsUpdate, { id: old, title: 'Hay', label: 'needle-1' });
    const [other = ''] = await begin(call, 1, { task: 'hay' });
    await call(sessionsUpdate, { id: other, title: 'Another needle' });
    await call(sessionsUpdate, { id: archived, title: 'Straw' });
    await sessions.catchUp();
    assert.equal(list.listing.groups[0]?.rows.length, 2);
    await list.filterBy('pi task 209');
    assert.deepEqual(groups(), ['filtered/source/pi 1 1/1']);
    await list.filterBy('nowhere');
    assert.deepEqual([groups(), list.listing.hidden], [[], 418]);
    await list.filterBy('');
    assert.equal(groups()[0], 'group/active 207 200/202 more');
  });

  it('stays filtered when everything is read anew', async (t) => {
    const { call, list, reload, groups } = await listOnStore(t);
    await begin(call, 1, { task: 'needle' });
    await begin(call, 205);
    await reload();
    await list.filterBy('needle');
    await reload();
    assert.deepEqual(groups(), ['filtered/group/active 1 1/1']);
  });

  it('says at least how many sessions of other folders it leaves out', async (t) => {
    const { call, list, reload, groups, change } = await listOnStore(t);
    await begin(call, 3, { workspace: '/there' });
    await begin(call, 1, { workspace: '/here/below' });
    await begin(call, 1);
    await reload();
    change({ limited: true });
    assert.deepEqual([groups(), list.listing.hidden], [['group/active 2 2/2'], 3]);
    await list.filterBy('t');
    assert.deepEqual([groups(), list.listing.hidden], [['filtered/group/active 2 2/2'], 3]);
  });

  it('counts a pinned session once, where it stands', async (t) => {
    const { call, reload, groups, change } = await listOnStore(t);
    const [first = '', second = ''] = await begin(call, 205);
    await call(sessionsPause, { id: second });
    await reload();
    change({ pinned: [`lockstep:${second}`] });
    assert.deepEqual(groups(), ['pinned 1 1/1', 'group/active 204 200/200 more']);
    change({ grouping: 'source', pinned: [`lockstep:${second}`, `lockstep:${first}`] });
    // The first is not loaded: it counts in its group until it is.
    assert.deepEqual(groups(), ['pinned 1 1/1', 'own 204 200/200 more']);
  });

  it('gives what was just made a row, though a filter hid it', async (t) => {
    const { call, list, reload, sessions } = await listOnStore(t);
    await begin(call, 3, { task: 'old' });
    await reload();
    await list.filterBy('old');
    const [made = ''] = await begin(call, 1, { task: 'made' });
    await sessions.catchUp();
    assert.equal(list.groupWith(`lockstep:${made}`), undefined);
    await list.show(`lockstep:${made}`);
    assert.deepEqual([list.filter, list.groupWith(`lockstep:${made}`)?.id], ['', 'group/active']);
  });

  it('arranges thousands of sessions in a blink', async (t) => {
    const sessions = new SessionModel(async (method) =>
      method.result.parse(
        method.name === 'sessions.find'
          ? { sessions: [], store: 's', revision: 0 }
          : { store: 's', revision: 1, removed: [], sessions: manySessions(5_000) },
      ),
    );
    await sessions.reload();
    const { order, list } = bareList(sessions);
    for (const grouping of ['status', 'source', 'workspace', 'kind'] as const) {
      for (const sorting of ['changed', 'title'] as const) {
        Object.assign(order, { grouping, sorting });
        const times = Array.from({ length: 9 }, () => {
          order.tell();
          const before = performance.now();
          assert.equal(list.listing.listed, 5_000);
          return performance.now() - before;
        });
        t.diagnostic(
          `5,000 by ${grouping}, ${sorting}: ${(times.toSorted((a, b) => a - b)[4] ?? 0).toFixed(1)} ms`,
        );
      }
    }
  });
});

function bareList(sessions: SessionModel) {
  const listeners = new Listeners();
  const onDidChange = (listener: () => void) => listeners.add(listener);
  const order = {
    grouping: 'status' as Grouping,
    sorting: 'changed' as Sorting,
    onDidChange,
    tell: () => listeners.tell(),
  };
  const list = new SessionList({
    sessions,
    sources: new SourceModel(() => Promise.reject(new Error('not asked'))),
    scope: { isLimited: false, folders: ['/f/1'], holds: () => true, onDidChange },
    order,
    pins: { refs: new Set(), onDidChange },
  });
  return { order, list };
}

function manySessions(count: number) {
  const status = ['active', 'paused', 'timeout', 'completed', 'failed'];
  const kinds = ['session', 'workflow', 'step', 'conversation'];
  return Array.from({ length: count }, (_, index) => {
    const at = new Date(1.7e12 + ((index * 7919) % count) * 1000).toISOString();
    return {
      ...own(`id${index}`),
      kind: kinds[index % 4],
      title: `Fix the ${(index * 7919) % count}. thing that was found`,
      status: status[index % 5],
      workspace: `/f/${index % 40}`,
      context: {},
      metadata: {},
      revision: index,
      createdAt: at,
      updatedAt: at,
    };
  });
}
