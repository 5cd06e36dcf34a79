import assert from 'node:assert/strict';
import { delimiter } from 'node:path';
import { describe, it } from 'node:test';
import { lockSettings as settingsOf } from '../../../server/locks/lockSettings.ts';

const lockSettings = (env: NodeJS.ProcessEnv) => settingsOf(env, '/home/me');
const DEFAULTS = { roots: [], sharedRoots: [], autoClean: 'own', waitMs: 10_000, problems: [] };

describe('settings of locks', () => {
  it('are as documented where nothing is set', () => {
    assert.deepEqual(lockSettings({}), DEFAULTS);
    const empty = {
      LOCKSTEP_LOCK_ROOTS: '',
      LOCKSTEP_LOCK_SHARED_ROOTS: '',
      LOCKSTEP_LOCK_AUTO_CLEAN: '',
      LOCKSTEP_LOCK_WAIT_MS: '',
    };
    assert.deepEqual(lockSettings(empty), DEFAULTS);
  });

  it('name folders in lists as PATH has them, or as JSON, which can hold any path', () => {
    const list = ['/a', '', '~/d', '/e f', ' /h'].join(delimiter);
    const found = ['/a', '/home/me/d', '/e f', '/h'];
    assert.deepEqual(lockSettings({ LOCKSTEP_LOCK_ROOTS: list }), { ...DEFAULTS, roots: found });
    assert.deepEqual(lockSettings({ LOCKSTEP_LOCK_SHARED_ROOTS: list }), { ...DEFAULTS, sharedRoots: found });
    const json = JSON.stringify(['/a:b', '~', '']);
    assert.deepEqual(lockSettings({ LOCKSTEP_LOCK_ROOTS: json }).roots, ['/a:b', '/home/me']);
  });

  it('that are no absolute paths are told of, and keep nothing else from working', () => {
    for (const [set, wrong] of [
      ['/a:b', 'b'],
      ['./c', './c'],
      ['["/a", 5]', '5'],
      ['[broken', '[broken'],
    ] as const) {
      const { problems } = lockSettings({ LOCKSTEP_LOCK_ROOTS: set });
      assert.deepEqual(
        problems.map(({ path }) => path),
        [wrong],
      );
    }
    assert.deepEqual(lockSettings({ LOCKSTEP_LOCK_ROOTS: '/a:b' }).roots, ['/a']);
  });

  it('take every folder for shared while a shared one cannot be understood', () => {
    const { sharedRoots, problems } = lockSettings({ LOCKSTEP_LOCK_SHARED_ROOTS: '/a:b' });
    assert.deepEqual([sharedRoots, problems.length], [['/'], 1]);
  });

  it('say what is cleaned by itself', () => {
    for (const set of ['off', 'own', 'all'] as const)
      assert.equal(lockSettings({ LOCKSTEP_LOCK_AUTO_CLEAN: set }).autoClean, set);
    for (const wrong of ['ALL', 'yes', 'true', ' all', 'none'])
      assert.equal(lockSettings({ LOCKSTEP_LOCK_AUTO_CLEAN: wrong }).autoClean, 'own', wrong);
  });

  it('say how long to wait, in whole milliseconds up to ten minutes', () => {
    const waitMs = (set: string) => lockSettings({ LOCKSTEP_LOCK_WAIT_MS: set }).waitMs;
    for (const [set, ms] of [
      ['0', 0],
      ['1', 1],
      ['250', 250],
      ['600000', 600_000],
    ] as const)
      assert.equal(waitMs(set), ms);
    for (const wrong of [
      '600001',
      '-1',
      '1.5',
      '1e3',
      '0x10',
      ' ',
      '\t',
      ' 5',
      '5 s',
      'Infinity',
      'NaN',
      'never',
      '9'.repeat(400),
    ])
      assert.equal(waitMs(wrong), 10_000, JSON.stringify(wrong));
  });
});
