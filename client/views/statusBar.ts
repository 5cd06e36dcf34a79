import * as vscode from 'vscode';
import { Commands, StatusBarItems } from '../ids.ts';
import { CallError } from '../services/callError.ts';
import type { LockstepServer } from '../services/lockstepServer.ts';
import type { HealthModel } from '../services/healthModel.ts';
import type { LockModel } from '../services/lockModel.ts';
import type { SessionModel } from '../services/sessionModel.ts';

export interface StatusBarParts {
  readonly server: LockstepServer;
  readonly sessions: SessionModel;
  readonly locks: LockModel;
  readonly health: HealthModel;
}

/** The one status-bar item: the server's state and health, active and paused sessions, stale locks. Opens the menu. */
export class StatusBar implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  readonly #parts: StatusBarParts;
  readonly #disposables: { dispose(): void }[];

  constructor(parts: StatusBarParts) {
    this.#parts = parts;
    this.#item = vscode.window.createStatusBarItem(StatusBarItems.status, vscode.StatusBarAlignment.Left);
    this.#item.name = vscode.l10n.t('Lockstep');
    const draw = () => this.#draw();
    const { server, sessions, locks, health } = parts;
    this.#disposables = [
      this.#item,
      server.onDidChangeState(draw),
      sessions.onDidChange(draw),
      locks.onDidChange(draw),
      health.onDidChange(draw),
    ];
    this.#draw();
    this.#item.show();
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #draw(): void {
    const { server, sessions } = this.#parts;
    const { error } = sessions;
    this.#item.backgroundColor = undefined;
    this.#item.command = Commands.showMenu;
    if (server.state === 'starting' || (server.state === 'running' && !sessions.isLoaded && !error)) {
      this.#set('$(loading~spin) Lockstep', vscode.l10n.t('Lockstep is starting'));
    } else if (server.state === 'down') {
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
      this.#drawCounts();
    }
  }

  #drawCounts(): void {
    const { sessions, locks, health } = this.#parts;
    const [active, paused, stale] = [sessions.count('active'), sessions.count('paused'), locks.staleCount];
    const status = health.health?.status ?? 'healthy';
    // Stale locks are told of by their number: they are no reason for alarm.
    const troubles = Object.entries(health.health?.checks ?? {}).filter(
      ([name, check]) => name !== 'locks' && check.status !== 'healthy',
    );
    const icon = troubles.length > 0 ? '$(warning) ' : '';
    if (troubles.length > 0)
      this.#item.backgroundColor = new vscode.ThemeColor(
        status === 'unhealthy' ? 'statusBarItem.errorBackground' : 'statusBarItem.warningBackground',
      );
    const lines = [
      vscode.l10n.t('Lockstep: {0} active, {1} paused', active, paused),
      ...(stale === 0
        ? []
        : [stale === 1 ? vscode.l10n.t('1 stale lock') : vscode.l10n.t('{0} stale locks', stale)]),
      ...(troubles.length === 0
        ? [vscode.l10n.t('Health: all is well')]
        : troubles.map(([, check]) => check.message)),
    ];
    const locked = stale === 0 ? '' : ` $(unlock) ${stale}`;
    this.#set(`${icon}Lockstep $(play-circle) ${active} $(debug-pause) ${paused}${locked}`, lines.join('\n'));
  }

  #set(text: string, words: string): void {
    this.#item.text = text;
    this.#item.tooltip = words;
    this.#item.accessibilityInformation = { label: words };
  }
}
