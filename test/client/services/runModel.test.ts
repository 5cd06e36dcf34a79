import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import * as z from 'zod';
import type { Call } from '../../../client/services/call.ts';
import { RunModel } from '../../../client/services/runModel.ts';
import {
  sessionsArchive,
  sessionsComplete,
  sessionsPause,
  sessionsStart,
} from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsFind, sessionsGet } from '../../../server/protocol/sessionQueryMethods.ts';
import { sessionsRemove } from '../../../server/protocol/sessionTrashMethods.ts';
import type { Run } from '../../../server/protocol/workflowMethods.ts';
import { sampleRun } from '../../support/sampleRuns.ts';
import { callOf } from './callOf.ts';
import { callStore } from './storeCall.ts';

const query = z.object({ limit: z.number(), isOpen: z.boolean().optional() });

/** A server with these runs, as a stand-in. */
function modelOf(stored: readonly Run[]) {
  const { call, calls } = callOf((method, params) => {
    if (method === 'sessions.find') return { store: 's', revision: 1, sessions: [] };
    const { limit, isOpen } = query.parse(params);
    const runs = stored.filter(({ status }) => isOpen !== true || status === 'active');
    return { runs: runs.slice(0, limit) };
  });
  const listings = () => calls.filter(({ method }) => method === 'runs.list').length;
  return { model: new RunModel(call), listings };
}

/** As many as told, the newest first. */
const many = (count: number): Run[] =>
  Array.from({ length: count }, (_, index) =>
    sampleRun({
      id: `r${String(count - index).padStart(3, '0')}`,
      status: 'completed',
      startedAt: new Date(Date.UTC(2026, 0, 1) - index * 60_000).toISOString(),
    }),
  );

describe('the runs that a window knows', () => {
  it('are the newest ones, read in one call', async () => {
    const { model, listings } = modelOf(many(3));
    assert.equal(model.isLoaded, false);
    await model.reload();
    assert.deepEqual([model.isLoaded, model.hasMore, listings()], [true, false, 1]);
    assert.deepEqual(
      model.runs.map(({ id }) => id),
      ['r003', 'r002', 'r001'],
    );
    assert.equal(model.get('r002')?.id, 'r002');
  });

  it('hold an open one that is older than all that are asked for', async () => {
    const stored = many(150);
    const oldest = stored.at(-1);
    assert.ok(oldest);
    const { model } = modelOf([...stored.slice(0, -1), { ...oldest, status: 'active' }]);
    await model.reload();
    assert.equal(model.runs.length, 101);
    assert.equal(model.runs.at(-1)?.status, 'active');
  });

  it('are more when somebody asks for more, until there are none', async () => {
    const { model } = modelOf(many(150));
    await model.reload();
    assert.deepEqual([model.runs.length, model.hasMore], [100, true]);
    await model.showMore();
    assert.deepEqual([model.runs.length, model.hasMore], [150, false]);
  });

  it('are said to be more than can be shown where the server gives no more', async () => {
    const { model } = modelOf(many(600));
    await model.reload();
    for (let pages = 0; pages < 4; pages++) await model.showMore();
    assert.deepEqual([model.runs.length, model.hasMore, model.canShowMore], [500, true, false]);
  });

  it('stay as they were when they cannot be read, which is told', async () => {
    let isDown = false;
    const { call } = callOf((method) => {
      if (isDown) throw new Error('down');
      return method === 'runs.list' ? { runs: many(1) } : { store: 's', revision: 1, sessions: [] };
    });
    const model = new RunModel(call);
    await model.reload();
    isDown = true;
    await model.reload();
    assert.equal(model.runs.length, 1);
    assert.match(String(model.error), /down/);
  });

  it('are read once for calls that come together', async () => {
    const { model, listings } = modelOf(many(1));
    await Promise.all([model.reload(), model.reload(), model.catchUp()]);
    assert.equal(listings(), 1);
  });
});

/** A real store, in which runs are sessions of their kind; what the server makes of those is a stand-in. */
async function modelOnStore(t: TestContext) {
  const { call: callServer } = await callStore(t);
  const asked: string[] = [];
  const call: Call = async (method, params) => {
    if (!method.name.startsWith('runs.')) return callServer(method, params);
    asked.push(method.name);
    if (method.name === 'runs.get') {
      const { id } = z.object({ id: z.string() }).parse(params);
      const { title, status } = await callServer(sessionsGet, { id });
      return method.result.parse(
        sampleRun({ id, name: title, status: status === 'paused' ? 'paused' : 'active' }),
      );
    }
    const { sessions } = await callServer(sessionsFind, { kind: 'workflow' });
    return method.result.parse({ runs: sessions.map(({ id, title }) => sampleRun({ id, name: title })) });
  };
  const begin = (task: string, more: { kind?: 'workflow' | 'step'; parentId?: string } = {}) =>
    callServer(sessionsStart, { task, mode: 'm', ...more });
  const model = new RunModel(call);
  return {
    model,
    call: callServer,
    begin,
    asked,
    names: () => model.runs.map(({ name, status }) => `${name} ${status}`).sort(),
  };
}

describe('what changes of the runs', () => {
  it('is read alone, also what has changed in a step; nothing is where no run has changed', async (t) => {
    const { model, call, begin, asked, names } = await modelOnStore(t);
    const { id } = await begin('first', { kind: 'workflow' });
    await model.catchUp();
    assert.deepEqual(asked.splice(0), ['runs.list']);
    await begin('other');
    await model.catchUp();
    assert.deepEqual(asked.splice(0), []);
    await begin('second', { kind: 'workflow' });
    await call(sessionsPause, { id });
    await model.catchUp();
    assert.deepEqual(asked.splice(0), ['runs.get', 'runs.get']);
    assert.deepEqual(names(), ['first paused', 'second active']);
    await begin('step', { kind: 'step', parentId: id });
    await model.catchUp();
    assert.deepEqual(asked.splice(0), ['runs.get']);
  });

  it('takes away those that were archived after their end, or removed', async (t) => {
    const { model, call, begin, names } = await modelOnStore(t);
    const runs = await Promise.all(['a', 'b', 'c', 'open'].map((task) => begin(task, { kind: 'workflow' })));
    await model.catchUp();
    const [archived, removed, , open] = runs;
    assert.ok(archived && removed && open);
    await call(sessionsComplete, { id: archived.id });
    for (const { id } of [archived, open]) await call(sessionsArchive, { id });
    await call(sessionsRemove, { id: removed.id });
    await model.catchUp();
    assert.deepEqual(names(), ['c active', 'open active']);
  });

  it('is read all at once where much has changed', async (t) => {
    const { model, begin, asked, names } = await modelOnStore(t);
    await model.catchUp();
    asked.splice(0);
    for (let number = 0; number < 12; number++) await begin(`r${number}`, { kind: 'workflow' });
    await model.catchUp();
    assert.deepEqual([asked, names().length], [['runs.list'], 12]);
  });
});
