import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { locksAcquire, locksRelease } from '../../../server/protocol/lockMethods.ts';
import { methods } from '../../../server/protocol/methods.ts';
import { sessionsEvents } from '../../../server/protocol/sessionHistoryMethods.ts';
import { sessionsGet } from '../../../server/protocol/sessionQueryMethods.ts';
import { HOLDERS, newServer } from './leaseServer.ts';

/** Control calls: let in whoever drives the session. By name, with the params beside the id. */
const CONTROL: Readonly<Record<string, object>> = {
  'sessions.pause': {},
  'sessions.resume': {},
  'sessions.update': { title: 'Other' },
  'sessions.archive': {},
  'sessions.unarchive': {},
};

/** Calls that concern no session which could be held, read it only, or are refused to everybody while it is. */
const NO_LEASE: readonly string[] = [
  'sessions.start',
  'sessions.fork',
  'sessions.import',
  'sessions.restore',
  'sessions.remove',
  'sessions.cleanup',
];

/** Sessions of OpenClaw, which has locks of its own. */
const OPENCLAWS: readonly string[] = [
  'sessions.patch',
  'sessions.reset',
  'sessions.delete',
  'sessions.compact',
];

const NO_ID = '01890000-0000-7000-8000-000000000000';

describe('every method that changes sessions', () => {
  it('is a control call, or for the holder alone, or neither: a new one has to choose', () => {
    const changing = methods
      .filter(({ name, mutates }) => mutates && name.startsWith('sessions.'))
      .map(({ name }) => name);
    const chosen = [...Object.keys(CONTROL), ...Object.keys(HOLDERS), ...NO_LEASE, ...OPENCLAWS];
    assert.deepEqual(changing.sort(), chosen.sort());
  });

  for (const [name, params] of Object.entries(CONTROL)) {
    it(`${name} needs no lease while another holds the session, and refuses the param by name`, async (t) => {
      const { begin, call, connect, failure, success } = await newServer(t);
      const { id } = await begin();
      const { token } = await call(locksAcquire, { session: id }, connect());
      // What resume and unarchive are made for.
      if (name === 'sessions.resume') await success('sessions.pause', { id });
      await success(name, { id, ...params });
      const refused = await failure(name, { id, ...params, lease: token });
      assert.equal(refused.code, 'INVALID_PARAMS');
      assert.match(refused.message, /lease: is not a parameter/);
      assert.equal((await failure(name, { ...params, id: NO_ID })).code, 'SESSION_NOT_FOUND');
    });
  }

  for (const [name, params] of Object.entries(HOLDERS)) {
    it(`${name} is the holder's while somebody holds the session`, async (t) => {
      const { begin, call, connect, failure, success } = await newServer(t);
      const { id } = await begin();
      const client = connect();
      const own = await call(locksAcquire, { session: id }, client);
      await success('sessions.iterate', { id, lease: own.token });
      const before = await call(sessionsGet, { id });

      const locked = await failure(name, { id, ...params });
      assert.deepEqual([locked.code, locked.details['fence']], ['SESSION_LOCKED', own.fence]);
      assert.deepEqual(await call(sessionsGet, { id }), before, 'nothing was changed');
      await success(name, { id, ...params, lease: own.token });

      const other = (await begin()).id;
      await success('sessions.iterate', { id: other });
      const old = await call(locksAcquire, { session: other }, client);
      await call(locksRelease, { token: old.token }, client);
      const refusedOld = async (when: string) => {
        const { code, message } = await failure(name, { id: other, ...params, lease: old.token });
        assert.equal(code, 'SESSION_LOCKED', when);
        assert.match(message, /is gone/, when);
      };
      await refusedOld('while nobody holds it');
      const next = await call(locksAcquire, { session: other }, client);
      await refusedOld('while another holds it');
      await call(locksRelease, { token: next.token }, client);
      await refusedOld('after another held it');
      const foreign = await failure(name, { id: other, ...params, lease: own.token });
      assert.equal(foreign.code, 'SESSION_LOCKED', 'the token of another session');
      await success(name, { id: other, ...params });
    });
  }

  it('is checked in this order: unknown id, lease, transition, budget', async (t) => {
    const { begin, call, connect, failure, success } = await newServer(t);
    for (const [name, params] of Object.entries(HOLDERS)) {
      const ended = (await begin()).id;
      await success('sessions.complete', { id: ended });
      const { token } = await call(locksAcquire, { session: ended }, connect());
      const code = async (more: object) => (await failure(name, { id: ended, ...params, ...more })).code;
      assert.equal(await code({ id: NO_ID, lease: token }), 'SESSION_NOT_FOUND', name);
      assert.equal(await code({}), 'SESSION_LOCKED', name);
      assert.equal(await code({ lease: 'old' }), 'SESSION_LOCKED', name);
      assert.equal(await code({ lease: token }), 'ILLEGAL_TRANSITION', name);
    }
    const { id } = await begin(1);
    await success('sessions.iterate', { id });
    await success('sessions.pause', { id });
    assert.equal((await failure('sessions.iterate', { id })).code, 'ILLEGAL_TRANSITION', 'before the budget');
    await success('sessions.resume', { id, addIterations: 1 });
    for (let time = 0; time < 2; time++) await success('sessions.iterate', { id });
    const { token } = await call(locksAcquire, { session: id }, connect());
    assert.equal((await failure('sessions.iterate', { id })).code, 'SESSION_LOCKED');
    assert.equal((await failure('sessions.iterate', { id, lease: token })).code, 'ITERATION_LIMIT');
    assert.equal((await failure('sessions.resume', { id })).code, 'ITERATION_LIMIT');
  });
});

