import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  locksAcquire,
  locksClean,
  locksRelease,
  locksRenew,
  type CleanResult,
  type Grant,
} from '../../server/protocol/lockMethods.ts';
import type { Method } from '../../server/protocol/method.ts';
import { sessionsAddEvent } from '../../server/protocol/sessionHistoryMethods.ts';
import { sessionsIterate } from '../../server/protocol/sessionLifecycleMethods.ts';
import { RpcClient } from '../support/rpcClient.ts';
import type * as z from 'zod';
import type { Agent } from './agents.ts';
import type { AcquireCall, ReleaseCall, RenewCall } from './leaseHistory.ts';
import { ProcessGone, type Recorder } from './recorder.ts';

/** Of a process under test, which meets no files of the user's. */
export function environment(home: string): NodeJS.ProcessEnv {
  return {
    HOME: home,
    // Half of the time that a start takes; filled by the first process that ends by itself.
    NODE_COMPILE_CACHE: join(home, 'compiled'),
    // Cleaners that are stopped hold up others; a round need not wait for that.
    LOCKSTEP_LOCK_WAIT_MS: '2000',
  };
}

export interface AcquireOptions {
  readonly ttlMs: number;
  readonly waitMs: number;
  /** The process that the lease is for, if not the worker. */
  readonly agent: Agent | undefined;
}

/** A `lockstep rpc` process that can be killed at any time, and every call that is made to it. */
export class Worker {
  readonly name: string;
  readonly #client: RpcClient;
  readonly #recorder: Recorder;
  #stderr = '';
  #isEnding = false;
  #isGone = false;

  constructor(t: Pick<TestContext, 'after'>, home: string, name: string, recorder: Recorder) {
    this.name = name;
    this.#recorder = recorder;
    this.#client = new RpcClient(t, home, { env: environment(home) });
    const { child } = this.#client;
    child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (this.#stderr = (this.#stderr + text).slice(-2000)));
    child.on('close', (code, signal) => {
      this.#isGone = true;
      if (this.#isEnding && (code === 0 || signal === 'SIGKILL')) return;
      recorder.faults.push(`${name} ended with ${signal ?? code}: ${this.#stderr}`);
    });
  }

  get isAlive(): boolean {
    return !this.#isEnding && !this.#isGone;
  }

  acquire(session: string, { ttlMs, waitMs, agent }: AcquireOptions): Promise<Grant | undefined> {
    const owner = agent?.name ?? this.name;
    return this.#recorder.follow<AcquireCall, Grant>(
      { kind: 'acquire', session, owner, ttlMs, begin: Date.now() },
      this.#call(locksAcquire, {
        session,
        ttlMs,
        waitMs,
        name: owner,
        ...(agent ? { ownerPid: agent.pid } : {}),
      }),
      (call, { fence, expiresAt }) => (call.granted = { fence, expiresAt: Date.parse(expiresAt) }),
    );
  }

  renew({ session, token, fence }: Grant, ttlMs: number | undefined): Promise<Grant | undefined> {
    return this.#recorder.follow<RenewCall, Grant>(
      { kind: 'renew', session, fence, ttlMs, begin: Date.now() },
      this.#call(locksRenew, { token, ttlMs }),
      (call, { expiresAt }) => (call.renewed = { expiresAt: Date.parse(expiresAt) }),
    );
  }

  async release({ session, token, fence }: Grant): Promise<void> {
    await this.#recorder.follow<ReleaseCall, { released: boolean }>(
      { kind: 'release', session, fence, begin: Date.now() },
      this.#call(locksRelease, { token }),
      (call, { released }) => (call.released = released),
    );
  }

  /** A write that says in the session's history which it is, and under which fence it was made. */
  async write(
    session: string,
    lease: Grant | undefined,
    method: typeof sessionsIterate | typeof sessionsAddEvent,
  ): Promise<void> {
    const write = this.#recorder.nameWrite();
    const data = { write, ...(lease ? { fence: lease.fence } : {}) };
    const params = { id: session, lease: lease?.token, data };
    await this.#recorder.follow(
      { kind: 'write', session, fence: lease?.fence, write, begin: Date.now() },
      method === sessionsAddEvent
        ? this.#call(sessionsAddEvent, { ...params, type: 'work' })
        : this.#call(sessionsIterate, params),
      () => undefined,
    );
  }

  /** Undefined where another cleaner was in the way. */
  async clean(roots: string[]): Promise<CleanResult | undefined> {
    try {
      return await this.#call(locksClean, { roots, dryRun: false });
    } catch (error) {
      if (error instanceof ProcessGone) throw error;
      this.#recorder.refusal('clean', error);
      return undefined;
    }
  }

  kill(): Promise<void> {
    this.#isEnding = true;
    this.#recorder.deaths.set(this.name, Date.now());
    return this.#client.kill();
  }

  stop(): void {
    this.#client.child.kill('SIGSTOP');
  }

  go(): void {
    this.#client.child.kill('SIGCONT');
  }

  /** Lets it end by itself, which gives its leases back. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#recorder.deaths.set(this.name, Date.now());
    await this.#client.stop();
  }

  async #call<P extends z.ZodType, R extends z.ZodType>(
    method: Method<P, R>,
    params: z.input<P>,
  ): Promise<z.output<R>> {
    if (this.#isGone) throw new ProcessGone(this.name);
    try {
      return await this.#client.call(method, params);
    } catch (error) {
      throw error instanceof Error && error.message === 'the server ended'
        ? new ProcessGone(this.name)
        : error;
    }
  }
}
