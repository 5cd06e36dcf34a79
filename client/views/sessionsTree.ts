import * as vscode from 'vscode';
import { errorAsText } from '../../server/protocol/errorText.ts';
import { Commands, ContextKeys, Views } from '../ids.ts';
import { CallError } from '../services/callError.ts';
import { ContextKey } from '../services/contextKey.ts';
import { folderName } from '../services/folder.ts';
import type { LockstepServer } from '../services/lockstepServer.ts';
import { refOf } from '../services/listRow.ts';
import { OWN_REF } from '../services/sessionHeaders.ts';
import type { Listing, SessionList, ShownGroup } from '../services/sessionList.ts';
import type { SessionModel } from '../services/sessionModel.ts';
import type { SourceModel } from '../services/sourceModel.ts';
import type { Scope } from '../services/scope.ts';
import { groupItem } from './groupItem.ts';
import { listMessage, short } from './listMessage.ts';
import { sessionItem } from './sessionItem.ts';
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
  readonly list: SessionList;
}

/** The Sessions view: what the list says, as rows. */
export class SessionsTree implements vscode.TreeDataProvider<SessionNode>, vscode.Disposable {
  readonly #parts: SessionsTreeParts;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #disposables: { dispose(): void }[];
  readonly #view: vscode.TreeView<SessionNode>;
  readonly #loaded = new ContextKey<boolean>(ContextKeys.loaded);
  readonly #filtered = new ContextKey<boolean>(ContextKeys.filtered);
  #drawing: NodeJS.Timeout | undefined;
  #ambiguous: { readonly of: Listing; readonly names: ReadonlySet<string> } | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(parts: SessionsTreeParts) {
    this.#parts = parts;
    this.#view = vscode.window.createTreeView(Views.sessions, {
      treeDataProvider: this,
      showCollapseAll: true,
      canSelectMany: true,
    });
    const draw = () => this.#drawSoon();
    const age = setInterval(() => {
      if (this.#view.visible) draw();
    }, AGE_TICK_MS);
    this.#disposables = [
      this.#view,
      this.#changed,
      parts.list.onDidChange(draw),
      parts.server.onDidChangeState(draw),
      vscode.workspace.onDidGrantWorkspaceTrust(draw),
      { dispose: () => clearInterval(age) },
      { dispose: () => clearTimeout(this.#drawing) },
    ];
  }

  /** The selected rows, for commands that a key calls: VS Code gives those none. */
  get selection(): readonly SessionNode[] {
    return this.#view.selection;
  }

  /** Selects the row of a session that was just made, once the model knows it. A filter that hides it ends. */
  async reveal(id: string): Promise<void> {
    const { sessions, list } = this.#parts;
    if (!sessions.get(id)) await sessions.catchUp();
    const session = sessions.get(id);
    if (!session || !this.#view.visible) return;
    const ref = OWN_REF + id;
    await list.show(ref);
    // VS Code looks among the rows that it has already, unless it was told of a change just before.
    this.#changed.fire();
    // One that the scope leaves out has no row.
    if (!list.groupWith(ref)) return;
    // At once: VS Code waits for a drawing that has begun, and cannot reveal what it has not been told of.
    this.#draw();
    await this.#view.reveal({ type: 'session', session }, { select: true });
  }

  getChildren(node?: SessionNode): SessionNode[] {
    if (!node) return this.#roots();
    switch (node.type) {
      case 'group':
        return this.#rowsOf(node.group);
      case 'source':
        return this.#childrenOf(node.session.ref);
      default:
        return [];
    }
  }

  getParent(node: SessionNode): SessionNode | undefined {
    if (node.type !== 'session' && node.type !== 'source') return undefined;
    const group = this.#parts.list.groupWith(refOf(node));
    return group && { type: 'group', group };
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
        return sessionItem(node.session, node.isPinned ?? false, now);
      case 'source':
        return sourceItem(node, now);
      case 'problem':
        return problemItem(node.problem);
      case 'group':
        return groupItem(node.group, {
          agents: this.#parts.sources.groups,
          ambiguous: this.#ambiguousFolders(),
        });
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
    const { server, sessions, sources, list } = this.#parts;
    if (server.state !== 'running') return [];
    const { groups, left } = list.listing;
    const error = [sessions.error, sources.error].find((candidate) => candidate instanceof CallError);
    return [
      ...(error ? [{ type: 'error', error: error.wire } as const] : []),
      ...groups.map((group) => ({ type: 'group', group }) as const),
      ...(left === undefined ? [] : [{ type: 'more', of: undefined, left } as const]),
    ];
  }

  #rowsOf({ id }: ShownGroup): SessionNode[] {
    const group = this.#parts.list.listing.groups.find((candidate) => candidate.id === id);
    if (!group) return [];
    const { rows, shown, total, isAtLeast, problems, of } = group;
    const isPinned = of.by === 'pinned';
    const nodes = rows.slice(0, shown).map((row): SessionNode => {
      if (row.type === 'session' || of.by === 'agent') return { ...row, isPinned };
      const { source } = row.session;
      const agent = this.#parts.sources.groups.find(({ kind }) => kind === source)?.label ?? source;
      return { ...row, isPinned, agent };
    });
    if (group.hasMore) nodes.push({ type: 'more', of: id, left: isAtLeast ? 0 : total - shown });
    nodes.push(...problems.map((problem): SessionNode => ({ type: 'problem', problem })));
    return nodes;
  }

  /** Sub-agents can begin sub-agents. */
  #childrenOf(ref: string): SessionNode[] {
    const { sources } = this.#parts;
    return sources.children(ref).map((session) => ({
      type: 'source',
      session,
      hasChildren: sources.children(session.ref).length > 0,
      isChild: true,
    }));
  }

  /** Names of folders that are not enough to tell one from another. */
  #ambiguousFolders(): ReadonlySet<string> {
    const { listing } = this.#parts.list;
    if (this.#ambiguous?.of !== listing) {
      const names = listing.groups.flatMap(({ of }) =>
        of.by === 'folder' && of.folder !== undefined ? [folderName(of.folder)] : [],
      );
      const counts = Map.groupBy(names, (name) => name);
      this.#ambiguous = {
        of: listing,
        names: new Set(names.filter((name) => (counts.get(name)?.length ?? 0) > 1)),
      };
    }
    return this.#ambiguous.names;
  }

  #drawSoon(): void {
    this.#drawing ??= setTimeout(() => this.#draw(), DRAW_AFTER_MS);
  }

  #draw(): void {
    clearTimeout(this.#drawing);
    this.#drawing = undefined;
    const { server, sessions, list } = this.#parts;
    this.#view.message = this.#message() ?? '';
    this.#view.description = list.filter === '' ? '' : `"${short(list.filter)}"`;
    this.#filtered.set(list.filter !== '');
    this.#loaded.set(server.state === 'running' && (sessions.isLoaded || sessions.error !== undefined));
    this.#changed.fire();
  }

  #message(): string | undefined {
    const { server, scope, list } = this.#parts;
    if (server.state !== 'running') return undefined;
    const hides = listMessage(list, scope.isLimited);
    if (vscode.workspace.isTrusted || list.listing.groups.length === 0) return hides;
    const restricted = vscode.l10n.t('Restricted Mode: sessions can be read, not changed.');
    return hides === undefined ? restricted : `${restricted} ${hides}`;
  }
}
