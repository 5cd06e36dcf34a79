import { readFileSync } from 'node:fs';
import { systemErrorCode } from './systemError.ts';

/**
 * Whether the process that once had a pid is still the one that has it. Three values, since "cannot tell" must be
 * mistaken neither for alive (a pid is given again) nor for dead (a process of another user refuses signals).
 */
export type ProcessVerdict = 'alive' | 'dead' | 'unverifiable';

/** `start` is what {@link processStart} gave for the process while it was known to be the right one. */
export type ProcessProbe = (pid: number, start: string | undefined) => ProcessVerdict;

/** From `/proc/<pid>/stat`; undefined where there is no such process, or it is hidden, and on other systems. */
function processStat(pid: number): { ended: boolean; start: string | undefined } | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // Field 2 is the program's name in parentheses; it may hold spaces and parentheses of its own.
  const fieldsFrom3 = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fieldsFrom3[0];
  return { ended: state === 'Z' || state === 'X', start: fieldsFrom3[22 - 3] };
}

/** When a process began, as Linux has it: clock ticks since boot. Undefined where that cannot be read. */
export function processStart(pid: number): string | undefined {
  return processStat(pid)?.start;
}

function isGone(pid: number): boolean {
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
  if (!Number.isSafeInteger(pid) || pid <= 0 || isGone(pid)) return 'dead';
  const stat = processStat(pid);
  if (stat?.ended === true) return 'dead';
  if (stat?.start === undefined || start === undefined) return 'unverifiable';
  return stat.start === start ? 'alive' : 'dead';
};
