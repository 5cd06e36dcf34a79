import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long work goes on before others get their turn, in milliseconds. */
const TURN_MS = 8;

/** Called between small pieces of long work; gives a promise to wait for when it is time to let others in. */
export type Pace = () => Promise<void> | undefined;

export function pacer(): Pace {
  let since = performance.now();
  return () => {
    if (performance.now() - since < TURN_MS) return undefined;
    return nextTurn().then(() => {
      since = performance.now();
    });
  };
}