describe('a pause while somebody holds the session', () => {
  it('is asked for, then carried out by the next iteration, which is charged nothing', async (t) => {
    const { begin, call, connect, success } = await newServer(t);
    const { id } = await begin();
    const { token } = await call(locksAcquire, { session: id }, connect());
    await success('sessions.iterate', { id, lease: token });
    const asked = await success('sessions.pause', { id, reason: 'lunch' });
    assert.deepEqual([asked.status, asked.pausing], ['active', true]);
    assert.deepEqual(
      await success('sessions.pause', { id, reason: 'lunch' }),
      asked,
      'again changes nothing',
    );
    const paused = await success('sessions.iterate', { id, lease: token });
    assert.deepEqual([paused.status, paused.pausing, paused.iterations], ['paused', false, 1]);
    const { events } = await call(sessionsEvents, { id, afterSeq: 2 });
    assert.deepEqual(
      events.map(({ type, data }) => [type, data]),
      [
        ['update', { pausing: true, reason: 'lunch' }],
        ['pause', { reason: 'lunch' }],
      ],
    );
  });

  it('is carried out by the end of the iteration, in this order', async (t) => {
    const { begin, call, connect, success } = await newServer(t);
    const { id } = await begin();
    const { token } = await call(locksAcquire, { session: id }, connect());
    await success('sessions.iterate', { id, lease: token });
    await success('sessions.pause', { id });
    const paused = await success('sessions.endIteration', { id, lease: token, outcome: 'ok' });
    assert.equal(paused.status, 'paused');
    const { events } = await call(sessionsEvents, { id, afterSeq: 3 });
    assert.deepEqual(
      events.map(({ type }) => type),
      ['iteration_end', 'pause'],
    );
  });

  it('is withdrawn by resume, carried out by release, and gone when the session ends', async (t) => {
    const { begin, call, connect, success } = await newServer(t);
    const client = connect();
    for (const [then, status] of [
      ['sessions.resume', 'active'],
      ['locks.release', 'paused'],
      ['sessions.complete', 'completed'],
    ] as const) {
      const { id } = await begin();
      const { token } = await call(locksAcquire, { session: id }, client);
      assert.equal((await success('sessions.pause', { id })).pausing, true);
      if (then === 'sessions.resume') await success(then, { id });
      if (then === 'sessions.complete') await success(then, { id, lease: token });
      if (then === 'locks.release') await call(locksRelease, { token }, client);
      const { status: after, pausing } = await call(sessionsGet, { id });
      assert.deepEqual([after, pausing], [status, false], then);
    }
  });

  it('at its limit is no request: it is paused at once', async (t) => {
    const { begin, call, connect, success } = await newServer(t);
    const { id } = await begin(1);
    for (let time = 0; time < 2; time++) await success('sessions.iterate', { id });
    await call(locksAcquire, { session: id }, connect());
    assert.equal((await success('sessions.pause', { id })).status, 'paused');
  });
});
