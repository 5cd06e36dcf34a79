import * as vscode from 'vscode';
import { errorAsText } from '../../server/protocol/errorText.ts';
import type { Lock } from '../../server/protocol/lock.ts';
import { Commands, ContextKeys, Views } from '../ids.ts';
import { CallError } from '../services/callError.ts';
import { ContextKey } from '../services/contextKey.ts';
import type { LockModel } from '../services/lockModel.ts';
import { revealBidi } from '../services/plainText.ts';
import type { SessionModel } from '../services/sessionModel.ts';
import type { LockstepServer } from '../services/lockstepServer.ts';
import { lockGroupIcon, lockGroupLabel, lockItem, type LockLook } from './lockItem.ts';
import { isOverdue, overdueMs } from './lockWarnings.ts';
import { groupOfLock, lockGroups, lockNodeId, type LockNode } from './lockNode.ts';
import { tooltipOf } from './sessionItem.ts';

/** Ages are shown in minutes. */
const MINUTE_MS = 60_000;

export interface LocksTreeParts {
  readonly server: LockstepServer;
  readonly locks: LockModel;
  readonly sessions: SessionModel;
}

/** The Locks view: leases and lock files, by whether they can be cleaned up. */
export class LocksTree implements vscode.TreeDataProvider<LockNode>, vscode.Disposable {
  readonly #server: LockstepServer;
  readonly #locks: LockModel;
  readonly #sessions: SessionModel;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #loaded = new ContextKey<boolean>(ContextKeys.locksLoaded);
  readonly #view: vscode.TreeView<LockNode>;
  readonly #disposables: { dispose(): void }[];
  #drawn: string | undefined;
  #overdueMs = 0;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor({ server, locks, sessions }: LocksTreeParts) {
    this.#server = server;
    this.#locks = locks;
    this.#sessions = sessions;
    this.#view = vscode.window.createTreeView(Views.locks, { treeDataProvider: this, showCollapseAll: true });
    const draw = () => this.#draw();
    this.#disposables = [
      this.#view,
      this.#changed,
      locks.onDidChange(draw),
      sessions.onDidChange(draw),
      server.onDidChangeState(draw),
      // What is shown may be some time old.
      this.#view.onDidChangeVisibility(({ visible }) => {
        if (visible && server.state === 'running') void locks.reload();
      }),
    ];
  }

  get isVisible(): boolean {
    return this.#view.visible;
  }

  getChildren(node?: LockNode): LockNode[] {
    if (!node) return this.#roots();
    if (node.type !== 'lockGroup') return [];
    return this.#locks.locks
      .filter((lock) => groupOfLock(lock) === node.group)
      .map((lock) => ({ type: 'lock', lock }));
  }

  getTreeItem(node: LockNode): vscode.TreeItem {
    const item = this.#item(node);
    item.id = lockNodeId(node);
    return item;
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #item(node: LockNode): vscode.TreeItem {
    switch (node.type) {
      case 'lock':
        return lockItem(node.lock, this.#look(node.lock), Date.now());
      case 'lockGroup': {
        const item = new vscode.TreeItem(
          lockGroupLabel(node.group),
          vscode.TreeItemCollapsibleState.Expanded,
        );
        item.description = String(node.total);
        item.iconPath = lockGroupIcon(node.group);
        item.contextValue = `lockGroup.${node.group}`;
        return item;
      }
      case 'placeProblem': {
        const { path, message } = node.problem;
        const item = new vscode.TreeItem(vscode.l10n.t('Cannot be read'));
        item.description = revealBidi(path);
        item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
        item.tooltip = tooltipOf(path, [[vscode.l10n.t('Reason'), message]]);
        item.accessibilityInformation = {
          label: vscode.l10n.t('{0} cannot be read: {1}', revealBidi(path), message),
        };
        return item;
      }
      case 'lockError': {
        const item = new vscode.TreeItem(vscode.l10n.t(node.error.title));
        item.description = node.error.message;
        item.tooltip = errorAsText(node.error);
        item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('errorForeground'));
        item.command = { command: Commands.refreshLocks, title: vscode.l10n.t('Refresh Locks') };
        return item;
      }
    }
  }

  /** Nothing at all lets the welcome view appear. */
  #roots(): LockNode[] {
    if (this.#server.state !== 'running') return [];
    const roots: LockNode[] = [];
    const { error } = this.#locks;
    if (error instanceof CallError) roots.push({ type: 'lockError', error: error.wire });
    for (const group of lockGroups) {
      const total = this.#locks.locks.filter((lock) => groupOfLock(lock) === group).length;
      if (total > 0) roots.push({ type: 'lockGroup', group, total });
    }
    for (const problem of this.#locks.problems) roots.push({ type: 'placeProblem', problem });
    return roots;
  }

  #draw(): void {
    const isRunning = this.#server.state === 'running';
    this.#overdueMs = overdueMs();
    const stale = isRunning ? this.#locks.staleCount : 0;
    const words = stale === 1 ? vscode.l10n.t('1 stale lock') : vscode.l10n.t('{0} stale locks', stale);
    this.#view.badge = stale === 0 ? undefined : { value: stale, tooltip: words };
    this.#loaded.set(isRunning && (this.#locks.isLoaded || this.#locks.error !== undefined));
    // Drawing closes the tooltip that somebody reads: only where there is something new.
    const drawn = isRunning ? this.#shown() : undefined;
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#changed.fire();
  }

  /** Differs when some row would. */
  #shown(): string {
    const { locks, problems, error } = this.#locks;
    const rows = locks.map(({ ageMs, fingerprint: _, expiresAt: __, ...lock }) => ({
      ...lock,
      ...this.#look({ ...lock, ageMs, fingerprint: '' }),
      age: Math.floor(ageMs / MINUTE_MS),
    }));
    return JSON.stringify([rows, problems, String(error)]);
  }

  #look(lock: Lock): LockLook {
    const session = lock.session === undefined ? undefined : this.#sessions.get(lock.session);
    // A session that this window does not know may well be one that can be paused: the server will tell.
    const canPause =
      lock.kind === 'lease' && (session === undefined || (session.status === 'active' && !session.pausing));
    return { isOverdue: isOverdue(lock, this.#overdueMs), canPause };
  }
}
