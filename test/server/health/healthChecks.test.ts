import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LockstepError } from '../../../server/domain/errors.ts';
import { HealthChecks } from '../../../server/health/healthChecks.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { healthGet, type HealthCheck, type HealthStatus } from '../../../server/protocol/healthMethods.ts';

const NOW = Date.UTC(2026, 0, 1);
const well: HealthCheck = { status: 'healthy', message: 'All is well.', details: {} };

function newChecks() {
  const counters = new Counters();
  const checks = new HealthChecks({ now: () => NOW }, counters);
  return {
    counters,
    register: checks.register.bind(checks),
    run: async (integrity = false) => healthGet.result.parse(await checks.run({ integrity })),
  };
}

describe('health checks', () => {
  it('are registered by name, and there is one of each', async () => {
    const { register, run } = newChecks();
    register('database', () => Promise.resolve({ ...well, details: { rows: 3 } }));
    assert.throws(() => register('database', () => Promise.resolve(well)), /two health checks database/);
    const health = await run();
    assert.deepEqual(health.checks, { database: { ...well, details: { rows: 3 } } });
    assert.deepEqual([health.status, health.timestamp], ['healthy', new Date(NOW).toISOString()]);
    assert.ok(health.uptime > 0);
  });

  it('find what throws unhealthy, and that hides no other', async () => {
    const { register, run } = newChecks();
    register('first', () => Promise.resolve(well));
    register('ours', () =>
      Promise.reject(new LockstepError('STORE_BUSY', 'It is busy.', { details: { path: '/p' } })),
    );
    register('at once', () => {
      throw new TypeError('oops');
    });
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what others throw is theirs to choose
    register('no error', () => Promise.reject('words'));
    register('last', () => Promise.resolve(well));
    const { status, checks } = await run();
    assert.equal(status, 'unhealthy');
    assert.deepEqual([checks['first'], checks['last']], [well, well]);
    assert.deepEqual(checks['ours'], {
      status: 'unhealthy',
      message: 'It is busy.',
      advice: 'Other processes kept the store for longer than this call could wait. Nothing was changed.',
      details: { code: 'STORE_BUSY', path: '/p' },
    });
    assert.deepEqual(checks['at once'], { status: 'unhealthy', message: 'oops', details: {} });
    assert.deepEqual(checks['no error'], { status: 'unhealthy', message: 'words', details: {} });
  });

  it('run in turn, so that what one makes slow is not held against another', async () => {
    const { register, run } = newChecks();
    const order: string[] = [];
    for (const name of ['one', 'two']) {
      register(name, async () => {
        order.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${name} ends`);
        return well;
      });
    }
    await run();
    assert.deepEqual(order, ['one begins', 'one ends', 'two begins', 'two ends']);
  });

  it('give up one that never answers, and go on to the next', async (t) => {
    const { register, run } = newChecks();
    const asked = Promise.withResolvers<void>();
    register('hanging disk', () => {
      asked.resolve();
      return new Promise(() => undefined);
    });
    register('next', () => Promise.resolve(well));
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const running = run();
    await asked.promise;
    await new Promise((resolve) => setImmediate(resolve));
    t.mock.timers.tick(60_000);
    const { status, checks } = await running;
    assert.deepEqual([status, checks['next']], ['unhealthy', well]);
    assert.match(checks['hanging disk']?.message ?? '', /no answer within 60 s/);
    assert.equal(checks['hanging disk']?.details['code'], 'TIMEOUT');
  });

  it('are as bad together as the worst of them', async () => {
    const worst = async (...statuses: HealthStatus[]) => {
      const { register, run } = newChecks();
      statuses.forEach((status, index) =>
        register(String(index), () => Promise.resolve({ ...well, status })),
      );
      return (await run()).status;
    };
    assert.equal(await worst(), 'healthy');
    assert.equal(await worst('healthy', 'starting'), 'starting');
    assert.equal(await worst('degraded', 'healthy', 'starting'), 'degraded');
    assert.equal(await worst('unhealthy', 'degraded'), 'unhealthy');
  });

  it('leave out what was not asked for', async () => {
    const { register, run } = newChecks();
    register('integrity', ({ integrity }) => Promise.resolve(integrity ? well : undefined));
    assert.deepEqual(Object.keys((await run()).checks), []);
    assert.deepEqual(Object.keys((await run(true)).checks), ['integrity']);
  });

  it('come with what was counted by then', async () => {
    const { counters, run } = newChecks();
    assert.ok(Object.values((await run()).counters).every((count) => count === 0));
    for (let time = 0; time < 3; time++) counters.count('takeOvers');
    const { counters: counted } = await run();
    assert.deepEqual([counted['takeOvers'], counted['leaseWaits']], [3, 0]);
  });
});
