import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import * as state from '../../../server/domain/sessionState.ts';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import type { CallParamsOf } from '../../../server/protocol/method.ts';
import type { SessionStore } from '../../../server/store/sessionStore.ts';

export type OpenStore = (context: TestContext) => Promise<SessionStore>;

export function firstStep(more: Partial<CallParamsOf<typeof sessionsStart>> = {}, now = Date.now()) {
  return state.start(
    sessionsStart.params.parse({ task: 'Fix the tests', mode: 'developer', ...more }),
    uuidv7(),
    now,
  );
}

export const note = (id: string, text = 'x') => state.addEvent({ id, type: 'note', data: { text } });

/** What every driver of SessionStore has to hold. */
export function sessionStoreConformance(name: string, open: OpenStore): void {
  describe(`SessionStore: ${name}`, () => {
    it('gives back a session and its events just as they were stored', async (t) => {
      const store = await open(t);
      await fc.assert(
        fc.asyncProperty(
          fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }),
          fc.dictionary(fc.string({ unit: 'binary-ascii' }), fc.jsonValue(), { maxKeys: 5 }),
          async (text, data) => {
            fc.pre(text.isWellFormed());
            // What JSON cannot tell apart (-0) is no difference.
            const context = plain(data);
            const created = await store.create(firstStep({ task: text, context, userId: text }));
            await store.update(created.id, state.addEvent({ id: created.id, type: 'note', data: context }));
            const read = await store.get(created.id);
            assert.equal(read.task, text);
            assert.equal(read.userId, text);
            assert.equal(JSON.stringify(read.context), JSON.stringify(context));
            const { events } = await store.events({ id: created.id, afterSeq: 1, limit: 10 });
            assert.equal(JSON.stringify(events[0]?.data), JSON.stringify(context));
          },
        ),
        { numRuns: 50 },
      );
    });

    it('keeps a result of any JSON value apart from no result', async (t) => {
      const store = await open(t);
      for (const result of [null, false, 0, '', [], { a: 1 }, undefined]) {
        const { id } = await store.create(firstStep());
        await store.update(id, state.complete({ id, result }));
        const read = await store.get(id);
        assert.deepEqual(read.result, result);
        assert.equal('result' in read, result !== undefined);
      }
    });

    it('numbers the events of a session from 1 without gaps, however many at once', async (t) => {
      const store = await open(t);
      const { id } = await store.create(firstStep());
      await Promise.all(Array.from({ length: 50 }, (_, index) => store.update(id, note(id, String(index)))));
      const { events } = await store.events({ id, afterSeq: 0, limit: 1000 });
      assert.deepEqual(
        events.map(({ seq }) => seq),
        Array.from({ length: 51 }, (_, index) => index + 1),
      );
    });

    it('writes nothing when the decision throws', async (t) => {
      const store = await open(t);
      const { id } = await store.create(firstStep());
      const before = await store.changes({ since: 0 });
      await assert.rejects(
        store.update(id, () => {
          throw new Error('no');
        }),
        /no/,
      );
      assert.deepEqual(await store.changes({ since: 0 }), before);
    });

    it('writes nothing when the decision has no events', async (t) => {
      const store = await open(t);
      const { id } = await store.create(firstStep());
      const before = await store.changes({ since: 0 });
      await store.update(id, state.unarchive);
      assert.deepEqual(await store.changes({ since: 0 }), before);
    });

    it('raises one revision with every change', async (t) => {
      const store = await open(t);
      const first = await store.create(firstStep());
      const second = await store.create(firstStep());
      const third = await store.update(first.id, note(first.id));
      assert.deepEqual([second.revision - first.revision, third.revision - second.revision], [1, 1]);
    });

    it('tells the changes since a revision, the removed ones too', async (t) => {
      const store = await open(t);
      const kept = await store.create(firstStep());
      const gone = await store.create(firstStep());
      const { revision } = await store.changes({ since: 0 });
      await store.update(kept.id, note(kept.id));
      await store.remove(gone.id);
      const changes = await store.changes({ since: revision });
      assert.deepEqual(
        changes.sessions.map(({ id }) => id),
        [kept.id],
      );
      assert.deepEqual(changes.removed, [gone.id]);
      assert.equal(changes.revision, revision + 2);
      assert.deepEqual(await store.changes({ since: changes.revision }), {
        store: changes.store,
        revision: changes.revision,
        sessions: [],
        removed: [],
      });
      await assert.rejects(store.get(gone.id), { code: 'SESSION_NOT_FOUND' });
      await assert.rejects(store.events({ id: gone.id, afterSeq: 0, limit: 1 }), {
        code: 'SESSION_NOT_FOUND',
      });
    });

    it('answers a revision that it never had with everything, and says so', async (t) => {
      const store = await open(t);
      const session = await store.create(firstStep());
      const changes = await store.changes({ since: 1_000_000 });
      assert.equal(changes.reset, true);
      assert.deepEqual(changes.sessions, [session]);
    });

    it('gives changes in answers of at most 1,000 sessions that join without a gap', async (t) => {
      const store = await open(t);
      const ids: string[] = [];
      for (let index = 0; index < 1050; index++) ids.push((await store.create(firstStep())).id);
      const seen: string[] = [];
      let since = 0;
      for (let more = true; more;) {
        const changes = await store.changes({ since });
        assert.ok(changes.sessions.length <= 1000);
        seen.push(...changes.sessions.map(({ id }) => id));
        since = changes.revision;
        more = changes.more ?? false;
      }
      assert.deepEqual(seen, ids);
    });

    it('gives large sessions in answers that fit in memory', async (t) => {
      const store = await open(t);
      for (let index = 0; index < 20; index++)
        await store.create(firstStep({ context: { text: 'x'.repeat(900_000) } }));
      const changes = await store.changes({ since: 0 });
      assert.equal(changes.more, true);
      assert.ok(changes.sessions.length < 20);
    });

    it('holds labels unique, frees one that is given up, and names the owner of a taken one', async (t) => {
      const store = await open(t);
      const owner = await store.create(firstStep({ label: 'nightly' }));
      const other = await store.create(firstStep());
      const taken = { code: 'LABEL_TAKEN', details: { label: 'nightly', id: owner.id } };
      await assert.rejects(store.create(firstStep({ label: 'nightly' })), taken);
      const take = state.update({ id: other.id, label: 'nightly' });
      await assert.rejects(store.update(other.id, take), taken);
      await store.update(owner.id, state.update({ id: owner.id, label: null }));
      assert.equal((await store.get(owner.id)).label, undefined);
      assert.equal((await store.update(other.id, take)).label, 'nightly');
      assert.equal((await store.update(other.id, take)).label, 'nightly', 'its own label is free for it');
    });

    it('tells listeners of each change of its own at once', async (t) => {
      const store = await open(t);
      const seen: number[] = [];
      const listening = store.onDidChange((revision) => seen.push(revision));
      const { id, revision } = await store.create(firstStep());
      await store.update(id, note(id));
      assert.deepEqual(seen, [revision, revision + 1]);
      listening.dispose();
      await store.update(id, note(id));
      assert.equal(seen.length, 2);
    });

    it('says that an unknown session is not found, whatever its id looks like', async (t) => {
      const store = await open(t);
      for (const id of ['no-such', '', '%', "'; DROP TABLE sessions; --", '\u0000']) {
        await assert.rejects(store.get(id), { code: 'SESSION_NOT_FOUND' });
        await assert.rejects(store.update(id, state.archive), { code: 'SESSION_NOT_FOUND' });
        await assert.rejects(store.remove(id), { code: 'SESSION_NOT_FOUND' });
        await assert.rejects(store.lastEvents(id, 1), { code: 'SESSION_NOT_FOUND' });
      }
    });
  });
}

function plain(data: Record<string, unknown>): Record<string, unknown> {
  const value: unknown = JSON.parse(JSON.stringify(data));
  assert.ok(typeof value === 'object' && value !== null);
  return { ...value };
}
