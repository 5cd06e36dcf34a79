import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { wireError } from '../../../server/protocol/error.ts';
import {
  grant,
  locksAcquire,
  locksList,
  locksRelease,
  locksRenew,
} from '../../../server/protocol/lockMethods.ts';
import { sessionsIterate, sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsGet } from '../../../server/protocol/sessionQueryMethods.ts';
import { runCommand } from '../../support/command.ts';
import { queued, renewed } from '../../support/leaseTables.ts';
import { RpcClient } from '../../support/rpcClient.ts';

const locked = { code: 'SESSION_LOCKED' };
/** Longer than any of these tests: what ends such a lease is not its time. */
const LONG = 600_000;

const home = await mkdtemp(join(tmpdir(), 'lockstep-test-'));
const env = { HOME: home, LOCKSTEP_HOME: home };
/** Another client of the store, who goes through everything. */
const other = new RpcClient({ after: () => undefined }, home, { env });
after(async () => {
  await other.kill();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});
const open = (t: TestContext) => new RpcClient(t, home, { env: { ...env, LOCKSTEP_LOG: 'debug' } });
const begin = async () => (await other.call(sessionsStart, { task: 't', mode: 'm' })).id;

/** Until the log of a process has a line with these words. Gives all that it logged so far. */
function logged(client: RpcClient, words: RegExp): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let log = '';
  client.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
    if (words.test(log)) resolve(log);
  });
  return promise;
}

