import { execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
}

/** Runs a program to its end and returns what it printed; a failure carries the same text. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { timeoutMs, ...rest } = options;
  return new Promise((resolve, reject) => {
    const settings = { ...rest, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 };
    execFile(command, [...args], settings, (error, stdout, stderr) => {
      const output = stdout + stderr;
      if (error === null) {
        resolve(output);
      } else {
        const why =
          error.killed === true
            ? `was stopped after ${timeoutMs} ms`
            : `failed (${error.code ?? error.signal})`;
        reject(new Error(`${command} ${args.join(' ')} ${why}\n${output}`, { cause: error }));
      }
    });
  });
}

/**
 * Ends a process started with `detached: true`, and everything it started. Waits until the whole group is gone, so
 * that its files may be deleted afterwards.
 */
export async function endProcessGroup(child: ChildProcess, graceMs = 5_000): Promise<void> {
  if (child.pid === undefined) {
    return;
  }
  const group = child.pid;
  const exited =
    child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit');
  signalGroup(group, 'SIGTERM');
  await Promise.race([exited, delay(graceMs, undefined, { ref: false })]);
  signalGroup(group, 'SIGKILL');
  await exited;
  // Grandchildren are reaped by init, not by us: there is no event to wait for, only the group's disappearance.
  const deadline = Date.now() + graceMs;
  while (signalGroup(group, 0) && Date.now() < deadline) {
    await delay(10);
  }
}

/** False when nothing is left of the group. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') {
      return false;
    }
    throw error;
  }
}
