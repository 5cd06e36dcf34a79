import * as vscode from 'vscode';
import { Commands, StatusBarItems } from '../ids.ts';
import type { HealthCheck } from '../../server/protocol/healthMethods.ts';
import { CallError } from '../services/callError.ts';
import type { LockstepServer } from '../services/lockstepServer.ts';
import type { HealthModel } from '../services/healthModel.ts';
import type { LockModel } from '../services/lockModel.ts';
import { wireOf } from '../services/notifications.ts';
import { revealBidi } from '../services/plainText.ts';
import type { RunModel } from '../services/runModel.ts';
import { isAtWork, waitsForPerson } from '../services/runStates.ts';
import type { SessionModel } from '../services/sessionModel.ts';
import { healthLabel } from './doctorReport.ts';

export interface StatusBarParts {
  readonly server: LockstepServer;
  readonly sessions: SessionModel;
  readonly locks: LockModel;
  readonly health: HealthModel;
  readonly runs: RunModel;
}

/** What is wrong, as sentences. Stale locks are told of by their number: they are no reason for alarm. */
function troublesOf({ health, error }: HealthModel): string[] {
  if (error !== undefined) return [vscode.l10n.t('Health cannot be told: {0}', wireOf(error).message)];
  return Object.entries(health?.checks ?? {})
    .filter(([name, { status, details }]) => {
      const onlyStale = name === 'locks' && (details['stale'] ?? 0) !== 0 && !hasProblems(details);
      return status !== 'healthy' && !onlyStale;
    })
    .map(([, { message }]) => message);
}

function hasProblems({ problems }: HealthCheck['details']): boolean {
  return Array.isArray(problems) && problems.length > 0;
}

/**
 * The one status-bar item: the server's state and health, active and paused sessions, runs that wait for a person, stale
 * locks. Opens the menu.
 */
export class StatusBar implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  readonly #parts: StatusBarParts;
  readonly #disposables: { dispose(): void }[];

  constructor(parts: StatusBarParts) {
    this.#parts = parts;
    this.#item = vscode.window.createStatusBarItem(StatusBarItems.status, vscode.StatusBarAlignment.Left);
    this.#item.name = vscode.l10n.t('Lockstep');
    const draw = () => this.#draw();
    const { server, sessions, locks, health, runs } = parts;
    this.#disposables = [
      this.#item,
      server.onDidChangeState(draw),
      sessions.onDidChange(draw),
      locks.onDidChange(draw),
      health.onDidChange(draw),
      runs.onDidChange(draw),
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
    const { sessions, locks, health, runs } = this.#parts;
    const atWork = runs.runs.filter(isAtWork).length;
    const waiting = runs.runs.filter(waitsForPerson).length;
    const [active, paused, stale] = [sessions.count('active'), sessions.count('paused'), locks.staleCount];
    const troubles = troublesOf(health);
    const icon = troubles.length > 0 ? '$(warning) ' : '';
    if (troubles.length > 0) {
      const works = health.health?.status !== 'unhealthy';
      this.#item.backgroundColor = new vscode.ThemeColor(
        works ? 'statusBarItem.warningBackground' : 'statusBarItem.errorBackground',
      );
    }
    const lines = [
      vscode.l10n.t('Lockstep: {0} active, {1} paused', active, paused),
      ...(atWork + waiting === 0
        ? []
        : [vscode.l10n.t('Runs: {0} at work, {1} wait for you', atWork, waiting)]),
      ...(stale === 0
        ? []
        : [stale === 1 ? vscode.l10n.t('1 stale lock') : vscode.l10n.t('{0} stale locks', stale)]),
      ...(health.health === undefined && troubles.length === 0
        ? [vscode.l10n.t('Health: not known yet')]
        : troubles.length === 0
          ? [vscode.l10n.t('Health: {0}', healthLabel('healthy'))]
          : troubles.map(revealBidi)),
    ];
    const locked = stale === 0 ? '' : ` $(unlock) ${stale}`;
    const asked = waiting === 0 ? '' : ` $(bell-dot) ${waiting}`;
    this.#set(
      `${icon}Lockstep $(play-circle) ${active} $(debug-pause) ${paused}${asked}${locked}`,
      lines.join('\n'),
    );
  }

  #set(text: string, words: string): void {
    this.#item.text = text;
    this.#item.tooltip = words;
    this.#item.accessibilityInformation = { label: words };
  }
}
