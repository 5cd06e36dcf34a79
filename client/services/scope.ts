import * as vscode from 'vscode';
import { ContextKeys } from '../ids.ts';
import { ContextKey } from './contextKey.ts';
import { isWithin } from './folder.ts';

const MEMENTO_KEY = 'scope';

/** Whether lists show the sessions of this window's folders, or all. Kept per workspace. */
export class Scope implements vscode.Disposable {
  readonly #state: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #key = new ContextKey<'workspace' | 'all'>(ContextKeys.scope);
  readonly #watch: vscode.Disposable;
  #limited: boolean;

  readonly onDidChange = this.#changed.event;

  constructor(state: vscode.Memento) {
    this.#state = state;
    // All by default: a list that hides sessions unasked is what people complain of most.
    this.#limited = state.get<string>(MEMENTO_KEY) === 'workspace';
    this.#watch = vscode.workspace.onDidChangeWorkspaceFolders(() => this.#changed.fire());
    this.#tellContext();
  }

  get isLimited(): boolean {
    return this.#limited;
  }

  /** The window's own. */
  get folders(): readonly string[] {
    return (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
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
    return this.folders.some((root) => isWithin(folder, root));
  }

  dispose(): void {
    this.#watch.dispose();
    this.#changed.dispose();
  }

  #tellContext(): void {
    this.#key.set(this.#limited ? 'workspace' : 'all');
  }
}
