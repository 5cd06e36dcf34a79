import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  doubted,
  judgeBareOwner,
  judgeOwner,
  timeOfMaking,
  type BareOwner,
  type Doubts,
  type Machine,
  type ProcessFacts,
} from '../../../server/domain/lockVerdict.ts';
import type { LockOwner, LockReason, LockVerdict } from '../../../server/protocol/lock.ts';

const HERE: Machine = { host: 'desk', bootId: 'boot-2', pidNamespace: 'pid:[1]' };
const OWNER: LockOwner = {
  pid: 100,
  processStart: '5000',
  bootId: 'boot-2',
  pidNamespace: 'pid:[1]',
  host: 'desk',
};
const NOW = Date.UTC(2026, 10, 25);
const NO_DOUBTS: Doubts = { isShared: false, isGuardedFresh: false };

const gone: ProcessFacts = { state: 'gone' };
const unknown: ProcessFacts = { state: 'unknown' };
const running = (facts: Partial<Extract<ProcessFacts, { state: 'running' }>> = {}): ProcessFacts => ({
  state: 'running',
  start: '5000',
  startedAt: NOW - 60_000,
  isForeign: false,
  ...facts,
});
const started = (startedAt: number): ProcessFacts => running({ startedAt });
const unreadable = running({ start: undefined, startedAt: undefined });
const foreign = running({ start: undefined, startedAt: undefined, isForeign: true });

function without(owner: LockOwner, key: keyof LockOwner): LockOwner {
  const copy = { ...owner };
  delete copy[key];
  return copy;
}

describe('the verdict on an owner that is known in full', () => {
  const table: [
    string,
    { owner?: LockOwner; here?: Partial<Machine>; found: ProcessFacts },
    LockVerdict,
    LockReason[],
  ][] = [
    ['the pid has the recorded start: alive', { found: running() }, 'alive', []],
    ['the pid is gone: dead', { found: gone }, 'dead', ['dead-pid']],
    [
      'the pid is that of a later process: dead',
      { found: running({ start: '9000' }) },
      'dead',
      ['recycled-pid'],
    ],
    [
      'another host: no doubt is solved',
      { owner: { ...OWNER, host: 'lap' }, found: gone },
      'unverifiable',
      ['other-host'],
    ],
    [
      'another host and boot: still another host',
      { owner: { ...OWNER, host: 'lap', bootId: 'boot-1' }, found: gone },
      'unverifiable',
      ['other-host'],
    ],
    [
      'no host: no host of ours',
      { owner: without(OWNER, 'host'), found: gone },
      'unverifiable',
      ['other-host'],
    ],
    [
      'an earlier run of this host: dead, whoever has the pid now',
      { owner: { ...OWNER, bootId: 'boot-1' }, found: running() },
      'dead',
      ['other-boot'],
    ],
    [
      'an earlier run, in whichever namespace: dead',
      { owner: { ...OWNER, bootId: 'boot-1', pidNamespace: 'pid:[7]' }, found: unknown },
      'dead',
      ['other-boot'],
    ],
    [
      'an unknown run of this host is no other run',
      { owner: without(OWNER, 'bootId'), found: running() },
      'alive',
      [],
    ],
    ['nor where ours is unknown', { here: { bootId: undefined }, found: running() }, 'alive', []],
    [
      'another namespace: its pids are not ours',
      { owner: { ...OWNER, pidNamespace: 'pid:[7]' }, found: gone },
      'unverifiable',
      ['other-namespace'],
    ],
    [
      'an unknown namespace of the owner',
      { owner: without(OWNER, 'pidNamespace'), found: gone },
      'unverifiable',
      ['probe-failed'],
    ],
    [
      'an unknown namespace of ours',
      { here: { pidNamespace: undefined }, found: gone },
      'unverifiable',
      ['probe-failed'],
    ],
    ['the probe failed', { found: unknown }, 'unverifiable', ['probe-failed']],
    [
      'no start was recorded, and the pid is in use',
      { owner: without(OWNER, 'processStart'), found: running() },
      'unverifiable',
      ['probe-failed'],
    ],
    [
      'no start was recorded, and the pid is gone: dead',
      { owner: without(OWNER, 'processStart'), found: gone },
      'dead',
      ['dead-pid'],
    ],
    ['the start cannot be read', { found: unreadable }, 'unverifiable', ['probe-failed']],
    ['the start cannot be read for it is another user’s: alive', { found: foreign }, 'alive', []],
    [
      'another user’s with another start: dead',
      { found: running({ start: '9000', isForeign: true }) },
      'dead',
      ['recycled-pid'],
    ],
    [
      'a start in the form of another system is no other start',
      { found: running({ start: 'Tue Nov 25 15:50:35 2026' }) },
      'unverifiable',
      ['probe-failed'],
    ],
  ];
  for (const [name, { owner = OWNER, here = {}, found }, verdict, reasons] of table) {
    it(name, () => assert.deepEqual(judgeOwner(owner, { ...HERE, ...here }, found), { verdict, reasons }));
  }
});

