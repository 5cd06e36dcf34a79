import { runInNewContext } from 'node:vm';

/** Milliseconds: a pattern that takes longer matches nothing. */
const LIMIT_MS = 1000;

/** Whether an answer matches the pattern of `untilOutput`. The pattern may be one that takes for ever. */
export function matchesOutput(pattern: string, output: string): boolean {
  try {
    return (
      runInNewContext('new RegExp(pattern, "m").test(output)', { pattern, output }, { timeout: LIMIT_MS }) ===
      true
    );
  } catch {
    return false;
  }
}
