import { runInNewContext } from 'node:vm';

/** Milliseconds. The pattern is a file's, and may be one that takes for ever. */
const LIMIT_MS = 1000;

/** Whether it matches; a problem, as a sentence that says what to do, where that could not be told. */
export type OutputMatch = { readonly matches: boolean } | { readonly problem: string };

/** Holds an answer against the pattern of `untilOutput`. */
export function matchOutput(pattern: string, output: string): OutputMatch {
  try {
    const matches: unknown = runInNewContext(
      'new RegExp(pattern, "m").test(output)',
      { pattern, output },
      { timeout: LIMIT_MS },
    );
    return { matches: matches === true };
  } catch (error) {
    // An error of the other context, and so no instance of our `Error`.
    const isLate =
      typeof error === 'object' &&
      error !== null &&
      'code' in error &&
      error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    return isLate
      ? { problem: 'untilOutput took too long on this answer: make the pattern simpler.' }
      : { problem: `untilOutput could not be held against this answer: ${String(error)}.` };
  }
}
