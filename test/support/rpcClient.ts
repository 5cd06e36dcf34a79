import type { ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import type { TestContext } from 'node:test';
import * as z from 'zod';
import type { Method } from '../../server/protocol/method.ts';
import { spawnCommand, type RunOptions } from './command.ts';

const message = z.looseObject({
  id: z.number().nullish(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z
    .looseObject({ code: z.number(), message: z.string(), data: z.looseObject({}).optional() })
    .optional(),
});

export class RpcError extends Error {
  readonly rpcCode: number;
  readonly data: Record<string, unknown>;
  /** Of the wire error, so that `assert.rejects(..., { code })` reads well. */
  readonly code: unknown;

  constructor(error: { code: number; message: string; data?: Record<string, unknown> | undefined }) {
    super(error.message);
    this.rpcCode = error.code;
    this.data = error.data ?? {};
    this.code = this.data['code'];
  }
}

/** A real `lockstep rpc` process and a client for it. */
export class RpcClient {
  readonly child: ChildProcess;
  /** Emits `method` with the params of each notification. */
  readonly notifications = new EventEmitter();
  /** Answers without an id, such as those to lines that are no requests. */
  readonly strays: unknown[] = [];
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  #next = 1;
  #rest = '';

  /** Ends with the test, if not before. */
  constructor(
    context: Pick<TestContext, 'after'>,
    home: string,
    { args = [], ...options }: RunOptions & { readonly args?: readonly string[] } = {},
  ) {
    context.after(() => this.kill());
    this.child = spawnCommand(['rpc', ...args], { ...options, env: { LOCKSTEP_HOME: home, ...options.env } });
    this.child.stderr?.resume();
    this.child.stdin?.on('error', () => undefined);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
    });
    this.child.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the server ended'));
      this.#waiting.clear();
    });
  }

  async call<P extends z.ZodType, R extends z.ZodType>(
    method: Method<P, R>,
    params: z.input<P>,
  ): Promise<z.output<R>> {
    return method.result.parse(await this.request(method.name, params));
  }

  request(method: string, params: unknown): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
  }

  write(text: string): void {
    this.child.stdin?.write(text);
  }

  /** Closes its input and waits for it to end by itself. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const closed = once(this.child, 'close');
    this.child.stdin?.end();
    await closed;
    return this.child.exitCode;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const closed = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await closed;
  }

  #take(line: string): void {
    const { id, method, params, result, error } = message.parse(JSON.parse(line));
    if (method !== undefined) {
      this.notifications.emit(method, params);
      return;
    }
    const waiter = typeof id === 'number' ? this.#waiting.get(id) : undefined;
    if (!waiter || typeof id !== 'number') {
      this.strays.push(error ?? result);
      this.notifications.emit('stray', error ?? result);
      return;
    }
    this.#waiting.delete(id);
    if (error) waiter.reject(new RpcError(error));
    else waiter.resolve(result);
  }
}
