import { constants } from 'node:os';
import type { Disposable } from '../../platform/disposable.ts';

/** That the terminal was closed, or somebody ends this process: the run is nobody's to end by that. */
const LEAVING = ['SIGTERM', 'SIGHUP'] as const;

/** Tells each Ctrl+C, and the exit code of the signals that end this process. */
export function onRunSignal(interrupted: () => void, leave: (code: number) => void): Disposable {
  const handlers: [NodeJS.Signals, () => void][] = [
    ['SIGINT', interrupted],
    ...LEAVING.map((name): [NodeJS.Signals, () => void] => [
      name,
      () => leave(128 + constants.signals[name]),
    ]),
  ];
  for (const [name, handler] of handlers) process.on(name, handler);
  return {
    dispose: () => {
      for (const [name, handler] of handlers) process.off(name, handler);
    },
  };
}
