import * as vscode from 'vscode';
import { errorAsText } from '../../server/protocol/errorText.ts';
import { Commands, ContextKeys, Views } from '../ids.ts';
import { CallError } from '../services/callError.ts';
import { ContextKey } from '../services/contextKey.ts';
import type { LockstepServer } from '../services/lockstepServer.ts';
import { sessionGroups, type SessionGroup, type SessionModel } from '../services/sessionModel.ts';
import type { SourceGroup, SourceModel } from '../services/sourceModel.ts';
import type { Scope } from '../services/scope.ts';
import { groupLabel, sessionItem, statusIcon } from './sessionItem.ts';
import { nodeId, type SessionNode } from './sessionNode.ts';
import { problemItem, sourceItem } from './sourceItem.ts';

/** Bursts of changes are drawn once; an agent can write a hundred events a second. */
const DRAW_AFTER_MS = 100;
/** Ages are shown in minutes. */
const AGE_TICK_MS = 60_000;

export interface SessionsTreeParts {
  readonly server: LockstepServer;
  readonly sessions: SessionModel;
  readonly sources: SourceModel;
  readonly scope: Scope;
}

/** The Sessions view: Lockstep's own sessions by status, then other agents' sessions by agent. */
export class SessionsTree implements vscode.TreeDataProvider<SessionNode>, vscode.Disposable {
  readonly #parts: SessionsTreeParts;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #disposables: vscode.Disposable[];
  readonly #view: vscode.TreeView<SessionNode>;
  readonly #loaded = new ContextKey<boolean>(ContextKeys.loaded);
  #drawing: NodeJS.Timeout | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(parts: SessionsTreeParts) {
    this.#parts = parts;
    this.#view = vscode.window.createTreeView(Views.sessions, {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    const draw = () => this.#drawSoon();
    const age = setInterval(() => {
      if (this.#view.visible) draw();
    }, AGE_TICK_MS);
    this.#disposables = [
      this.#view,
      this.#changed,
      parts.sessions.onDidChange(draw),
      parts.sources.onDidChange(draw),
      parts.scope.onDidChange(draw),
      parts.server.onDidChangeState(draw),
      vscode.workspace.onDidGrantWorkspaceTrust(draw),
      vscode.workspace.onDidChangeWorkspaceFolders(draw),
      { dispose: () => clearInterval(age) },
      { dispose: () => clearTimeout(this.#drawing) },
    ];
  }

  /** Selects the row of a session that was just made, once the model knows it. */
  async reveal(id: string): Promise<void> {
    if (!this.#parts.sessions.get(id)) await this.#parts.sessions.catchUp();
    const session = this.#parts.sessions.get(id);
    if (session && this.#view.visible)
      await this.#view.reveal({ type: 'session', session }, { select: true });
  }

  getChildren(node?: SessionNode): SessionNode[] {
    if (!node) return this.#roots();
    switch (node.type) {
      case 'group':
        return this.#sessionsOf(node.group);
      case 'sourceGroup':
        return this.#sourcesOf(node.group);
      case 'source':
        return this.#parts.sources
          .children(node.session.ref)
          .map((session) => ({ type: 'source', session, hasChildren: false }));
      default:
        return [];
    }
  }

  getParent(node: SessionNode): SessionNode | undefined {
    if (node.type !== 'session') return undefined;
    const group = node.session.archivedAt === undefined ? node.session.status : 'archived';
    return this.#roots().find((root) => root.type === 'group' && root.group === group);
  }

  getTreeItem(node: SessionNode): vscode.TreeItem {
    const item = this.#item(node);
    item.id = nodeId(node);
    if (node.type === 'session' || node.type === 'source') {
      item.command = {
        command: Commands.openTranscript,
        title: vscode.l10n.t('Open Transcript'),
        arguments: [node],
      };
    }
    return item;
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #item(node: SessionNode): vscode.TreeItem {
    const now = Date.now();
    switch (node.type) {
      case 'session':
        return sessionItem(node.session, now);
      case 'source':
        return sourceItem(node.session, node.hasChildren, now);
      case 'problem':
        return problemItem(node.problem);
      case 'group': {
        const ended = node.group === 'archived' || node.group === 'completed' || node.group === 'failed';
        const item = new vscode.TreeItem(
          groupLabel(node.group),
          ended ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.Expanded,
        );
        item.description = String(node.total);
        item.iconPath = node.group === 'archived' ? new vscode.ThemeIcon('archive') : statusIcon(node.group);
        item.contextValue = 'group';
        return item;
      }
      case 'sourceGroup': {
        const item = new vscode.TreeItem(node.group.label, vscode.TreeItemCollapsibleState.Expanded);
        item.description = String(node.total);
        item.tooltip = node.group.root;
        item.accessibilityInformation = { label: `${node.group.label}, ${node.total}` };
        item.iconPath = new vscode.ThemeIcon('hubot');
        item.contextValue = 'sourceGroup';
        return item;
      }
      case 'more': {
        const item = new vscode.TreeItem(vscode.l10n.t('Show More'));
        if (node.left > 0) item.description = vscode.l10n.t('{0} more', node.left);
        item.iconPath = new vscode.ThemeIcon('ellipsis');
        item.command = { command: Commands.showMore, title: vscode.l10n.t('Show More'), arguments: [node] };
        return item;
      }
      case 'error': {
        const item = new vscode.TreeItem(vscode.l10n.t(node.error.title));
        item.description = node.error.message;
        item.tooltip = errorAsText(node.error);
        item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('errorForeground'));
        item.accessibilityInformation = {
          label: `${vscode.l10n.t(node.error.title)}: ${node.error.message}`,
        };
        item.command = {
          command: Commands.showErrorDetails,
          title: vscode.l10n.t('Show Error'),
          arguments: [node],
        };
        return item;
      }
    }
  }

  /** Nothing at all lets the welcome view appear: it says what to do when the server is down or all is empty. */
  #roots(): SessionNode[] {
    const { server, sessions, sources, scope } = this.#parts;
    if (server.state !== 'running') return [];
    const roots: SessionNode[] = [];
    const error = [sessions.error, sources.error].find((candidate) => candidate instanceof CallError);
    if (error) roots.push({ type: 'error', error: error.wire });
    for (const group of sessionGroups) {
      const shown = sessions.list(group).filter((session) => scope.holds(session.workspace)).length;
      const hasMore = sessions.hasMore(group);
      const total = scope.isLimited || group === 'archived' ? shown : Math.max(shown, sessions.count(group));
      if (shown > 0 || hasMore) roots.push({ type: 'group', group, total });
    }
    for (const group of sources.groups) {
      const shown = group.sessions.filter(({ cwd }) => scope.holds(cwd)).length;
      const total = scope.isLimited ? shown : group.total;
      if (shown > 0 || group.problems.length > 0) roots.push({ type: 'sourceGroup', group, total });
    }
    return roots;
  }

  #sessionsOf(group: SessionGroup): SessionNode[] {
    const { sessions, scope } = this.#parts;
    const all = sessions.list(group);
    const nodes: SessionNode[] = all
      .filter((session) => scope.holds(session.workspace))
      .map((session) => ({ type: 'session', session }));
    if (sessions.hasMore(group)) {
      const left = group === 'archived' ? 0 : Math.max(0, sessions.count(group) - all.length);
      nodes.push({ type: 'more', of: group, left });
    }
    return nodes;
  }

