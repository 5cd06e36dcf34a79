import { setImmediate } from 'node:timers/promises';

/** Does long work step by step, and lets others have their turn between the steps. */
export async function inTurns<T>(work: Iterator<unknown, T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await setImmediate();
  }
}
