import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import type { Method } from '../../server/protocol/method.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const answer = z.looseObject({
  result: z.unknown().optional(),
  error: z.looseObject({ message: z.string() }).optional(),
});

/** The built `lockstep rpc`, asked one thing after the other. */
export class RpcProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #next = 1;

  constructor(env: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, [CLI, 'rpc'], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async call<P extends z.ZodType, R extends z.ZodType>(
    method: Method<P, R>,
    params: z.input<P>,
  ): Promise<z.output<R>> {
    const request = { jsonrpc: '2.0', id: this.#next++, method: method.name, params };
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error('lockstep rpc ended before it answered');
    const { result, error } = answer.parse(JSON.parse(line.value));
    if (error !== undefined) throw new Error(`${method.name}: ${error.message}`);
    return method.result.parse(result);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.stdin?.end();
    await closed;
  }
}
