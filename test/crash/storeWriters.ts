import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { sessionsResolve } from '../../server/protocol/openclawMethods.ts';
import { sessionsPatch } from '../../server/protocol/openclawWriteMethods.ts';
import { RpcClient, RpcError } from '../support/rpcClient.ts';
import type { StoreRecord } from './storeRecord.ts';

const WRITER = fileURLToPath(new URL('./storeWriter29.ts', import.meta.url));

/** Each writer has so many entries of its own, which it writes in turn. */
export const KEYS = 8;

/** A time is in milliseconds of the system's monotonic clock. */
const line = z.discriminatedUnion('what', [
  z.object({ what: z.literal('try'), key: z.string(), serial: z.number() }),
  z.object({ what: z.literal('begin'), at: z.number(), stole: z.boolean() }),
  z.object({ what: z.literal('end'), at: z.number(), lost: z.boolean() }),
  z.object({ what: z.literal('done'), key: z.string(), serial: z.number() }),
  z.object({ what: z.literal('timeout') }),
]);
export type WriterLine = z.output<typeof line>;

/** A process that writes until it is killed. */
export interface StoreWriting {
  readonly pid: number;
  readonly kind: 'lockstep' | 'gateway';
  /** It has begun to write. */
  readonly isUp: boolean;
  kill(): Promise<void>;
}

export interface WriterPlace {
  readonly t: Pick<TestContext, 'after'>;
  /** Absolute path of the state directory. */
  readonly stateDir: string;
  readonly storePath: string;
  readonly home: string;
  readonly record: StoreRecord;
}

/** One that follows the protocol of OpenClaw 2026.2.9. */
export class GatewayWriting implements StoreWriting {
  readonly kind = 'gateway';
  isUp = false;
  readonly #child: ChildProcess;
  readonly #read: Promise<void>;

  constructor({ t, storePath, record }: WriterPlace, slot: string) {
    const args = [WRITER, storePath, slot, String(KEYS), String(record.nextSerial(slot))];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => this.kill());
    this.#read = this.#follow(slot, record);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async #follow(slot: string, record: StoreRecord): Promise<void> {
    const { stdout, pid = 0 } = this.#child;
    if (stdout === null) throw new Error('no output');
    let trying = { key: '', since: 0 };
    for await (const text of createInterface({ input: stdout })) {
      const said = line.parse(JSON.parse(text));
      this.isUp = true;
      if (said.what === 'try') {
        record.tried(slot, said.key, said.serial);
        trying = { key: said.key, since: record.now() };
      } else if (said.what === 'begin') {
        record.sectionBegan(pid, said.at, said.stole);
      } else if (said.what === 'end') {
        record.sectionEnded(pid, said.at, said.lost);
      } else if (said.what === 'done') {
        record.acknowledged('gateway', said.key, said.serial, trying.since);
      } else {
        record.figures.gatewayTimeouts++;
      }
    }
    record.died(pid);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await ended;
    }
    await this.#read;
  }
}

/** A real `lockstep rpc --source openclaw:<dir>`. */
export class LockstepWriting implements StoreWriting {
  readonly kind = 'lockstep';
  isUp = false;
  readonly #client: RpcClient;
  readonly #driven: Promise<void>;
  #isEnding = false;

  constructor({ t, stateDir, home, record }: WriterPlace, slot: string) {
    this.#client = new RpcClient(t, home, {
      args: ['--source', `openclaw:${stateDir}`],
      env: { HOME: home, NODE_COMPILE_CACHE: `${home}/compiled` },
    });
    this.#driven = this.#drive(slot, record);
  }

  get pid(): number {
    return this.#client.child.pid ?? 0;
  }

  async #drive(slot: string, record: StoreRecord): Promise<void> {
    // To start takes far longer than a write, and most would be killed before the first.
    await this.#client.call(sessionsResolve, { key: 'main' }).catch(() => undefined);
    this.isUp = true;
    while (!this.#isEnding) {
      const serial = record.nextSerial(slot);
      const key = `agent:main:${slot}-${serial % KEYS}`;
      record.tried(slot, key, serial);
      const since = record.now();
      try {
        await this.#client.call(sessionsPatch, { key, label: `${key} ${serial}` });
        record.acknowledged('lockstep', key, serial, since);
      } catch (error) {
        if (error instanceof RpcError) record.refused(key, serial, String(error.code), error.message);
        else if (!this.#isEnding) record.faults.push(`${slot} ended by itself: ${String(error)}`);
        else return;
      }
      await delay(Math.random() * 10);
    }
  }

  async kill(): Promise<void> {
    this.#isEnding = true;
    await this.#client.kill();
    await this.#driven;
  }
}
