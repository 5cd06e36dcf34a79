import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import type * as z from 'zod';
import { HealthChecks } from '../../../server/health/healthChecks.ts';
import { registerHealthMethods } from '../../../server/methods/healthMethods.ts';
import { Registry } from '../../../server/methods/registry.ts';
import { systemClock } from '../../../server/platform/clock.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { healthGet } from '../../../server/protocol/healthMethods.ts';
import { locksAcquire, locksClean, locksRelease } from '../../../server/protocol/lockMethods.ts';
import type { Method } from '../../../server/protocol/method.ts';
import { sessionsIterate, sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsChanges } from '../../../server/protocol/sessionQueryMethods.ts';
import { createServer } from '../../../server/server.ts';
import { breakIndex } from '../../support/breakIndex.ts';
import { tempFolder } from '../../support/tempFolder.ts';

/** A server on a home of its own, which is also the user's: no other locks and sessions are there. */
async function newServer(t: TestContext, env: NodeJS.ProcessEnv = {}) {
  const home = await tempFolder(t);
  const store = join(home, 'lockstep.db');
  const server = createServer({
    env: { LOCKSTEP_HOME: home, ...env },
    userHome: home,
    logger: { log: () => undefined },
  });
  t.after(() => server.dispose());
  const client = server.connect();
  t.after(() => client.close());
  async function call<P extends z.ZodType, R extends z.ZodType>(
    method: Method<P, R>,
    params: z.input<P>,
  ): Promise<z.output<R>> {
    const answer = await client.call(method.name, params);
    if (!answer.ok) throw Object.assign(new Error(answer.error.message), answer.error);
    return method.result.parse(JSON.parse(JSON.stringify(answer.result)));
  }
  const begin = async () => (await call(sessionsStart, { task: 't', mode: 'm' })).id;
  return { home, store, call, begin, close: () => server.dispose() };
}

