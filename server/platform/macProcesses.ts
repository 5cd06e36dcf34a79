import { execFile } from 'node:child_process';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import type { Processes } from './processes.ts';
import { existence } from './signals.ts';

/** What a program printed; rejects where it could not be run, failed, or took too long. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<string>;

const runProgram: RunProgram = async (program, args) => {
  const { stdout } = await promisify(execFile)(program, args, {
    timeout: 2000,
    // Else `ps` tells times in the user's language and time zone, and they change with these.
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  });
  return stdout;
};

/** Processes as `ps` shows them; `kern.bootsessionuuid` names the run of the kernel. macOS has no pid namespaces. */
export function macProcesses(
  run: RunProgram = runProgram,
  kill?: (pid: number, signal: 0) => void,
): Processes {
  return {
    pid: process.pid,
    async machine() {
      const bootId = await run('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid']).catch(() => '');
      return {
        host: hostname(),
        bootId: bootId.trim() === '' ? undefined : bootId.trim(),
        pidNamespace: 'none',
      };
    },
    async look(pid) {
      const found = existence(pid, kill);
      if (found === 'gone' || found === 'unknown') return { state: found };
      const line = await run('/bin/ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => '');
      const [, state, rest = ''] = /^([A-Z]\S*)(?:\s+(.*))?$/.exec(line.trim()) ?? [];
      if (state?.startsWith('Z') === true) return { state: 'gone' };
      const startedAt = /^\w{3} +\w{3} +\d+ [\d:]{8} \d{4}$/.test(rest) ? Date.parse(`${rest} UTC`) : NaN;
      const times = Number.isNaN(startedAt)
        ? { start: undefined, startedAt: undefined }
        : { start: rest, startedAt };
      return { state: 'running', ...times, isForeign: found === 'foreign' };
    },
  };
}
