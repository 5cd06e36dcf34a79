import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as state from '../../../server/domain/sessionState.ts';
import { sessionsFind, sessionsStats } from '../../../server/protocol/sessionQueryMethods.ts';
import type { CallParamsOf } from '../../../server/protocol/method.ts';
import type { LookQuery } from '../../../server/store/sessionStore.ts';
import { firstStep, note, type OpenStore } from './conformance.ts';

const find = (more: CallParamsOf<typeof sessionsFind> = {}) => sessionsFind.params.parse(more);
const all = sessionsStats.params.parse({});

/** What every driver of SessionStore has to hold of what it is asked for. */
export function sessionQueryConformance(name: string, open: OpenStore): void {
  describe(`SessionStore, asked for what it holds: ${name}`, () => {
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
  });
}
