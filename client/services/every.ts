import type * as vscode from 'vscode';

/** Does something again and again until it is disposed of. `isDue` is asked each time, so that work can rest. */
export function every(ms: number, isDue: () => boolean, work: () => void): vscode.Disposable {
  const timer = setInterval(() => {
    if (isDue()) work();
  }, ms);
  return { dispose: () => clearInterval(timer) };
}
