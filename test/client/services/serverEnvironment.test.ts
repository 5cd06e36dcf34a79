import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serverEnvironment } from '../../../client/services/serverEnvironment.ts';

const environment = (settings: Record<string, unknown>, isTrusted = true) =>
  serverEnvironment((name) => settings[name], '/home/me', isTrusted);

describe('the environment that the settings make for the server', () => {
  it('is empty where nothing is set', () => {
    assert.deepEqual(environment({}), {});
    assert.deepEqual(environment({ store: ' ', 'locks.roots': [], 'locks.sharedRoots': [] }), {});
  });

  it('names the store, the folders with locks, and how locks are cleaned', () => {
    assert.deepEqual(
      environment({
        store: '~/sessions',
        'locks.roots': ['/srv/locks', '~/more'],
        'locks.sharedRoots': ['/mnt/shared'],
        'locks.autoClean': 'all',
        'locks.waitMs': 500,
      }),
      {
        LOCKSTEP_HOME: '/home/me/sessions',
        LOCKSTEP_LOCK_ROOTS: '["/srv/locks","~/more"]',
        LOCKSTEP_LOCK_SHARED_ROOTS: '["/mnt/shared"]',
        LOCKSTEP_LOCK_AUTO_CLEAN: 'all',
        LOCKSTEP_LOCK_WAIT_MS: '500',
      },
    );
  });

  it('names the agents just as they are set, and how runs are driven', () => {
    const agents = { mine: { protocol: 'command', command: ['mine'] } };
    assert.deepEqual(environment({ agents, 'runs.parallelSteps': 4, 'runs.endWithWindow': true }), {
      LOCKSTEP_AGENTS: JSON.stringify(agents),
      LOCKSTEP_RUNS_PARALLEL: '4',
      LOCKSTEP_RUNS_END_WITH_WINDOW: '1',
    });
    assert.deepEqual(environment({ agents: ['odd'] }), { LOCKSTEP_AGENTS: '["odd"]' });
    assert.deepEqual(environment({ agents: {}, 'runs.endWithWindow': false }), {});
  });

  it('cleans nothing by itself in a workspace that is not trusted', () => {
    assert.deepEqual(environment({ 'locks.autoClean': 'all' }, false), { LOCKSTEP_LOCK_AUTO_CLEAN: 'off' });
  });

  it('refuses a relative path for the store, naming the setting', () => {
    assert.throws(() => environment({ store: 'sessions' }), /lockstep\.store.*absolute/);
  });

  it('leaves what is wrong with the folders of locks to the server, which goes on without them', () => {
    assert.deepEqual(environment({ 'locks.roots': ['b', 5] }), { LOCKSTEP_LOCK_ROOTS: '["b",5]' });
  });

  it('takes values of a wrong kind for none', () => {
    assert.deepEqual(
      environment({ store: 5, 'locks.roots': 'x', 'locks.autoClean': null, 'locks.waitMs': '1' }),
      {},
    );
  });
});
