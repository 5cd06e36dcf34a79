import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import type { Time } from './leaseHistory.ts';

/** A process that does nothing but live, for locks to be owned by. */
export class Agent {
  readonly name: string;
  readonly pid: number;
  /** The moment before it was killed. */
  diedAt: Time | undefined;
  readonly #child: ChildProcess;

  constructor(t: Pick<TestContext, 'after'>, name: string) {
    this.name = name;
    // Its input ends with this process, and so does it.
    this.#child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('cat could not be started');
    this.pid = pid;
    t.after(() => this.#child.kill('SIGKILL'));
  }

  stop(): void {
    this.#child.kill('SIGSTOP');
  }

  async kill(): Promise<void> {
    if (this.diedAt !== undefined) return;
    this.diedAt = Date.now();
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
