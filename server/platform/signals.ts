import { systemErrorCode } from './systemError.ts';

/** The largest pid of any system we know, a signed 32-bit number. */
export const MAX_PID = 2 ** 31 - 1;

/**
 * Whether a pid is in use, asked with signal 0, which does nothing. `foreign` is EPERM: it is there, and another
 * user's. Never throws. 0 and negative numbers, which name process groups, are `unknown`.
 */
export function existence(
  pid: number,
  kill: (pid: number, signal: 0) => void = (target, signal) => void process.kill(target, signal),
): 'ours' | 'foreign' | 'gone' | 'unknown' {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid > MAX_PID) return 'unknown';
  try {
    kill(pid, 0);
    return 'ours';
  } catch (error) {
    switch (systemErrorCode(error)) {
      case 'ESRCH':
        return 'gone';
      case 'EPERM':
        return 'foreign';
      default:
        return 'unknown';
    }
  }
}

/**
 * A file that may not grow any more is an error of the write, as Node has it, and not the end of this process. Without
 * this it would be: proper-lockfile brings a listener for every signal that can end a process, which lets it do so unless
 * another listens as well.
 */
export function outliveFileSizeLimit(): void {
  process.on('SIGXFSZ', () => undefined);
}
