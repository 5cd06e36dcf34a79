import * as vscode from 'vscode';
import { ContextKeys } from '../ids.ts';
import { ContextKey } from './contextKey.ts';

const MEMENTO_KEY = 'scope';

/** Whether lists show the sessions of this window's folders, or all. Kept per workspace. */
export class Scope implements vscode.Disposable {
  readonly #state: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #key = new ContextKey<'workspace' | 'all'>(ContextKeys.scope);
  #limited: boolean;

  readonly onDidChange = this.#changed.event;

  constructor(state: vscode.Memento) {
    this.#state = state;
    // All by default: a list that hides sessions unasked is what people complain of most.
    this.#limited = state.get<string>(MEMENTO_KEY) === 'workspace';
    this.#tellContext();
  }

  get isLimited(): boolean {
    return this.#limited;
  }

  async limit(limited: boolean): Promise<void> {
    this.#limited = limited;
    this.#tellContext();
    this.#changed.fire();
    await this.#state.update(MEMENTO_KEY, limited ? 'workspace' : 'all');
  }

  /** Whether a session of this folder is shown. One without a folder always is. */
  holds(folder: string | undefined): boolean {
    if (!this.#limited || folder === undefined) return true;
    return (vscode.workspace.workspaceFolders ?? []).some(({ uri }) => {
      const root = uri.fsPath;
      return (
        folder === root ||
        folder.startsWith(root.endsWith('/') ? root : `${root}/`) ||
        folder.startsWith(`${root}\\`)
      );
    });
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #tellContext(): void {
    this.#key.set(this.#limited ? 'workspace' : 'all');
  }
}
