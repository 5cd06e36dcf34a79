import { constants } from 'node:os';
import type { Disposable } from '../../platform/disposable.ts';

/** That the terminal was closed, or somebody ends this process: the run is nobody's to end by that. */
const LEAVING = ['SIGTERM', 'SIGHUP'] as const;

export interface RunSignalHandlers {
  /** Each Ctrl+C. */
  readonly interrupted: () => void;
  /** With the exit code of a signal that ends this process. */
  readonly leave: (code: number) => void;
}

/**
 * The signals to a command that follows a run, from now on. Until somebody handles them they are kept: one that came
 * while the run was started would end the command, and nobody would know that there is a run.
 */
export class RunSignals implements Disposable {
  readonly #listeners: readonly (readonly [NodeJS.Signals, () => void])[];
  #kept: ((handlers: RunSignalHandlers) => void)[] = [];
  #handlers: RunSignalHandlers | undefined;

  constructor() {
    this.#listeners = [
      ['SIGINT', () => this.#take(({ interrupted }) => interrupted())],
      ...LEAVING.map(
        (name) => [name, () => this.#take(({ leave }) => leave(128 + constants.signals[name]))] as const,
      ),
    ];
    for (const [name, listener] of this.#listeners) process.on(name, listener);
  }

  /** Whether some came that nobody has handled. */
  get areKept(): boolean {
    return this.#kept.length > 0;
  }

  handle(handlers: RunSignalHandlers): void {
    this.#handlers = handlers;
    const kept = this.#kept;
    this.#kept = [];
    for (const tell of kept) tell(handlers);
  }

  dispose(): void {
    for (const [name, listener] of this.#listeners) process.off(name, listener);
  }

  #take(tell: (handlers: RunSignalHandlers) => void): void {
    if (this.#handlers === undefined) this.#kept.push(tell);
    else tell(this.#handlers);
  }
}
