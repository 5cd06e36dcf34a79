import { readFileSync } from 'node:fs';
import { systemErrorCode } from './systemError.ts';

/**
 * Whether the process that once had a pid is still the one that has it. Three values, since "cannot tell" must be
 * mistaken neither for alive (a pid is given again) nor for dead (a process of another user refuses signals).
 */
export type ProcessVerdict = 'alive' | 'dead' | 'unverifiable';

/** `start` is what {@link processStart} gave for the process while it was known to be the right one. */
export type ProcessProbe = (pid: number, start: string | undefined) => ProcessVerdict;

/**
 * When a process began, as Linux has it: field 22 of `/proc/<pid>/stat`, in clock ticks since boot. Undefined where
 * there is no such process, where it has ended and only its entry is left (a zombie), and on other systems.
 */
export function processStart(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // Field 2 is the program's name in parentheses; it may hold spaces and parentheses of its own.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  return state === 'Z' || state === 'X' ? undefined : fields[19];
}

function refusesToExist(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return systemErrorCode(error) === 'ESRCH'; // EPERM: it is there, and not ours
  }
}

/** Never throws. Only Linux can say `alive`; elsewhere a pid in use is `unverifiable`. */
export const isSameProcess: ProcessProbe = (pid, start) => {
  // 0 and negative numbers name process groups.
  if (!Number.isSafeInteger(pid) || pid <= 0 || refusesToExist(pid)) return 'dead';
  if (process.platform !== 'linux') return 'unverifiable';
  const current = processStart(pid);
  if (current === undefined) return isZombie(pid) ? 'dead' : 'unverifiable';
  if (start === undefined) return 'unverifiable';
  return current === start ? 'alive' : 'dead';
};

function isZombie(pid: number): boolean {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false; // `/proc` may be mounted so that it hides other users' processes
  }
}