describe('the verdict on a bare pid', () => {
  const bare = (madeAt?: number, processStart?: string): BareOwner => ({ madeAt, processStart });
  const shared: Doubts = { isShared: true, isGuardedFresh: false };
  const fresh: Doubts = { isShared: false, isGuardedFresh: true };
  const table: [string, BareOwner, ProcessFacts, Doubts, LockVerdict, LockReason[]][] = [
    ['gone: dead', bare(), gone, NO_DOUBTS, 'dead', ['dead-pid']],
    ['gone, however young the lock: dead', bare(NOW), gone, NO_DOUBTS, 'dead', ['dead-pid']],
    ['gone, with a start: dead', bare(NOW, '5000'), gone, NO_DOUBTS, 'dead', ['dead-pid']],
    ['in use, and nothing else is known: alive', bare(), started(NOW), NO_DOUBTS, 'alive', []],
    ['in use since before the lock: alive', bare(NOW), started(NOW - 1), NO_DOUBTS, 'alive', []],
    [
      'in use since two seconds after the lock: within the slack, alive',
      bare(NOW - 2000),
      started(NOW),
      NO_DOUBTS,
      'alive',
      [],
    ],
    [
      'in use since more than two seconds after the lock: dead',
      bare(NOW - 2001),
      started(NOW),
      NO_DOUBTS,
      'dead',
      ['recycled-pid'],
    ],
    [
      'in use since before a lock that is a year old: alive, for age alone frees nothing',
      bare(NOW - 365 * 86_400_000),
      started(NOW - 366 * 86_400_000),
      NO_DOUBTS,
      'alive',
      [],
    ],
    [
      'the recorded start, however old: alive',
      bare(NOW - 365 * 86_400_000, '5000'),
      started(NOW),
      NO_DOUBTS,
      'alive',
      [],
    ],
    [
      'another start, however young the lock: dead',
      bare(NOW, '4999'),
      started(NOW - 60_000),
      NO_DOUBTS,
      'dead',
      ['recycled-pid'],
    ],
    [
      'a recorded start that cannot be compared',
      bare(NOW, '5000'),
      unreadable,
      NO_DOUBTS,
      'unverifiable',
      ['probe-failed'],
    ],
    [
      'a recorded start in the form of another system',
      bare(NOW, '5000'),
      running({ start: 'Tue Nov 25 15:50:35 2026' }),
      NO_DOUBTS,
      'unverifiable',
      ['probe-failed'],
    ],
    ['another user’s, and no more can be read: alive', bare(NOW), foreign, NO_DOUBTS, 'alive', []],
    [
      'another user’s with a recorded start, and no more can be read: alive',
      bare(NOW, '5000'),
      foreign,
      NO_DOUBTS,
      'alive',
      [],
    ],
    ['in use, and since when is unknown', bare(NOW), unreadable, NO_DOUBTS, 'unverifiable', ['probe-failed']],
    ['the probe failed', bare(NOW), unknown, NO_DOUBTS, 'unverifiable', ['probe-failed']],
    [
      'the probe failed, with a start',
      bare(NOW, '5000'),
      unknown,
      NO_DOUBTS,
      'unverifiable',
      ['probe-failed'],
    ],
    [
      'gone in a shared folder: another container may have it',
      bare(NOW),
      gone,
      shared,
      'unverifiable',
      ['dead-pid', 'shared-root'],
    ],
    [
      'recycled in a shared folder',
      bare(NOW, '1'),
      running(),
      shared,
      'unverifiable',
      ['recycled-pid', 'shared-root'],
    ],
    [
      'gone, and what it guards was changed a moment ago',
      bare(NOW),
      gone,
      fresh,
      'unverifiable',
      ['dead-pid', 'guarded-file-changed'],
    ],
    [
      'both doubts',
      bare(NOW),
      gone,
      { isShared: true, isGuardedFresh: true },
      'unverifiable',
      ['dead-pid', 'shared-root', 'guarded-file-changed'],
    ],
    ['alive in a shared folder: there is no doubt to have', bare(NOW), started(NOW - 1), shared, 'alive', []],
  ];
  for (const [name, owner, found, doubts, verdict, reasons] of table) {
    it(name, () => assert.deepEqual(judgeBareOwner(owner, found, doubts), { verdict, reasons }));
  }

  it('doubt makes nothing dead, and lets what is not in doubt be', () => {
    const judged = { verdict: 'dead', reasons: ['missing-pid'] } as const;
    assert.deepEqual(doubted(judged, NO_DOUBTS), judged);
    assert.equal(doubted(judged, shared).verdict, 'unverifiable');
    assert.equal(doubted({ verdict: 'alive', reasons: [] }, NO_DOUBTS).verdict, 'alive');
  });
});

