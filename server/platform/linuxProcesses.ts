import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Processes } from './processes.ts';
import { existence } from './signals.ts';

/** `/proc` counts in ticks of 1/100 s on every architecture that Node runs on (USER_HZ, proc(5)). */
const MS_PER_TICK = 10;

export interface LinuxParts {
  /** Where procfs is mounted. */
  readonly proc: string;
  readonly pid: number;
  /** When this program began, in milliseconds since the epoch. */
  readonly began: number;
  readonly now: () => number;
  readonly kill?: (pid: number, signal: 0) => void;
}

/** Processes as procfs shows them. */
export function linuxProcesses(
  { proc, pid: self, began, now, kill }: LinuxParts = {
    proc: '/proc',
    pid: process.pid,
    began: performance.timeOrigin,
    now: Date.now,
  },
): Processes {
  /**
   * A procfs of another pid namespace would tell of other processes under the same numbers. It gives itself away by
   * our own number, and, should that be the same by chance, by listing our numbers in more than one namespace.
   */
  async function isOurs(): Promise<boolean> {
    const [link, status] = await Promise.all([
      orUndefined(readlink(join(proc, 'self'))),
      orUndefined(readFile(join(proc, 'self/status'), 'utf8')),
    ]);
    return link === String(self) && !/^NSpid:\s*\d+\s+\d/m.test(status ?? '');
  }

  async function statOf(pid: number): Promise<ProcessStat | undefined> {
    const stat = await orUndefined(readFile(join(proc, String(pid), 'stat'), 'utf8'));
    return stat === undefined ? undefined : parseStat(stat);
  }

  /**
   * When the system began to count, in milliseconds since the epoch: the earlier of two reckonings, which both can
   * only be late. A program that another one was replaced by (`exec`) begins later than its process; `/proc/uptime` is
   * the container's in some; and a clock that was set forward meanwhile is late in the second. To take a process for
   * older than it is costs nothing but a proof.
   */
  async function zero(): Promise<number | undefined> {
    const asked = now();
    const [own, uptime] = await Promise.all([
      statOf(self),
      orUndefined(readFile(join(proc, 'uptime'), 'utf8')),
    ]);
    const seconds = /^\d+\.\d+(?= )/.exec(uptime ?? '')?.[0];
    const reckoned = [
      ...(own ? [began - Number(own.start) * MS_PER_TICK] : []),
      ...(seconds === undefined ? [] : [asked - Number(seconds) * 1000]),
    ];
    return reckoned.length === 0 ? undefined : Math.min(...reckoned);
  }

  return {
    pid: self,
    async machine() {
      const [bootId, pidNamespace] = await Promise.all([
        orUndefined(readFile(join(proc, 'sys/kernel/random/boot_id'), 'utf8')),
        orUndefined(readlink(join(proc, 'self/ns/pid'))),
      ]);
      return { host: hostname(), bootId: bootId?.trim(), pidNamespace };
    },
    async look(pid) {
      const found = existence(pid, kill);
      if (found === 'gone' || found === 'unknown') return { state: found };
      const isForeign = found === 'foreign';
      const stat = (await isOurs()) ? await statOf(pid) : undefined;
      if (stat === undefined) return { state: 'running', start: undefined, startedAt: undefined, isForeign };
      if (stat.hasEnded) return { state: 'gone' };
      const since = await zero();
      const startedAt = since === undefined ? undefined : since + Number(stat.start) * MS_PER_TICK;
      return { state: 'running', start: stat.start, startedAt, isForeign };
    },
  };
}

interface ProcessStat {
  /** A zombie without threads: nobody has asked yet how it ended. */
  readonly hasEnded: boolean;
  /** Ticks since boot. */
  readonly start: string;
}

/** Format: proc_pid_stat(5). Undefined for what is not one. */
export function parseStat(stat: string): ProcessStat | undefined {
  // Field 2 is the program's name in parentheses; it may hold spaces, line ends and parentheses of its own.
  const fieldsFrom3 = /^\d+ \(.*\) ([A-Za-z] .*)$/s.exec(stat.trimEnd())?.[1]?.split(' ') ?? [];
  const [state, threads, start] = [fieldsFrom3[0], fieldsFrom3[20 - 3], fieldsFrom3[22 - 3]];
  if (threads === undefined || !/^\d+$/.test(threads)) return undefined;
  if (start === undefined || !/^\d+$/.test(start)) return undefined;
  // A program whose first thread has ended looks like a zombie while its other threads go on.
  const hasEnded = state === 'X' || (state === 'Z' && Number(threads) <= 1);
  return { hasEnded, start };
}

async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch {
    return undefined;
  }
}
