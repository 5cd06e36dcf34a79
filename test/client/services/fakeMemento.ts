import type * as vscode from 'vscode';

/** What VS Code keeps for an extension, in memory. */
export function fakeMemento(content: Readonly<Record<string, unknown>> = {}): vscode.Memento {
  const values = new Map(Object.entries(content));
  return {
    keys: () => [...values.keys()],
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type is the caller's word, as in VS Code
    get: <T>(key: string, otherwise?: T) => (values.has(key) ? values.get(key) : otherwise) as T,
    update: (key, value) => {
      // A copy, as from a disk.
      values.set(key, structuredClone(value));
      return Promise.resolve();
    },
  };
}
