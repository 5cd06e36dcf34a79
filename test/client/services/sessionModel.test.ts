import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import type { Call } from '../../../client/services/call.ts';
import { SessionModel, sessionGroups } from '../../../client/services/sessionModel.ts';
import {
  sessionsArchive,
  sessionsComplete,
  sessionsPause,
  sessionsStart,
  sessionsUpdate,
} from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsFind } from '../../../server/protocol/sessionQueryMethods.ts';
import { callStore } from './storeCall.ts';

/** The model on a real server and a real store. */
async function modelOnStore(t: TestContext, countEveryMs?: number) {
  const store = await callStore(t);
  const model = new SessionModel(store.call, countEveryMs);
  t.after(() => model.dispose());
  return { model, ...store };
}

const begin = (call: Call, task = 't') => call(sessionsStart, { task, mode: 'm' });

describe('the client model of sessions', () => {
  it('agrees with the store after any changes, however they and the catching up fall together', async (t) => {
    const { model, call } = await modelOnStore(t);
    await model.reload();
    const ids: string[] = [];
    const actions = {
      start: async () => void ids.push((await begin(call)).id),
      pause: (id: string) => call(sessionsPause, { id }),
      complete: (id: string) => call(sessionsComplete, { id }),
      archive: (id: string) => call(sessionsArchive, { id }),
      rename: (id: string) => call(sessionsUpdate, { id, title: 'Another' }),
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            action: fc.constantFrom('start', 'pause', 'complete', 'archive', 'rename', 'catchUp', 'reload'),
            which: fc.nat(),
          }),
          { maxLength: 20 },
        ),
        async (steps) => {
          const under: Promise<unknown>[] = [];
          for (const { action, which } of steps) {
            const id = ids[which % Math.max(ids.length, 1)] ?? '';
            if (action === 'catchUp' || action === 'reload') under.push(model[action]());
            else if (action === 'start') await actions.start();
            else await actions[action](id).catch(() => undefined); // not every status allows it
          }
          await Promise.all([...under, model.catchUp()]);
          assert.equal(model.error, undefined);
          const { sessions } = await call(sessionsFind, { archived: true, limit: 500 });
          for (const { id, status, title, revision } of sessions) {
            const known = model.get(id);
            assert.deepEqual([known?.status, known?.title, known?.revision], [status, title, revision]);
          }
          assert.equal(sessionGroups.flatMap((group) => model.list(group)).length, sessions.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('knows the newest of each group, and gets the rest when it is asked to', async (t) => {
    const { model, call } = await modelOnStore(t);
    for (let index = 0; index < 450; index++) await begin(call, `task ${index}`);
    await model.reload();
    assert.deepEqual(
      [model.list('active').length, model.hasMore('active'), model.count('active')],
      [200, true, 450],
    );
    assert.equal(model.list('active')[0]?.title, 'task 449');
    await model.showMore('active');
    await model.showMore('active');
    assert.deepEqual([model.list('active').length, model.hasMore('active')], [450, false]);
  });

  it('tells its listeners after every reading, also a failed one, and goes on after it', async (t) => {
    const { model, call, fail } = await modelOnStore(t);
    let told = 0;
    model.onDidChange(() => told++);
    await begin(call);
    fail(new Error('the server is away'));
    await model.reload();
    assert.match(String(model.error), /away/);
    assert.equal(model.isLoaded, false);
    fail(undefined);
    await model.catchUp();
    assert.deepEqual([model.error, model.list('active').length, told], [undefined, 1, 2]);
  });

  it('reads anew when another store stands in its place', async (t) => {
    const { model, call, home } = await modelOnStore(t);
    for (let index = 0; index < 5; index++) await begin(call, 'old');
    await model.reload();
    await rename(`${home}/store`, `${home}/away`);
    await begin(call, 'new');
    await model.catchUp();
    assert.deepEqual(
      model.list('active').map(({ title }) => title),
      ['new'],
    );
  });

  it('does not count again for each of the changes that pour in', async (t) => {
    const { model, call, calls } = await modelOnStore(t, 1_000_000);
    for (let index = 0; index < 201; index++) await begin(call);
    await model.reload();
    for (const { id } of model.list('active').slice(0, 10)) {
      await call(sessionsPause, { id });
      await model.catchUp();
    }
    assert.equal(calls.filter((name) => name === 'sessions.counts').length, 1);
  });

  it('counts after the last change, so that the counts end up right', async (t) => {
    const { model, call } = await modelOnStore(t, 1);
    for (let index = 0; index < 201; index++) await begin(call);
    await model.reload();
    const { promise, resolve } = Promise.withResolvers<void>();
    model.onDidChange(() => {
      if (model.count('active') === 191) resolve();
    });
    for (const { id } of model.list('active').slice(0, 10)) {
      await call(sessionsPause, { id });
      void model.catchUp();
    }
    await promise;
    assert.deepEqual([model.count('active'), model.count('paused')], [191, 10]);
  });

  it('does not ask for counts where it knows all sessions', async (t) => {
    const { model, call, calls } = await modelOnStore(t);
    const id = (await begin(call)).id;
    await model.reload();
    await call(sessionsPause, { id });
    await model.catchUp();
    assert.deepEqual([model.count('active'), model.count('paused')], [0, 1]);
    assert.ok(!calls.includes('sessions.counts'));
  });

  it('looks for the last text that was typed, and for no other', async (t) => {
    const { model, call, calls } = await modelOnStore(t);
    const { id } = await begin(call, 'needle');
    for (let index = 0; index < 200; index++) await begin(call);
    await model.reload();
    assert.equal(model.get(id), undefined);
    calls.length = 0;
    const typed = ['n', 'ne', 'need'].map((text) => model.search(text));
    assert.deepEqual([model.isSearched, model.isFound], [false, false]);
    await Promise.all(typed);
    assert.deepEqual(calls, ['sessions.find']);
    assert.deepEqual([model.get(id)?.title, model.isSearched, model.isFound], ['needle', true, true]);
  });
});