describe('the time at which a lock was made', () => {
  it('is none where no lock can have been made: else every process would have begun after it', () => {
    for (const time of [undefined, NaN, -1, 0, 1, 1_764_000_000, NOW + 86_400_001, Infinity, 1e300]) {
      assert.equal(timeOfMaking(time, NOW), undefined, String(time));
    }
    for (const time of [NOW, NOW - 86_400_000, NOW + 86_399_999]) assert.equal(timeOfMaking(time, NOW), time);
  });
});

describe('whatever is found', () => {
  const facts: fc.Arbitrary<ProcessFacts> = fc.oneof(
    fc.constant(gone),
    fc.constant(unknown),
    fc.record({
      state: fc.constant('running' as const),
      start: fc.constantFrom(undefined, '5000', '9000', 'Tue Nov 25 15:50:35 2026'),
      startedAt: fc.option(fc.integer({ min: NOW - 10_000, max: NOW + 10_000 }), { nil: undefined }),
      isForeign: fc.boolean(),
    }),
  );
  const place = {
    host: fc.constantFrom('desk', 'lap'),
    bootId: fc.constantFrom(undefined, 'boot-1', 'boot-2'),
    pidNamespace: fc.constantFrom(undefined, 'none', 'pid:[1]', 'pid:[7]'),
  };
  const owners = fc
    .record({ ...place, processStart: fc.constantFrom(undefined, '5000', '9000') })
    .map((owner): LockOwner => ({
      pid: 100,
      ...Object.fromEntries(Object.entries(owner).filter(([, value]) => value !== undefined)),
    }));
  const isOtherProcess = (start: string | undefined, found: ProcessFacts): boolean =>
    found.state === 'gone' ||
    (found.state === 'running' &&
      start !== undefined &&
      /^\d+$/.test(found.start ?? '') &&
      found.start !== start);

  it('an owner is dead only where its boot is over, or, in its own namespace, its pid is not its any more', () => {
    fc.assert(
      fc.property(owners, fc.record(place), facts, (owner, here, found) => {
        const { verdict } = judgeOwner(owner, here, found);
        const isHere = owner.host === here.host;
        const isOtherBoot =
          owner.bootId !== undefined && here.bootId !== undefined && owner.bootId !== here.bootId;
        const isSameNamespace = owner.pidNamespace !== undefined && owner.pidNamespace === here.pidNamespace;
        const isProved =
          isHere && (isOtherBoot || (isSameNamespace && isOtherProcess(owner.processStart, found)));
        assert.equal(verdict === 'dead', isProved);
        if (verdict === 'alive') assert.equal(found.state, 'running');
      }),
      { numRuns: 2000 },
    );
  });

  it('a bare pid is dead only where it is gone, or its process began at another time, and nothing casts doubt', () => {
    const bares = fc.record({
      processStart: fc.constantFrom(undefined, '5000', '9000'),
      madeAt: fc.option(fc.integer({ min: NOW - 20_000, max: NOW + 20_000 }), { nil: undefined }),
    });
    const doubts = fc.record({ isShared: fc.boolean(), isGuardedFresh: fc.boolean() });
    fc.assert(
      fc.property(bares, facts, doubts, (owner, found, doubt) => {
        const { verdict } = judgeBareOwner(owner, found, doubt);
        const beganLater =
          found.state === 'running' &&
          owner.processStart === undefined &&
          owner.madeAt !== undefined &&
          found.startedAt !== undefined &&
          found.startedAt > owner.madeAt + 2000;
        const isProved = isOtherProcess(owner.processStart, found) || beganLater;
        assert.equal(verdict === 'dead', isProved && !doubt.isShared && !doubt.isGuardedFresh);
        if (verdict === 'alive') assert.equal(found.state, 'running');
      }),
      { numRuns: 2000 },
    );
  });

  it('no passing of time makes the living dead', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 * 365 * 86_400_000 }), (ageMs) => {
        const found = started(NOW - ageMs - 1);
        assert.equal(
          judgeBareOwner({ madeAt: NOW - ageMs, processStart: undefined }, found, NO_DOUBTS).verdict,
          'alive',
        );
        assert.equal(
          judgeBareOwner({ madeAt: NOW - ageMs, processStart: '5000' }, found, NO_DOUBTS).verdict,
          'alive',
        );
      }),
    );
  });
});
