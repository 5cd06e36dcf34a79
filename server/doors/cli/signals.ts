import { constants } from 'node:os';
import type { Disposable } from '../../platform/disposable.ts';

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Tells of the first signal that asks this process to end, with the exit code that shells give it. */
export function onEndingSignal(listener: (code: number) => void): Disposable {
  const handlers = ENDING.map((name) => [name, () => listener(128 + constants.signals[name])] as const);
  for (const [name, handler] of handlers) process.on(name, handler);
  return {
    dispose: () => {
      for (const [name, handler] of handlers) process.off(name, handler);
    },
  };
}
