import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import * as state from '../../../server/domain/sessionState.ts';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsFind, sessionsStats } from '../../../server/protocol/sessionQueryMethods.ts';
import type { CallParamsOf } from '../../../server/protocol/method.ts';
import type { LookQuery, SessionStore } from '../../../server/store/sessionStore.ts';

export type OpenStore = (context: TestContext) => Promise<SessionStore>;

export function firstStep(more: Partial<CallParamsOf<typeof sessionsStart>> = {}, now = Date.now()) {
  return state.start(
    sessionsStart.params.parse({ task: 'Fix the tests', mode: 'developer', ...more }),
    uuidv7(),
    now,
  );
}

const find = (more: CallParamsOf<typeof sessionsFind> = {}) => sessionsFind.params.parse(more);
const all = sessionsStats.params.parse({});
const note = (id: string, text = 'x') => state.addEvent({ id, type: 'note', data: { text } });

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

    it('finds every session once, newest first, in pages of any size', async (t) => {
      const store = await open(t);
      for (let index = 0; index < 23; index++) {
        // Several in one millisecond, so that the order has to be held by more than time.
        await store.create(
          firstStep({ task: `task ${index}`, userId: index % 2 ? 'a' : 'b' }, 1_000_000 + (index >> 2)),
        );
      }
      const whole = (await store.find(find({ limit: 500 }))).sessions;
      assert.equal(whole.length, 23);
      assert.deepEqual(
        whole,
        whole.toSorted((x, y) =>
          x.createdAt < y.createdAt || (x.createdAt === y.createdAt && x.id < y.id) ? 1 : -1,
        ),
      );
      for (const limit of [1, 2, 7, 23]) {
        const ids: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.find(find({ limit, ...(cursor === undefined ? {} : { cursor }) }));
          ids.push(...page.sessions.map(({ id }) => id));
          cursor = page.nextCursor;
        } while (cursor !== undefined);
        assert.deepEqual(
          ids,
          whole.map(({ id }) => id),
        );
      }
    });

    it('finds by each filter, and takes text as text', async (t) => {
      const store = await open(t);
      const parent = await store.create(firstStep({ task: '100% of _all_ tests' }, 1000));
      const other = await store.create(
        firstStep(
          {
            task: 'other',
            mode: 'review',
            userId: 'u',
            channelId: 'c',
            parentId: parent.id,
            workspace: '/w',
            kind: 'step',
            label: 'nightly',
          },
          2000,
        ),
      );
      await store.update(other.id, state.pause({ id: other.id }));
      const ids = async (more: CallParamsOf<typeof sessionsFind>) =>
        (await store.find(find(more))).sessions.map(({ id }) => id);
      const iso = (time: number) => new Date(time).toISOString();
      for (const filter of [
        { mode: 'review' },
        { userId: 'u' },
        { channelId: 'c' },
        { parentId: parent.id },
        { workspace: '/w' },
        { kind: 'step' as const },
        { status: ['paused' as const, 'failed' as const] },
        { text: 'OTHER' },
        { text: 'nightly' },
        { text: other.id },
        { createdAfter: iso(2000) },
        { updatedAfter: iso(3000) },
      ]) {
        assert.deepEqual(await ids(filter), [other.id], JSON.stringify(filter));
      }
      for (const filter of [{ text: '100%' }, { text: '_all_' }, { createdBefore: iso(2000) }]) {
        assert.deepEqual(await ids(filter), [parent.id], JSON.stringify(filter));
      }
      assert.deepEqual(await ids({ text: '%' }), [parent.id]);
      assert.deepEqual(await ids({ text: "' OR 1=1 --" }), []);
    });

    it('finds several statuses as one would, in order and in pages', async (t) => {
      const store = await open(t);
      for (let index = 0; index < 12; index++) {
        const { id } = await store.create(firstStep({ userId: index % 2 ? 'a' : 'b' }, 1000 + (index >> 1)));
        if (index % 3 === 1) await store.update(id, state.pause({ id }));
        if (index % 3 === 2) await store.update(id, state.complete({ id }));
        if (index > 9) await store.update(id, state.archive);
      }
      const whole = (await store.find(find({ archived: true }))).sessions;
      for (const more of [{}, { archived: true as const }, { userId: 'a' }, { mode: 'developer' }]) {
        const status = ['paused' as const, 'active' as const, 'paused' as const, 'failed' as const];
        const expected = whole.filter(
          (one) =>
            (one.status === 'paused' || one.status === 'active') &&
            ('archived' in more || one.archivedAt === undefined) &&
            (!('userId' in more) || one.userId === more.userId),
        );
        const found: typeof whole = [];
        for (let cursor: string | undefined; ;) {
          const page = await store.find(find({ ...more, status, limit: 3, ...(cursor ? { cursor } : {}) }));
          found.push(...page.sessions);
          cursor = page.nextCursor;
          if (cursor === undefined) break;
        }
        assert.deepEqual(found, expected, JSON.stringify(more));
      }
    });

    it('leaves archived sessions out unless they are asked for', async (t) => {
      const store = await open(t);
      const kept = await store.create(firstStep());
      const archived = await store.create(firstStep());
      await store.update(archived.id, state.archive);
      const ids = async (more: CallParamsOf<typeof sessionsFind>) =>
        (await store.find(find(more))).sessions.map(({ id }) => id).sort();
      assert.deepEqual(await ids({}), [kept.id]);
      assert.deepEqual(await ids({ archived: true }), [kept.id, archived.id].sort());
      assert.deepEqual(await ids({ archived: 'only' }), [archived.id]);
      assert.equal((await store.stats(sessionsStats.params.parse({ archived: false }))).total, 1);
      assert.equal((await store.stats(all)).total, 2);
    });

    it('refuses a cursor that it did not give', async (t) => {
      const store = await open(t);
      for (const cursor of ['', 'x', Buffer.from('[1]').toString('base64url')]) {
        await assert.rejects(store.find(find({ cursor })), { code: 'INVALID_PARAMS' });
      }
    });

    it('pages events by seq and type', async (t) => {
      const store = await open(t);
      const { id } = await store.create(firstStep());
      for (let index = 0; index < 5; index++) await store.update(id, note(id, String(index)));
      const first = await store.events({ id, afterSeq: 0, limit: 3, types: ['note'] });
      assert.deepEqual(
        first.events.map(({ seq }) => seq),
        [2, 3, 4],
      );
      assert.equal(first.nextSeq, 4);
      const second = await store.events({ id, afterSeq: 4, limit: 3, types: ['note'] });
      assert.deepEqual(
        second.events.map(({ seq }) => seq),
        [5, 6],
      );
      assert.equal(second.nextSeq, undefined);
      assert.deepEqual(
        (await store.lastEvents(id, 2)).map(({ seq }) => seq),
        [5, 6],
      );
      assert.deepEqual(await store.lastEvents(id, 2, { type: 'summary' }), []);
      assert.equal(await store.countEvents(id, 'note', 4), 2);
    });

    it('gives sessions together with their last event of a type, what came after, their children and their lease', async (t) => {
      const store = await open(t);
      const parent = await store.create(firstStep({ kind: 'workflow' }));
      const { id } = parent;
      const bare = await store.create(firstStep({ kind: 'workflow' }, Date.now() - 1000));
      await store.create(firstStep());
      for (const text of ['1', '2']) await store.update(id, note(id, text));
      await store.update(id, state.addEvent({ id, type: 'other', data: {} }));
      await store.update(id, state.addEvent({ id, type: 'news', data: { of: 'it' } }));
      const children: string[] = [];
      for (const step of ['a', 'b'])
        children.unshift((await store.create(firstStep({ parentId: id, metadata: { step } }))).id);
      await store.update(children[0] ?? '', state.archive);
      const gone = await store.create(firstStep({ parentId: id }));
      await store.remove(gone.id);
      const asked: unknown[] = [];
      const query: LookQuery = {
        last: 'note',
        news: ['news'],
        after: (session, last) => {
          asked.push([session.id, last?.data]);
          return last?.seq;
        },
      };
      const { looks, nextCursor } = await store.looks(find({ kind: 'workflow' }), query);
      assert.equal(nextCursor, undefined);
      assert.deepEqual(
        looks.map((look) => look.session),
        [await store.get(id), bare],
      );
      const [look, other] = looks;
      assert.deepEqual([look?.last?.seq, look?.last?.data], [3, { text: '2' }]);
      assert.deepEqual(
        look?.news.map(({ seq, data }) => [seq, data]),
        [[5, { of: 'it' }]],
      );
      assert.deepEqual(
        look?.children.map((child) => [child.id, child.status, child.metadata]),
        [
          [children[0], 'active', { step: 'b' }],
          [children[1], 'active', { step: 'a' }],
        ],
      );
      assert.deepEqual([other?.last, other?.news, other?.children], [undefined, [], []]);
      assert.deepEqual(asked, [
        [id, { text: '2' }],
        [bare.id, undefined],
      ]);
      assert.deepEqual(await store.look(id, query), look);
      await assert.rejects(store.look('none', query), { code: 'SESSION_NOT_FOUND' });
      const page = await store.looks(find({ kind: 'workflow', limit: 1 }), query);
      const next = await store.looks(find({ kind: 'workflow', limit: 1, cursor: page.nextCursor }), query);
      assert.deepEqual([...page.looks, ...next.looks], looks);
    });

    it('finds archived sessions that have not ended, where they are asked for', async (t) => {
      const store = await open(t);
      const made: string[] = [];
      for (const [index, ends] of [false, true, false, true].entries()) {
        const { id } = await store.create(firstStep({}, Date.now() + index));
        made.push(id);
        if (ends) await store.update(id, state.complete({ id }));
        if (index < 2) await store.update(id, state.archive);
      }
      const { sessions } = await store.find({ ...find(), archived: 'open' });
      assert.deepEqual(
        sessions.map(({ id }) => id),
        [made[3], made[2], made[0]],
      );
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

    it('counts what it holds', async (t) => {
      const store = await open(t);
      assert.deepEqual((await store.stats(all)).successRate, 0);
      const sessions = [];
      for (let index = 0; index < 4; index++)
        sessions.push(await store.create(firstStep({ userId: 'u' }, 1000)));
      const [a, b, c] = sessions;
      assert.ok(a && b && c);
      await store.update(a.id, state.complete({ id: a.id }));
      await store.update(b.id, state.complete({ id: b.id }));
      await store.update(c.id, state.fail({ id: c.id, error: 'e' }));
      const stats = await store.stats(all);
      assert.equal(stats.total, 4);
      assert.ok(Math.abs(stats.successRate - 200 / 3) < 1e-9);
      assert.deepEqual(stats.byStatus, { active: 1, paused: 0, timeout: 0, completed: 2, failed: 1 });
      assert.deepEqual(stats.byMode, { developer: 4 });
      assert.deepEqual([stats.byKind.session, stats.byKind.step, stats.errors], [4, 0, 1]);
      assert.ok(stats.averageDurationMs > 0);
      assert.equal((await store.stats(sessionsStats.params.parse({ userId: 'nobody' }))).total, 0);
    });

    it('names users and folders with the most sessions first, also where names are numbers', async (t) => {
      const store = await open(t);
      for (const userId of ['900', '5', '900', 'b', 'a'])
        await store.create(firstStep({ userId, workspace: `/${userId}` }));
      const { byUser, byWorkspace } = await store.stats(all);
      assert.deepEqual(byUser, [
        { name: '900', sessions: 2 },
        { name: '5', sessions: 1 },
        { name: 'a', sessions: 1 },
        { name: 'b', sessions: 1 },
      ]);
      assert.equal(byWorkspace[0]?.name, '/900');
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
