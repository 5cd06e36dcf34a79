import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const AGENT = fileURLToPath(new URL('./misbehavingAgent.ts', import.meta.url));

/** A command that runs an agent of that behaviour. */
export function misbehaving(behaviour: string, ...args: readonly string[]): [string, ...string[]] {
  return [process.execPath, AGENT, behaviour, ...args];
}

/** The pids of the living processes that have a text in their environment, and another one not, if it is given. */
export function processesWith(text: string, butNot?: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((name) => {
      // Read once: it changes as a whole when another program is begun.
      const environ = read(`/proc/${name}/environ`);
      const isMeant = environ.includes(text) && (butNot === undefined || !environ.includes(butNot));
      return isMeant && isAlive(Number(name));
    })
    .map(Number);
}

/** Ends such processes; one that ends of itself meanwhile is as good. */
export function killAllWith(text: string, butNot?: string): void {
  for (const pid of processesWith(text, butNot)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

/** One that has ended may wait for its parent to notice. */
export function isAlive(pid: number): boolean {
  return /\) [^ZX] /.test(read(`/proc/${pid}/stat`));
}

/** Of a living process. */
export function parentOf(pid: number): number {
  return Number(/\) [A-Z] (\d+)/.exec(read(`/proc/${pid}/stat`))?.[1]);
}

/** The most memory that a process has had so far, in bytes; undefined where it is gone. */
export function peakMemory(pid: number): number | undefined {
  const kib = /^VmHWM:\s*(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

/** How many bytes a process has written so far. */
export function written(pid: number): number {
  return Number(/^wchar: (\d+)/m.exec(read(`/proc/${pid}/io`))?.[1] ?? 0);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