/** The pid of a process that has ended. */
async function endedPid(): Promise<number> {
  const child = spawn('true', { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid ?? assert.fail();
}

/** A lock of OpenClaw's form, whose owner has ended. */
async function plantStaleLock(home: string): Promise<string> {
  const folder = join(home, '.openclaw', 'agents', 'main', 'sessions');
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'stale.jsonl.lock');
  const payload = { pid: await endedPid(), createdAt: new Date().toISOString() };
  await writeFile(path, JSON.stringify(payload));
  return path;
}

describe('health.get', () => {
  it('says that all is well, check by check', async (t) => {
    const { store, call, begin } = await newServer(t);
    await begin();
    const { status, checks, counters } = await call(healthGet, {});
    assert.deepEqual(
      Object.entries(checks).map(([name, check]) => [name, check.status]),
      ['liveness', 'startup', 'readiness', 'locks', 'memory'].map((name) => [name, 'healthy']),
      JSON.stringify(checks),
    );
    assert.equal(status, 'healthy');
    assert.ok(checks['readiness']?.message.includes(store) === true);
    assert.deepEqual(Object.keys(checks['readiness']?.details ?? {}), ['store', 'disk', 'sources']);
    assert.deepEqual(Object.keys(counters).sort(), [
      'leaseConflicts',
      'leaseWaits',
      'lockFileWaits',
      'lockFilesRemoved',
      'storeRetries',
      'takeOvers',
    ]);
  });

  it('tries whether the store can be written, and writes nothing', async (t) => {
    const { store, call, begin } = await newServer(t);
    await begin();
    const other = new DatabaseSync(store);
    t.after(() => other.close());
    const version = () => other.prepare('PRAGMA data_version').get();
    const bytes = async () => {
      const files = await Promise.all([store, `${store}-wal`].map((path) => readFile(path)));
      return files.map((content) => content.toString('base64'));
    };
    const { revision } = await call(sessionsChanges, { since: 0 });
    const before = [version(), ...(await bytes())];
    for (let time = 0; time < 3; time++) await call(healthGet, { integrity: true });
    assert.deepEqual([version(), ...(await bytes())], before);
    assert.equal((await call(sessionsChanges, { since: 0 })).revision, revision);
  });

  it('notices that the store cannot be written, though it can be read', async (t) => {
    const { store, call, begin } = await newServer(t);
    await begin();
    const other = new DatabaseSync(store);
    other.exec(
      "CREATE TRIGGER refuse BEFORE UPDATE ON store_state BEGIN SELECT RAISE(ABORT, 'no writes'); END",
    );
    other.close();
    const { status, checks } = await call(healthGet, {});
    assert.deepEqual([status, checks['readiness']?.status], ['unhealthy', 'unhealthy']);
    assert.match(checks['readiness']?.message ?? '', /no writes/);
  });

  it('tells of a stale lease and of a stale lock file, with advice, until they are cleaned', async (t) => {
    const { home, call, begin } = await newServer(t);
    const agent = spawn('sleep', ['1000'], { stdio: 'ignore' });
    assert.ok(agent.pid !== undefined);
    await call(locksAcquire, { session: await begin(), ownerPid: agent.pid, ttlMs: 600_000 });
    assert.equal((await call(healthGet, {})).status, 'healthy', 'a lease that is held is none');
    const exited = once(agent, 'exit');
    agent.kill('SIGKILL');
    await exited;
    const one = await call(healthGet, {});
    assert.deepEqual([one.status, one.checks['locks']?.message], ['degraded', 'One stale lock.']);
    await plantStaleLock(home);
    const two = await call(healthGet, {});
    assert.equal(two.checks['locks']?.message, '2 stale locks.');
    assert.match(two.checks['locks'].advice ?? '', /lockstep call locks\.clean '\{"dryRun": false\}'/);
    assert.equal((await call(locksClean, { dryRun: false })).removed.length, 2);
    const cleaned = await call(healthGet, {});
    assert.equal(cleaned.status, 'healthy');
    assert.deepEqual([cleaned.counters['takeOvers'], cleaned.counters['lockFilesRemoved']], [1, 1]);
  });

  it('tells of stale lock files also where the store cannot be read', async (t) => {
    const { home, store, call } = await newServer(t);
    await mkdir(store);
    await plantStaleLock(home);
    const { checks } = await call(healthGet, {});
    assert.equal(checks['locks']?.message, 'One stale lock. The leases in the store cannot be read.');
    assert.match(checks['locks'].advice ?? '', /locks\.clean/);
    assert.equal(checks['readiness']?.status, 'unhealthy');
  });

  it('is starting until the store was opened once, and unhealthy while it cannot be used', async (t) => {
    const { store, call } = await newServer(t);
    await writeFile(store, 'no database at all, but long enough to be taken for one'.repeat(100));
    const before = await call(healthGet, {});
    assert.deepEqual(
      [before.status, before.checks['startup']?.status, before.checks['readiness']?.status],
      ['unhealthy', 'starting', 'unhealthy'],
    );
    assert.match(before.checks['readiness']?.message ?? '', /is damaged/);
    assert.match(before.checks['readiness']?.advice ?? '', /keeps the damaged file/);
    await rm(store);
    const after = await call(healthGet, {});
    assert.deepEqual([after.status, after.checks['startup']?.status], ['healthy', 'healthy']);
  });

  it('says what is wrong with a source that is no folder', async (t) => {
    const { home, call } = await newServer(t);
    await mkdir(join(home, '.claude'));
    await writeFile(join(home, '.claude', 'projects'), '');
    const { status, checks } = await call(healthGet, {});
    assert.equal(status, 'degraded');
    assert.match(
      checks['readiness']?.message ?? '',
      /\.claude\/projects cannot be read: it is not a folder\./,
    );
    assert.match(checks['readiness']?.advice ?? '', /folders/);
  });

  it('reads the whole store only if asked, and finds a page that is broken', async (t) => {
    const { store, call, begin, close } = await newServer(t);
    await begin();
    const good = await call(healthGet, { integrity: true });
    assert.deepEqual([good.status, good.checks['integrity']?.status], ['healthy', 'healthy']);
    assert.equal((await call(healthGet, {})).checks['integrity'], undefined);

    close();
    await breakIndex(store);
    assert.equal((await call(healthGet, {})).status, 'healthy', 'it opens, and works to a point');
    const { status, checks } = await call(healthGet, { integrity: true });
    assert.deepEqual([status, checks['integrity']?.status], ['unhealthy', 'unhealthy']);
    assert.match(checks['integrity']?.message ?? '', /^The store .*damaged: [^\n*]+$/);
    assert.match(checks['integrity']?.advice ?? '', /[Kk]eep a copy/);
  });

  it('counts what a lease refused, waited for and took over', async (t) => {
    const { call, begin } = await newServer(t);
    const counted = async () => {
      const { leaseConflicts, leaseWaits, takeOvers } = (await call(healthGet, {})).counters;
      return [leaseConflicts, leaseWaits, takeOvers];
    };
    const id = await begin();
    const held = await call(locksAcquire, { session: id });
    assert.deepEqual(await counted(), [0, 0, 0]);
    await assert.rejects(call(sessionsIterate, { id }), { code: 'SESSION_LOCKED' });
    await assert.rejects(call(sessionsIterate, { id, lease: 'old' }), { code: 'SESSION_LOCKED' });
    await assert.rejects(call(locksAcquire, { session: id, waitMs: 0 }), { code: 'SESSION_LOCKED' });
    assert.deepEqual(await counted(), [3, 0, 0]);
    const next = call(locksAcquire, { session: id, waitMs: 60_000 });
    const refused = assert.rejects(call(locksAcquire, { session: id, waitMs: 20 }), {
      code: 'SESSION_LOCKED',
    });
    await refused;
    await call(locksRelease, { token: held.token });
    await call(locksRelease, { token: (await next).token });
    assert.deepEqual(await counted(), [4, 2, 0]);
    const agent = spawn('sleep', ['1000'], { stdio: 'ignore' });
    await call(locksAcquire, { session: id, ownerPid: agent.pid ?? assert.fail() });
    const exited = once(agent, 'exit');
    agent.kill('SIGKILL');
    await exited;
    await call(sessionsIterate, { id });
    assert.deepEqual(await counted(), [4, 2, 1]);
  });

  it('shows checks that others registered beside it', async () => {
    const checks = new HealthChecks(systemClock, new Counters());
    checks.register('queue', () =>
      Promise.resolve({ status: 'degraded', message: 'It is long.', details: {} }),
    );
    checks.register('broken', () => Promise.reject(new Error('oops')));
    const registry = new Registry({ log: () => undefined });
    registerHealthMethods(registry, checks);
    const answer = await registry.call('health.get', {});
    assert.ok(answer.ok);
    const health = healthGet.result.parse(answer.result);
    assert.deepEqual(
      Object.entries(health.checks).map(([name, { status }]) => [name, status]),
      [
        ['queue', 'degraded'],
        ['broken', 'unhealthy'],
      ],
    );
  });
});
