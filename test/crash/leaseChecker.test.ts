import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { faults } from './faultyHistories.ts';
import { checkHistory } from './leaseChecker.ts';
import type { AcquireCall, LeaseCall, LeaseHistory, WriteCall, WrittenEvent } from './leaseHistory.ts';
import { actions, playOnModel } from './leaseModel.ts';

const session = 's';

function acquire(fence: number, begin: number, more: Partial<AcquireCall> = {}): AcquireCall {
  const granted = { fence, expiresAt: begin + 1005 };
  return {
    kind: 'acquire',
    session,
    owner: `owner-${fence}`,
    ttlMs: 1000,
    begin,
    end: begin + 10,
    granted,
    ...more,
  };
}

function release(fence: number, begin: number, released = true): LeaseCall {
  return { kind: 'release', session, fence, begin, end: begin + 10, released };
}

function write(fence: number | undefined, begin: number, more: Partial<WriteCall> = {}): WriteCall {
  return { kind: 'write', session, fence, write: `w${begin}`, begin, end: begin + 10, ...more };
}

/** A history in which the writes stand as they are listed, those that were refused left out. */
function history(calls: readonly LeaseCall[], more: Partial<LeaseHistory> = {}): LeaseHistory {
  const events: WrittenEvent[] = calls
    .filter((call) => call.kind === 'write' && call.refused === undefined)
    .map((call, index) => ({
      seq: index + 1,
      write: call.kind === 'write' ? call.write : '',
      fence: call.kind === 'write' ? call.fence : undefined,
    }));
  return { calls, deaths: new Map(), events: new Map([[session, events]]), ...more };
}

const lostWrite: WriteCall = { kind: 'write', session, fence: 1, write: 'lost', begin: 100 };

const right: Readonly<Record<string, LeaseHistory>> = {
  'one after the other': history([
    acquire(1, 0),
    write(1, 20),
    release(1, 40),
    acquire(2, 60),
    write(2, 80),
    release(2, 100),
  ]),
  'a lease that ran out, written under until it was taken over': history([
    acquire(1, 0),
    write(1, 1100),
    acquire(2, 1200),
    write(1, 1300, { refused: 'SESSION_LOCKED' }),
    write(2, 1310),
  ]),
  'an unexpired lease of an owner who was killed': history([acquire(1, 0), acquire(2, 500)], {
    deaths: new Map([['owner-1', 400]]),
  }),
  'a write that overlaps with the take-over': history([
    acquire(1, 0),
    acquire(2, 1100),
    write(1, 1095, { end: 1200 }),
  ]),
  'a release that never returned': history([
    acquire(1, 0),
    { kind: 'release', session, fence: 1, begin: 100 },
    acquire(2, 500),
  ]),
  'a write that never returned and was kept': history([acquire(1, 0), lostWrite]),
  'a write that never returned and was not': history([acquire(1, 0), lostWrite], { events: new Map() }),
  'a lease that was made shorter': history([
    acquire(1, 0),
    { kind: 'renew', session, fence: 1, ttlMs: 10, begin: 100, end: 110, renewed: { expiresAt: 115 } },
    acquire(2, 200),
  ]),
  'a write without a token when the lease has run out': history([acquire(1, 0), write(undefined, 1100)]),
};

const wrong: Readonly<Record<string, [LeaseHistory, RegExp]>> = {
  'two grants with one fence': [
    history([acquire(1, 0), release(1, 20), acquire(1, 40)]),
    /^Fence 1 was granted twice\.$/m,
  ],
  'a fence that goes backwards in real time': [
    history([acquire(2, 0), release(2, 20), acquire(1, 40)]),
    /The grant of fence 2 on s happened by 6, but the grant of fence 1 on s, which has to come before it, not before 44/,
  ],
  'a write accepted under an old fence after the newer grant returned': [
    history([acquire(1, 0), release(1, 20), acquire(2, 40), write(1, 100)]),
    /The grant of fence 2 on s happened by 46, but the write w100 under fence 1/,
  ],
  'a write under an old fence behind one under a newer fence': [
    history([acquire(1, 0), acquire(2, 1100), write(2, 1120), write(1, 1090, { end: 1150 })]),
    /The write w1090 \(seq 2\) under fence 1 stands behind one under fence 2/,
  ],
  'a write accepted after its lease was released': [
    history([acquire(1, 0), release(1, 20), write(1, 40)]),
    /The release of fence 1 happened by 30, but the write w40/,
  ],
  'a renewal after a newer grant returned': [
    history([
      acquire(1, 0),
      acquire(2, 1100),
      { kind: 'renew', session, fence: 1, ttlMs: 10, begin: 1200, end: 1210, renewed: { expiresAt: 1215 } },
    ]),
    /but a renewal of fence 1, which has to come before it/,
  ],
  'an unexpired lease of a living owner taken over': [
    history([acquire(1, 0), acquire(2, 500)]),
    /Fence 2 was granted while owner-1 lived and held fence 1/,
  ],
  'a lease taken over before its owner was killed': [
    history([acquire(1, 0), acquire(2, 500)], { deaths: new Map([['owner-1', 600]]) }),
    /Fence 2 was granted while owner-1 lived/,
  ],
  'a write without a token while a living owner holds the session': [
    history([acquire(1, 0), write(undefined, 100)]),
    /The write w100 without a token was accepted while owner-1 lived and held fence 1/,
  ],
  'an acknowledged write lost': [
    history([acquire(1, 0), write(1, 20)], { events: new Map() }),
    /The acknowledged write w20 is lost/,
  ],
  'a write stored under a fence that was never granted': [
    history([write(7, 20)]),
    /accepted under fence 7, which was never granted/,
  ],
  'a write that nobody asked for': [
    history([], { events: new Map([[session, [{ seq: 1, write: 'x', fence: 1 }]]]) }),
    /Nobody asked for the write x/,
  ],
  'writes in another order than that in which they returned': [
    history([acquire(1, 0), write(1, 60), write(1, 20)]),
    /The write w20 under fence 1 happened by 30, but the write w60 under fence 1/,
  ],
  'a holder refused, whose lease nothing had ended': [
    history([acquire(1, 0), write(1, 20, { refused: 'SESSION_LOCKED' })]),
    /A write under fence 1 was refused, though nothing had ended that lease/,
  ],
  'a grant that is dated outside of its call': [
    history([acquire(1, 0, { granted: { fence: 1, expiresAt: 5000 } })]),
    /The grant of fence 1 on s is dated outside of its call/,
  ],
};

describe('the lease checker', () => {
  for (const [name, planted] of Object.entries(right))
    it(`accepts ${name}`, () => assert.deepEqual(checkHistory(planted), []));

  for (const [name, [planted, words]] of Object.entries(wrong))
    it(`rejects ${name}`, () => assert.match(checkHistory(planted).join('\n'), words));

  it('accepts whatever calls leave on leases that are as they should be', () => {
    fc.assert(
      fc.property(actions, (script) => assert.deepEqual(checkHistory(playOnModel(script)), [])),
      { numRuns: 2000 },
    );
  });

  for (const [name, fault] of Object.entries(faults))
    it(`rejects any history with ${name}`, () => {
      fc.assert(
        fc.property(actions, (script) => {
          const faulty = fault(playOnModel(script));
          fc.pre(faulty !== undefined);
          assert.notDeepEqual(checkHistory(faulty), []);
        }),
        { numRuns: 300 },
      );
    });
});
