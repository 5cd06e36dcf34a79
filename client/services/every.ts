import type * as vscode from 'vscode';

/** Does something again and again until it is disposed of. `isDue` is asked each time, so that work can rest. */
export function every(ms: number, isDue: () => boolean, work: () => void): vscode.Disposable {
  const timer = setInterval(() => {
    if (isDue()) work();
  }, ms);
  return { dispose: () => clearInterval(timer) };
}

/** Does something some time after it was asked for, once for all that ask meanwhile. */
export class Soon implements vscode.Disposable {
  readonly #ms: number;
  readonly #work: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isDisposed = false;

  constructor(ms: number, work: () => void) {
    this.#ms = ms;
    this.#work = work;
  }

  ask(): void {
    if (this.#isDisposed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#work();
    }, this.#ms);
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
  }
}
