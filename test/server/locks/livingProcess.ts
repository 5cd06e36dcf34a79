import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

/** A process that does nothing but live. Ends with the test, if not before. */
export class LivingProcess {
  readonly pid: number;
  readonly #child: ChildProcess;

  constructor(t: Pick<TestContext, 'after'>) {
    // Its input ends with this process, and so does it.
    this.#child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('cat could not be started');
    this.pid = pid;
    t.after(() => this.kill());
  }

  /** Gone when this is through: killed, and reaped by this process. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** A number that no process has. Linux does not give it out again before all others were. */
export async function deadPid(): Promise<number> {
  const child = spawn('true', { stdio: 'ignore' });
  const { pid } = child;
  if (pid === undefined) throw new Error('true could not be started');
  await once(child, 'exit');
  return pid;
}
