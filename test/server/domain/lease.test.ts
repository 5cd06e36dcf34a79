import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toWireError } from '../../../server/domain/errorCatalogue.ts';
import { LockstepError } from '../../../server/domain/errors.ts';
import {
  admit,
  grantOf,
  isGrantable,
  isHeld,
  othersWait,
  sessionLocked,
  type Access,
  type Lease,
  type Ticket,
} from '../../../server/domain/lease.ts';
import { grant } from '../../../server/protocol/lockMethods.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const id = 'the-session';
const lease: Lease = {
  session: id,
  token: 'the-token',
  fence: 7,
  owner: { pid: 11, host: 'here', name: 'agent-a' },
  ttlMs: 30_000,
  acquiredAt: NOW - 60_000,
  expiresAt: NOW + 1,
};
const expired: Lease = { ...lease, expiresAt: NOW };
const ticket = (number: number, until = NOW + 1): Ticket => ({
  number,
  owner: { pid: number, host: 'here' },
  until,
});

/** The code that a write is refused with, or undefined where it is let in. */
function refusal(held: Lease | undefined, access: Access): string | undefined {
  try {
    admit(id, held, access, NOW);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof LockstepError);
    return error.code;
  }
}

describe('a lease', () => {
  it('holds until the moment at which it expires, unless the death of just its owner is proved', () => {
    assert.equal(isHeld(lease, NOW), true);
    assert.equal(isHeld(expired, NOW), false);
    assert.equal(isHeld(lease, NOW, { fence: 7 }), false);
    assert.equal(isHeld(lease, NOW, { fence: 6 }), true, 'the death of an earlier holder proves nothing');
    assert.equal(isHeld(undefined, NOW), false);
  });

  it('lets its holder in for as long as nobody took over, and others while nobody holds it', () => {
    const cases: readonly [string, Lease | undefined, Access, string | undefined][] = [
      ['nobody holds it', undefined, {}, undefined],
      ['the holder', lease, { token: 'the-token' }, undefined],
      ['the holder of one that ran out', expired, { token: 'the-token' }, undefined],
      ['another, without a token', lease, {}, 'SESSION_LOCKED'],
      ['another, without a token, once it ran out', expired, {}, undefined],
      ['another, with proof', lease, { deaths: { fence: 7 } }, undefined],
      ['another, with proof of an earlier death', lease, { deaths: { fence: 6 } }, 'SESSION_LOCKED'],
      ['an old token beside a holder', lease, { token: 'old' }, 'SESSION_LOCKED'],
      ['an old token while it ran out', expired, { token: 'old' }, 'SESSION_LOCKED'],
      ['an old token while nobody holds it', undefined, { token: 'old' }, 'SESSION_LOCKED'],
      ['an old token with proof', lease, { token: 'old', deaths: { fence: 7 } }, 'SESSION_LOCKED'],
      ['a control call', lease, { isControl: true }, undefined],
    ];
    for (const [name, held, access, code] of cases) assert.equal(refusal(held, access), code, name);
  });

  it('is granted to the first who waits and lives, and to nobody else', () => {
    const queue = [ticket(1), ticket(2), ticket(3)];
    const to = (number: number | undefined, tickets: readonly number[] = [], held?: Lease) =>
      isGrantable({ lease: held, queue }, number, NOW, { tickets });
    assert.deepEqual(
      [1, 2, 3, undefined].map((number) => to(number)),
      [true, false, false, false],
    );
    assert.deepEqual(
      [1, 2, 3, undefined].map((number) => to(number, [1])),
      [false, true, false, false],
    );
    assert.equal(to(undefined, [1, 2, 3]), true);
    assert.equal(to(1, [], lease), false);
    assert.equal(to(1, [], expired), true);
    assert.equal(to(2, [], expired), false, 'that it ran out is no reason to overtake');
    const late = { lease: undefined, queue: [ticket(1, NOW), ticket(2)] };
    assert.equal(isGrantable(late, 2, NOW), true, 'who has given up waiting counts no more');
  });

  it('is shown to its holder without what concerns the store alone', () => {
    assert.deepEqual(grant.parse(grantOf(lease)), {
      session: id,
      token: 'the-token',
      fence: 7,
      owner: lease.owner,
      expiresAt: '2026-01-01T12:00:00.001Z',
    });
  });
});

describe('a refusal for a lease', () => {
  it('says who holds the session, since when and for how long, and what can be done', () => {
    const { message, explanation, actions, details } = toWireError(sessionLocked(lease, NOW), 'r');
    assert.equal(
      message,
      'Session the-session is held by agent-a (process 11 on here) since 2026-01-01T11:59:00.000Z; its lease lasts 1 s unless it is renewed.',
    );
    assert.match(explanation ?? '', /Wait until it is done, or pause it/);
    assert.deepEqual(actions, [
      { kind: 'command', label: 'Ask It to Pause', method: 'sessions.pause', params: { id } },
      { kind: 'retry', label: 'Try Again' },
    ]);
    assert.deepEqual([details['owner'], details['fence']], [lease.owner, 7]);
    assert.equal(JSON.stringify(details).includes('the-token'), false);
  });

  it('says who is next, where others have waited for longer, and how to wait too', () => {
    const { message, actions, details } = toWireError(othersWait(id, [ticket(4), ticket(5)]), 'r');
    assert.match(message, /goes to process 4 on here next.*larger waitMs/);
    assert.deepEqual([details['waiting'], actions.map(({ kind }) => kind)], [2, ['retry']]);
  });

  it('tells who shows an old token to stop, and does not offer to try again', () => {
    assert.throws(
      () => admit(id, lease, { token: 'old' }, NOW),
      (error: unknown) => {
        const { message, explanation, actions } = toWireError(error, 'r');
        assert.match(message, /session the-session.*is gone.*Stop what it was for, and acquire a new one/);
        assert.match(explanation ?? '', /acquire a new one/);
        assert.deepEqual(actions, []);
        return true;
      },
    );
  });
});