  #sourcesOf(group: SourceGroup): SessionNode[] {
    const { sources, scope } = this.#parts;
    const current = sources.groups.find(({ kind }) => kind === group.kind) ?? group;
    const nodes: SessionNode[] = current.sessions
      .filter(({ cwd }) => scope.holds(cwd))
      .map((session) => ({ type: 'source', session, hasChildren: sources.children(session.ref).length > 0 }));
    const left = current.total - current.sessions.length;
    if (left > 0) nodes.push({ type: 'more', of: group.kind, left });
    nodes.push(...current.problems.map((problem): SessionNode => ({ type: 'problem', problem })));
    return nodes;
  }

  #drawSoon(): void {
    this.#drawing ??= setTimeout(() => {
      this.#drawing = undefined;
      this.#view.message = this.#message() ?? '';
      const { server, sessions } = this.#parts;
      this.#loaded.set(server.state === 'running' && (sessions.isLoaded || sessions.error !== undefined));
      this.#changed.fire();
    }, DRAW_AFTER_MS);
  }

  /** Says what the list leaves out, so that no session seems lost. */
  #message(): string | undefined {
    const { server, sessions, sources, scope } = this.#parts;
    if (server.state !== 'running') return undefined;
    if (!vscode.workspace.isTrusted && this.#roots().length > 0) {
      return vscode.l10n.t('Restricted Mode: sessions can be read, not changed.');
    }
    if (!scope.isLimited) return undefined;
    const own = sessionGroups.flatMap((group) => sessions.list(group));
    const hidden =
      own.filter((session) => !scope.holds(session.workspace)).length +
      sources.groups.flatMap((group) => group.sessions).filter(({ cwd }) => !scope.holds(cwd)).length;
    if (hidden === 0) return undefined;
    return hidden === 1
      ? vscode.l10n.t('1 session of another folder is not shown.')
      : vscode.l10n.t('{0} sessions of other folders are not shown.', hidden);
  }
}
