import * as vscode from 'vscode';

/** A key that `when` clauses of the manifest look at. Written only when it changes. */
export class ContextKey<T extends string | boolean> {
  readonly #id: string;
  #value: T | undefined;

  constructor(id: string) {
    this.#id = id;
  }

  set(value: T): void {
    if (value === this.#value) return;
    this.#value = value;
    void vscode.commands.executeCommand('setContext', this.#id, value);
  }
}
