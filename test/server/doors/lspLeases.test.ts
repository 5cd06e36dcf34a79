import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';
import type * as z from 'zod';
import { locksAcquire, locksRelease } from '../../../server/protocol/lockMethods.ts';
import type { Method } from '../../../server/protocol/method.ts';
import { sessionsIterate, sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { renewed } from '../../support/leaseTables.ts';
import { RpcClient } from '../../support/rpcClient.ts';

const MAIN = fileURLToPath(new URL('../../../server/main.ts', import.meta.url));
const LONG = 600_000;
const locked = { code: 'SESSION_LOCKED' };

const home = await mkdtemp(join(tmpdir(), 'lockstep-test-'));
/** Somebody else who uses the store. */
const other = new RpcClient({ after: () => undefined }, home, { env: { HOME: home } });
after(async () => {
  await other.kill();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

/** A real language server and its client, and a session. */
async function connect(t: TestContext) {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, HOME: home, LOCKSTEP_HOME: home },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  connection.listen();
  await connection.sendRequest('initialize', { processId: process.pid, rootUri: null, capabilities: {} });
  await connection.sendNotification('initialized', {});
  const call = async <P extends z.ZodType, R extends z.ZodType>(
    method: Method<P, R>,
    params: z.input<P>,
  ): Promise<z.output<R>> =>
    method.result.parse(await connection.sendRequest(`lockstep/${method.name}`, params));
  const { id } = await other.call(sessionsStart, { task: 't', mode: 'm' });
  return { child, connection, call, id };
}

describe('leases of a client of the language server', { concurrency: 3 }, () => {
  it('are renewed while it is connected, and released by shutdown', async (t) => {
    const { child, connection, call, id } = await connect(t);
    const { token, fence, owner, expiresAt } = await call(locksAcquire, { session: id, ttlMs: 1500 });
    assert.equal(owner.pid, child.pid);
    await renewed(home, id, expiresAt);
    await assert.rejects(other.call(locksAcquire, { session: id, waitMs: 0 }), locked);
    assert.equal((await call(sessionsIterate, { id, lease: token })).iterations, 1);
    await connection.sendRequest('shutdown');
    // The process is still there: the lease was released, not taken from the dead.
    assert.equal(child.exitCode, null);
    assert.equal((await other.call(sessionsIterate, { id })).iterations, 2);
    assert.ok((await other.call(locksAcquire, { session: id, waitMs: 0 })).fence > fence);
    const exited = once(child, 'exit');
    await connection.sendNotification('exit');
    assert.deepEqual(await exited, [0, null]);
  });

  it('that are granted after shutdown are given back at once', async (t) => {
    const { connection, call, id } = await connect(t);
    const held = await other.call(locksAcquire, { session: id, ttlMs: LONG });
    const late = call(locksAcquire, { session: id, ttlMs: LONG, waitMs: 60_000 });
    await connection.sendRequest('shutdown');
    await other.call(locksRelease, { token: held.token });
    const { token } = await late;
    const next = await other.call(locksAcquire, { session: id, waitMs: 60_000 });
    assert.ok(next.fence > held.fence + 1);
    await assert.rejects(other.call(sessionsIterate, { id, lease: token }), locked);
  });

  it('that are waited for block no other call', async (t) => {
    const { call, id } = await connect(t);
    const held = await other.call(locksAcquire, { session: id, ttlMs: LONG });
    let served = 0;
    const waiting = Array.from({ length: 30 }, async () => {
      const { token } = await call(locksAcquire, { session: id, ttlMs: LONG, waitMs: 60_000 });
      served++;
      await call(locksRelease, { token });
    });
    await assert.rejects(call(sessionsIterate, { id }), /is held by/);
    assert.equal((await call(sessionsStart, { task: 't', mode: 'm' })).status, 'active');
    assert.equal(served, 0);
    await other.call(locksRelease, { token: held.token });
    await Promise.all(waiting);
  });

  it('end with its process, at once', async (t) => {
    const { child, call, id } = await connect(t);
    const { token, fence } = await call(locksAcquire, { session: id, ttlMs: LONG });
    await assert.rejects(other.call(sessionsIterate, { id }), locked);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    assert.ok((await other.call(locksAcquire, { session: id, waitMs: 0 })).fence > fence);
    await assert.rejects(other.call(sessionsIterate, { id, lease: token }), locked);
  });

  it('end when its client goes without a word', async (t) => {
    const { child, connection, call, id } = await connect(t);
    const { fence } = await call(locksAcquire, { session: id, ttlMs: LONG });
    const exited = once(child, 'exit');
    connection.dispose();
    child.stdin.destroy();
    await exited;
    assert.ok((await other.call(locksAcquire, { session: id, waitMs: 0 })).fence > fence);
  });

  it('are lost to a server that was stopped for too long, which goes on after it wakes', async (t) => {
    const { child, connection, call, id } = await connect(t);
    const told = new Promise<void>((resolve) => {
      connection.onNotification('window/logMessage', (message: unknown) => {
        if (JSON.stringify(message).includes('A lease could not be renewed')) resolve();
      });
    });
    const { token } = await call(locksAcquire, { session: id, ttlMs: 1500 });
    child.kill('SIGSTOP');
    const next = await other.call(locksAcquire, { session: id, waitMs: 60_000, ttlMs: LONG });
    child.kill('SIGCONT');
    await assert.rejects(call(sessionsIterate, { id, lease: token }), /is gone/);
    await told;
    assert.equal((await other.call(sessionsIterate, { id, lease: next.token })).iterations, 1);
    await connection.sendRequest('shutdown');
    const exited = once(child, 'exit');
    await connection.sendNotification('exit');
    assert.deepEqual(await exited, [0, null]);
  });
});