/** A process that does nothing, until it is killed. */
function sleeper(t: TestContext) {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  const { pid } = child;
  assert.ok(pid !== undefined);
  return {
    pid,
    async kill() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

describe('leases of a client of lockstep rpc', { concurrency: 3 }, () => {
  it('are renewed while it is connected, and released when its input closes, after its calls', async (t) => {
    const a = open(t);
    const [held, wanted] = [await begin(), await begin()];
    const lease = await a.call(locksAcquire, { session: held, ttlMs: 1500 });
    const wantedLease = await other.call(locksAcquire, { session: wanted, ttlMs: LONG });
    await renewed(home, held, lease.expiresAt);
    await assert.rejects(other.call(locksAcquire, { session: held, waitMs: 0 }), locked);
    assert.equal((await a.call(sessionsIterate, { id: held, lease: lease.token })).iterations, 1);

    const last = a.call(locksAcquire, { session: wanted, waitMs: 60_000 });
    await queued(home, wanted, 1);
    const hasLeft = logged(a, /makes no more calls/);
    const ended = a.stop();
    await hasLeft;
    await assert.rejects(other.call(sessionsIterate, { id: held }), locked, 'its call is under way');
    await other.call(locksRelease, { token: wantedLease.token });
    assert.ok((await last).fence > wantedLease.fence);
    assert.equal(await ended, 0);
    const { locks } = await other.call(locksList, {});
    const left = locks.filter(({ session }) => session === held || session === wanted);
    assert.deepEqual(left, [], 'they were given back, not left behind by the dead');
    for (const session of [held, wanted]) {
      const next = await other.call(locksAcquire, { session, waitMs: 0 });
      assert.ok(next.fence > lease.fence);
    }
    await assert.rejects(other.call(sessionsIterate, { id: held, lease: lease.token }), locked);
  });

  it('end with a process that is killed, at once, and so do its places in queues', async (t) => {
    const [a, b] = [open(t), open(t)];
    const id = await begin();
    const first = await a.call(locksAcquire, { session: id, ttlMs: LONG });
    const dropped = b.call(locksAcquire, { session: id, waitMs: 60_000 });
    const lost = assert.rejects(dropped, /the server ended/);
    await queued(home, id, 1);
    const turn = other.call(locksAcquire, { session: id, waitMs: 60_000, ttlMs: LONG });
    await queued(home, id, 2);
    await b.kill();
    await lost;
    await a.kill();
    const second = await turn;
    assert.ok(second.fence > first.fence);
    await assert.rejects(other.call(sessionsIterate, { id, lease: first.token }), locked);
    assert.equal((await other.call(sessionsIterate, { id, lease: second.token })).iterations, 1);
  });

  it('are lost to a process that was stopped for too long, which finds out when it wakes and goes on', async (t) => {
    const a = open(t);
    const id = await begin();
    const first = await a.call(locksAcquire, { session: id, ttlMs: 1500 });
    a.child.kill('SIGSTOP');
    const second = await other.call(locksAcquire, { session: id, waitMs: 60_000, ttlMs: LONG });
    assert.ok(second.fence > first.fence);
    a.child.kill('SIGCONT');
    await assert.rejects(a.call(sessionsIterate, { id, lease: first.token }), locked);
    await assert.rejects(a.call(locksRenew, { token: first.token }), locked);
    assert.deepEqual(await a.call(locksRelease, { token: first.token }), { released: false });
    assert.equal((await a.call(sessionsGet, { id })).iterations, 0);
    assert.equal((await other.call(sessionsIterate, { id, lease: second.token })).iterations, 1);
    assert.equal(await a.stop(), 0, 'nothing was thrown');
  });

  it('that were lost are told of in the log, without their token, and nothing is thrown', async (t) => {
    const a = open(t);
    const log = logged(a, /A lease could not be renewed/);
    const id = await begin();
    const { token } = await a.call(locksAcquire, { session: id, ttlMs: 1500 });
    await a.call(sessionsIterate, { id, lease: token });
    a.child.kill('SIGSTOP');
    const second = await other.call(locksAcquire, { session: id, waitMs: 60_000, ttlMs: LONG });
    a.child.kill('SIGCONT');
    const said = await log;
    assert.match(said, /debug sessions\.iterate/);
    assert.match(said, new RegExp(`warn A lease could not be renewed.*${id}`));
    for (const secret of [token, second.token]) assert.equal(said.includes(secret), false);
    assert.equal((await a.call(sessionsGet, { id })).iterations, 1, 'it goes on');
    assert.equal(await a.stop(), 0);
  });

  it('that are granted after its input closed are passed on at once, since it cannot use them', async (t) => {
    const client = open(t);
    const id = await begin();
    const held = await other.call(locksAcquire, { session: id, ttlMs: LONG });
    const waiting = [1, 2, 3].map(() =>
      client.call(locksAcquire, { session: id, waitMs: LONG, ttlMs: LONG }),
    );
    await queued(home, id, 3);
    const hasLeft = logged(client, /makes no more calls/);
    const ended = client.stop();
    await hasLeft;
    await other.call(locksRelease, { token: held.token });
    const fences = (await Promise.all(waiting)).map(({ fence }) => fence - held.fence);
    assert.ok(
      fences.every((fence, index) => fence > (fences[index - 1] ?? 0)),
      String(fences),
    );
    assert.equal(await ended, 0);
    assert.ok((await other.call(locksAcquire, { session: id, waitMs: 0 })).fence > held.fence + 3);
  });

  it('are granted in the order of the calls, in whichever process they wait', async (t) => {
    const clients = [open(t), open(t), other];
    const [a, b, c] = clients;
    assert.ok(a && b && c);
    const id = await begin();
    const { token } = await a.call(locksAcquire, { session: id, ttlMs: LONG });
    const served: number[] = [];
    const waiting: Promise<void>[] = [];
    for (const [n, client] of [a, b, c, b, a, c].entries()) {
      waiting.push(
        client.call(locksAcquire, { session: id, waitMs: 60_000, ttlMs: LONG }).then(async (lease) => {
          served.push(n);
          await client.call(locksRelease, { token: lease.token });
        }),
      );
      await queued(home, id, n + 1);
    }
    await a.call(locksRelease, { token });
    await Promise.all(waiting);
    assert.deepEqual(served, [0, 1, 2, 3, 4, 5]);
  });

  it('go to who waits, though not looking just now, before who does not wait', async (t) => {
    const b = open(t);
    const id = await begin();
    const { token } = await other.call(locksAcquire, { session: id, ttlMs: LONG });
    const turn = b.call(locksAcquire, { session: id, waitMs: 60_000, name: 'patient' });
    await queued(home, id, 1);
    b.child.kill('SIGSTOP');
    await other.call(locksRelease, { token });
    for (const waitMs of [0, 300]) {
      await assert.rejects(other.call(locksAcquire, { session: id, waitMs }), {
        ...locked,
        message: /goes to patient .*next/,
      });
    }
    b.child.kill('SIGCONT');
    assert.equal((await turn).owner.name, 'patient');
  });

  it('that are waited for block no other call, however many wait', async (t) => {
    const client = open(t);
    const id = await begin();
    const { token } = await client.call(locksAcquire, { session: id, ttlMs: LONG });
    let served = 0;
    const waiting = Array.from({ length: 160 }, async () => {
      const lease = await client.call(locksAcquire, { session: id, waitMs: 60_000, ttlMs: LONG });
      served++;
      await client.call(locksRelease, { token: lease.token });
    });
    await queued(home, id, 160);
    assert.equal((await client.call(sessionsIterate, { id, lease: token })).iterations, 1);
    assert.equal(served, 0);
    await client.call(locksRelease, { token });
    await Promise.all(waiting);
    assert.equal(await client.stop(), 0);
  });
});

describe('a lease that is for another process', { concurrency: 2 }, () => {
  it('outlives the client that acquired it, and ends with that process, at once', async (t) => {
    const a = open(t);
    const id = await begin();
    const agent = sleeper(t);
    const lease = await a.call(locksAcquire, {
      session: id,
      ttlMs: LONG,
      ownerPid: agent.pid,
      name: 'agent',
    });
    assert.equal(lease.owner.pid, agent.pid);
    assert.equal(await a.stop(), 0);
    await assert.rejects(other.call(locksAcquire, { session: id, waitMs: 0 }), {
      ...locked,
      message: new RegExp(`held by agent \\(process ${agent.pid} on`),
    });
    await assert.rejects(other.call(sessionsIterate, { id }), locked);
    await agent.kill();
    const { locks } = await other.call(locksList, {});
    assert.deepEqual(
      locks.filter(({ session }) => session === id).map(({ verdict, reasons }) => [verdict, reasons]),
      [['dead', ['dead-pid']]],
    );
    assert.ok((await other.call(locksAcquire, { session: id, waitMs: 0 })).fence > lease.fence);
    await assert.rejects(other.call(sessionsIterate, { id, lease: lease.token }), locked);
  });

  it('is not renewed by the client that acquired it', async (t) => {
    const id = await begin();
    const agent = sleeper(t);
    const lease = await other.call(locksAcquire, { session: id, ttlMs: 1500, ownerPid: agent.pid });
    const taken = await other.call(locksAcquire, { session: id, waitMs: 60_000 });
    assert.ok(Date.now() >= Date.parse(lease.expiresAt));
    assert.ok(taken.fence > lease.fence);
  });

  it('has to name a process that exists', async (t) => {
    const id = await begin();
    const gone = sleeper(t);
    await gone.kill();
    await assert.rejects(other.call(locksAcquire, { session: id, ownerPid: gone.pid }), {
      rpcCode: -32602,
      code: 'INVALID_PARAMS',
      message: new RegExp(`ownerPid: there is no process ${gone.pid}`),
    });
    assert.ok((await other.call(locksAcquire, { session: id, waitMs: 0 })).fence > 0, 'nobody holds it');
  });

  it('is what a single command has to ask for: its own would end before anyone could use it', async () => {
    const id = await begin();
    const acquire = (params: object) =>
      runCommand(['call', 'locks.acquire', JSON.stringify({ session: id, ...params })], { env });
    const refused = await acquire({});
    assert.deepEqual([refused.code, refused.stdout], [1, '']);
    const error = wireError.parse(JSON.parse(refused.stderr));
    assert.equal(error.code, 'INVALID_PARAMS');
    assert.match(error.message, /ownerPid.*lockstep with-lease/);

    const granted = await acquire({ ownerPid: process.pid, ttlMs: LONG });
    assert.equal(granted.code, 0, granted.stderr);
    const { token } = grant.parse(JSON.parse(granted.stdout));
    await assert.rejects(other.call(sessionsIterate, { id }), locked);
    const written = await runCommand(['call', 'sessions.iterate', '-'], {
      env,
      stdin: JSON.stringify({ id, lease: token }),
    });
    assert.equal(written.code, 0, written.stderr);
    const released = await runCommand(['call', 'locks.release', JSON.stringify({ token })], { env });
    assert.match(released.stdout, /"released": true/);
    assert.equal((await other.call(sessionsIterate, { id })).iterations, 2);
  });
});
