import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { v7 as uuidv7 } from 'uuid';
import type { ImportedSession } from '../../../server/domain/sessionExport.ts';
import * as state from '../../../server/domain/sessionState.ts';
import { sessionsFind, sessionsStats } from '../../../server/protocol/sessionQueryMethods.ts';
import type { SessionStore } from '../../../server/store/sessionStore.ts';
import { firstStep, type OpenStore } from './conformance.ts';

const everything = sessionsFind.params.parse({ archived: true });
const inTrash = sessionsFind.params.parse({ trashed: true });
const idsOf = (sessions: readonly { readonly id: string }[]) => sessions.map(({ id }) => id).sort();
const note = (id: string) => state.addEvent({ id, type: 'note', data: {} });
const soon = () => Date.now() + 60_000;

/** What every driver of SessionStore has to hold of its trash, of forks and of imports. */
export function trashConformance(name: string, open: OpenStore): void {
  describe(`SessionStore, what is removed: ${name}`, () => {
    it('is reached by no method but those of the trash, and tells clients that it went', async (t) => {
      const store = await open(t);
      const { id } = await store.create(firstStep());
      const kept = await store.create(firstStep());
      const { revision } = await store.changes({ since: 0 });
      const removed = await store.remove(id);
      assert.notEqual(removed.trashedAt, undefined);
      for (const call of [
        () => store.get(id),
        () => store.state(id),
        () => store.update(id, note(id)),
        () => store.remove(id),
        () => store.fork(id, undefined, uuidv7()),
        () => store.events({ id, afterSeq: 0, limit: 10 }),
        () => store.lastEvents(id, 1),
      ]) {
        await assert.rejects(call(), { code: 'SESSION_NOT_FOUND' });
      }
      assert.deepEqual(idsOf((await store.find(everything)).sessions), [kept.id]);
      assert.deepEqual(idsOf((await store.find(inTrash)).sessions), [id]);
      assert.equal((await store.stats(sessionsStats.params.parse({}))).total, 1);
      assert.equal((await store.counts()).byStatus.active, 1);
      const changes = await store.changes({ since: revision });
      assert.deepEqual([changes.sessions, changes.removed], [[], [id]]);
      assert.deepEqual(idsOf((await store.changes({ since: 0 })).sessions), [kept.id]);
    });

    it('comes back as it was, and clients are told', async (t) => {
      const store = await open(t);
      const before = await store.create(firstStep({ label: 'mine' }));
      const { id } = before;
      await store.update(id, state.archive);
      await store.remove(id);
      const { revision } = await store.changes({ since: 0 });
      const back = await store.restore(id);
      assert.deepEqual([back.label, back.trashedAt, back.status], ['mine', undefined, 'active']);
      assert.notEqual(back.archivedAt, undefined);
      const changes = await store.changes({ since: revision });
      assert.deepEqual([idsOf(changes.sessions), changes.removed], [[id], []]);
      const { events } = await store.events({ id, afterSeq: 0, limit: 10 });
      assert.deepEqual(
        events.map(({ seq, data }) => [seq, data['trashed']]),
        [
          [1, undefined],
          [2, undefined],
          [3, true],
          [4, false],
        ],
      );
    });

    it('frees its label, and comes back without one that was taken', async (t) => {
      const store = await open(t);
      const { id } = await store.create(firstStep({ label: 'mine' }));
      await store.remove(id);
      const second = await store.create(firstStep({ label: 'mine' }));
      assert.equal((await store.restore(id)).label, undefined);
      assert.equal((await store.get(second.id)).label, 'mine');
    });

    it('is left as it is by a second restore', async (t) => {
      const store = await open(t);
      const { id } = await store.create(firstStep());
      await store.remove(id);
      const back = await store.restore(id);
      assert.deepEqual(await store.restore(id), back);
      await assert.rejects(store.restore('no-such'), { code: 'SESSION_NOT_FOUND' });
    });

    it('lets its children go, which stay', async (t) => {
      const store = await open(t);
      const parent = await store.create(firstStep());
      const child = await store.create(firstStep({ parentId: parent.id }));
      await store.remove(parent.id);
      const orphan = await store.get(child.id);
      assert.equal(orphan.parentId, undefined);
      assert.ok(orphan.revision > child.revision);
      await store.restore(parent.id);
      assert.equal((await store.get(child.id)).parentId, undefined);
    });

    it('comes back without a parent that is gone', async (t) => {
      const store = await open(t);
      const child = await store.create(firstStep({ parentId: 'never-was' }));
      await store.remove(child.id);
      const back = await store.restore(child.id);
      assert.equal(back.parentId, undefined);
      assert.deepEqual((await store.lastEvents(child.id, 1))[0]?.data, { trashed: false, parentId: null });
      const parent = await store.create(firstStep());
      const other = await store.create(firstStep({ parentId: parent.id }));
      await store.remove(other.id);
      assert.equal((await store.restore(other.id)).parentId, parent.id);
    });

    it('came into the trash when the clock said so, also after a change in the future', async (t) => {
      const store = await open(t);
      const future = Date.now() + 10 * 86_400_000;
      const { id } = await store.create(firstStep({}, future));
      const { trashedAt = '' } = await store.remove(id);
      assert.ok(Date.parse(trashedAt) < future - 86_400_000, trashedAt);
    });

    it('is not removed while an iteration is under way, which is said', async (t) => {
      const store = await open(t);
      const { id } = await store.create(firstStep());
      await store.update(id, state.iterate({ id, data: {} }));
      await assert.rejects(store.remove(id), { code: 'ILLEGAL_TRANSITION', message: /Pause it/ });
      await store.update(id, state.pause({ id }));
      await store.remove(id);
    });

    it('is destroyed when its time is over, and not before', async (t) => {
      const store = await open(t);
      const { id } = await store.create(firstStep());
      const other = await store.create(firstStep());
      for (let index = 0; index < 50; index++) await store.remove((await store.create(firstStep())).id);
      await store.remove(id);
      assert.equal(await store.emptyTrash(Date.now() - 60_000), 0);
      assert.equal(await store.emptyTrash(soon()), 51);
      assert.deepEqual((await store.find(inTrash)).sessions, []);
      await assert.rejects(store.restore(id), { code: 'SESSION_NOT_FOUND' });
      assert.deepEqual(idsOf((await store.find(everything)).sessions), [other.id]);
    });
  });

  describe(`SessionStore, changes: ${name}`, () => {
    it('tell who begins at 0 of nothing that was removed, and all others of all that was', async (t) => {
      const store = await open(t);
      const first = await store.create(firstStep());
      const second = await store.create(firstStep());
      await store.remove(second.id);
      assert.deepEqual((await store.changes({ since: 0 })).removed, []);
      assert.deepEqual((await store.changes({ since: 1_000_000 })).removed, []);
      assert.deepEqual((await store.changes({ since: first.revision })).removed, [second.id]);
    });
  });

  describe(`SessionStore, cleaning up: ${name}`, () => {
    it('plans what ended or was archived, the oldest first, and nothing that somebody works on', async (t) => {
      const store = await open(t);
      const [ended, archived, running, live] = await Promise.all(
        Array.from({ length: 4 }, () => store.create(firstStep())),
      );
      assert.ok(ended && archived && running && live);
      await store.update(ended.id, state.complete({ id: ended.id }));
      await store.update(archived.id, state.archive);
      await store.update(running.id, state.iterate({ id: running.id, data: {} }));
      await store.update(running.id, state.archive);
      const { sessions, total } = await store.removable(soon(), 10);
      assert.deepEqual([idsOf(sessions), total], [[ended.id, archived.id].sort(), 2]);
      assert.equal((await store.removable(soon(), 1)).sessions.length, 1);
      assert.deepEqual((await store.removable(Date.now() - 60_000, 10)).sessions, []);
    });

    it('plans with what is shown of a session, and no more', async (t) => {
      const store = await open(t);
      const { id } = await store.create(
        firstStep({ label: 'mine', workspace: '/w', context: { text: 'x'.repeat(1000) } }),
      );
      const ended = await store.update(id, state.complete({ id, result: 'x' }));
      const { kind, title, status, iterations, messages, createdAt, endedAt, revision } = ended;
      const shown = { id, kind, title, status, iterations, messages, createdAt, endedAt, revision };
      const { sessions } = await store.removable(soon(), 10);
      assert.deepEqual(sessions, [{ ...shown, label: 'mine', workspace: '/w' }]);
      assert.deepEqual(await store.removableVersions(soon()), [{ id, revision }]);
      assert.deepEqual(await store.removableVersions(Date.now() - 60_000), []);
    });

    it('takes a child for unchanged whose parent it has removed, and for changed where others did', async (t) => {
      const store = await open(t);
      const parent = await store.create(firstStep());
      const [one, other] = await Promise.all(
        Array.from({ length: 2 }, () => store.create(firstStep({ parentId: parent.id }))),
      );
      assert.ok(one && other);
      const ended: { id: string; revision: number }[] = [];
      for (const { id } of [parent, one, other]) ended.push(await store.update(id, state.complete({ id })));
      const [first, second, third] = ended;
      assert.ok(first && second && third);
      const both = await store.removeUnchanged([first, second]);
      assert.deepEqual([both.removed, both.skipped], [[parent.id, one.id], []]);
      assert.deepEqual(both.released.map(({ id }) => id).sort(), [one.id, other.id].sort());
      assert.equal((await store.removeUnchanged([third])).skipped.length, 1);
      assert.deepEqual((await store.removeUnchanged([third], both.released)).removed, [other.id]);
    });

    it('removes what is as it was, and skips with a reason what is not', async (t) => {
      const store = await open(t);
      const [same, changed, live] = await Promise.all(
        Array.from({ length: 3 }, () => store.create(firstStep())),
      );
      assert.ok(same && changed && live);
      const done = await store.update(same.id, state.complete({ id: same.id }));
      const planned = await store.update(changed.id, state.complete({ id: changed.id }));
      await store.update(changed.id, state.archive);
      const { removed, skipped } = await store.removeUnchanged([
        done,
        planned,
        live,
        { id: 'gone', revision: 1 },
      ]);
      assert.deepEqual(removed, [same.id]);
      assert.deepEqual(
        skipped.map(({ id }) => id),
        [changed.id, live.id, 'gone'],
      );
      assert.match(skipped[0]?.message ?? '', /has changed/);
      assert.match(skipped[1]?.message ?? '', /neither ended nor archived/);
      await store.get(changed.id);
      await store.get(live.id);
    });
  });

  describe(`SessionStore, copies: ${name}`, () => {
    it('forks a session with the history and the context of that time', async (t) => {
      const store = await open(t);
      const { id } = await store.create(
        firstStep({ context: { phase: 'a' }, label: 'mine', maxIterations: 2 }),
      );
      await store.update(id, state.iterate({ id, data: {} }));
      const usage = { input: 5, output: 1, cacheRead: 0, cacheWrite: 0, costUsd: 0.5 };
      await store.update(id, state.addMessage({ id, role: 'user', content: 'Hi', usage }));
      await store.update(id, state.updateContext({ id, patch: { phase: 'b' } }));
      await store.update(id, state.addMessage({ id, role: 'user', content: 'More', usage }));
      await store.update(id, state.complete({ id, result: 1 }));
      const origin = await store.get(id);
      const fork = await store.fork(id, 3, uuidv7());
      assert.deepEqual(
        [fork.status, fork.iterations, fork.messages, fork.tokens.total, fork.costUsd, fork.context],
        ['active', 1, 1, 6, 0.5, { phase: 'a' }],
      );
      assert.deepEqual([fork.label, fork.result, fork.endedAt], [undefined, undefined, undefined]);
      assert.deepEqual(fork.forkedFrom, { id, seq: 3 });
      const history = await store.events({ id, afterSeq: 0, limit: 100 });
      const forked = await store.events({ id: fork.id, afterSeq: 0, limit: 100 });
      assert.deepEqual(forked.events, history.events.slice(0, 3));
      await store.update(fork.id, note(fork.id));
      assert.deepEqual((await store.events({ id, afterSeq: 0, limit: 100 })).events, history.events);
      assert.deepEqual(await store.get(id), origin);
    });

    it('refuses to fork beyond the end of a history', async (t) => {
      const store = await open(t);
      const { id } = await store.create(firstStep());
      await assert.rejects(store.fork(id, 2, uuidv7()), { code: 'INVALID_PARAMS', message: /has 1 events/ });
      assert.equal((await store.find(everything)).sessions.length, 1);
    });

    it('refuses to fork a session without a history, and stays readable', async (t) => {
      const store = await open(t);
      const { id } = await store.create({ ...firstStep(), events: [] });
      await assert.rejects(store.fork(id, undefined, uuidv7()), {
        code: 'INVALID_PARAMS',
        message: /no history/,
      });
      assert.equal((await store.find(everything)).sessions.length, 1);
    });

    it('adds imported sessions under their own ids, or new ones that all who name them follow', async (t) => {
      const store = await open(t);
      const parent = await exported(store, { label: 'mine' });
      const child = await exported(store, { parentId: parent.state.session.id });
      const other = await open(t);
      const first = await other.import([parent, child], uuidv7);
      assert.deepEqual(
        first.map(({ from, id }) => from === id),
        [true, true],
      );
      const again = await other.import([parent, child], uuidv7);
      assert.deepEqual(
        again.map(({ from, id, droppedLabel }) => [from === id, droppedLabel]),
        [
          [false, 'mine'],
          [false, undefined],
        ],
      );
      assert.equal((await other.get(again[1]?.id ?? '')).parentId, again[0]?.id);
      assert.equal((await other.get(again[0]?.id ?? '')).label, undefined);
      const { events } = await other.events({ id: again[0]?.id ?? '', afterSeq: 0, limit: 10 });
      assert.deepEqual(events, parent.events);
    });

    it('imports nothing where one of the sessions cannot be stored', async (t) => {
      const store = await open(t);
      const good = await exported(store, {});
      const bad: ImportedSession = { ...good, events: [...good.events, ...good.events] };
      const other = await open(t);
      const renamed = { ...good, state: { ...good.state, session: { ...good.state.session, id: uuidv7() } } };
      await assert.rejects(other.import([renamed, bad], uuidv7));
      assert.deepEqual((await other.find(everything)).sessions, []);
    });

    it('imports a session whose like was destroyed here, and clients see it', async (t) => {
      const store = await open(t);
      const one = await exported(store, {});
      const { id } = one.state.session;
      await store.remove(id);
      await store.emptyTrash(soon());
      const { revision } = await store.changes({ since: 0 });
      await store.import([one], uuidv7);
      const changes = await store.changes({ since: revision });
      assert.deepEqual([idsOf(changes.sessions), changes.removed], [[id], []]);
      assert.deepEqual((await store.changes({ since: 0 })).removed, []);
    });
  });
}

async function exported(
  store: SessionStore,
  more: Parameters<typeof firstStep>[0],
): Promise<ImportedSession> {
  const { id } = await store.create(firstStep(more));
  const { session, iterationOpen, pauseReason } = await store.state(id);
  const { events } = await store.events({ id, afterSeq: 0, limit: 100 });
  return { state: { session, iterationOpen, pauseReason }, events };
}
