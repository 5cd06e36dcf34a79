import * as vscode from 'vscode';
import { Commands, StatusBarItems, Views } from '../ids.ts';
import { CallError } from '../services/callError.ts';
import type { LockstepServer } from '../services/lockstepServer.ts';
import type { SessionModel } from '../services/sessionModel.ts';

/** The one status-bar item: the server's state, and how many sessions are active and paused. */
export class StatusBar implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  readonly #server: LockstepServer;
  readonly #sessions: SessionModel;
  readonly #disposables: { dispose(): void }[];

  constructor(server: LockstepServer, sessions: SessionModel) {
    this.#server = server;
    this.#sessions = sessions;
    this.#item = vscode.window.createStatusBarItem(StatusBarItems.status, vscode.StatusBarAlignment.Left);
    this.#item.name = vscode.l10n.t('Lockstep');
    const draw = () => this.#draw();
    this.#disposables = [this.#item, server.onDidChangeState(draw), sessions.onDidChange(draw)];
    this.#draw();
    this.#item.show();
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #draw(): void {
    const { error } = this.#sessions;
    this.#item.backgroundColor = undefined;
    this.#item.command = `${Views.sessions}.focus`;
    if (
      this.#server.state === 'starting' ||
      (this.#server.state === 'running' && !this.#sessions.isLoaded && !error)
    ) {
      this.#set('$(loading~spin) Lockstep', vscode.l10n.t('Lockstep is starting'));
    } else if (this.#server.state === 'down') {
      this.#item.backgroundColor = new vscode.ThemeColor('statusBarItem.errorBackground');
      this.#item.command = Commands.restartServer;
      this.#set(
        '$(error) Lockstep',
        vscode.l10n.t('The Lockstep server is not running. Click to restart it.'),
      );
    } else if (error instanceof CallError) {
      this.#item.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
      this.#set('$(warning) Lockstep', `${vscode.l10n.t(error.wire.title)}: ${error.wire.message}`);
    } else {
      const active = this.#sessions.count('active');
      const paused = this.#sessions.count('paused');
      const words = vscode.l10n.t('Lockstep: {0} active, {1} paused', active, paused);
      this.#set(`Lockstep $(play-circle) ${active} $(debug-pause) ${paused}`, words);
    }
  }

  #set(text: string, words: string): void {
    this.#item.text = text;
    this.#item.tooltip = words;
    this.#item.accessibilityInformation = { label: words };
  }
}
