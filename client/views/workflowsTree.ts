import * as vscode from 'vscode';
import { errorAsText } from '../../server/protocol/errorText.ts';
import type { Run } from '../../server/protocol/workflowMethods.ts';
import { Commands, ContextKeys, Views } from '../ids.ts';
import type { AgentModel } from '../services/agentModel.ts';
import { ContextKey } from '../services/contextKey.ts';
import type { LockstepServer } from '../services/lockstepServer.ts';
import { wireOf } from '../services/notifications.ts';
import type { RunModel } from '../services/runModel.ts';
import { isEnded } from '../services/runStates.ts';
import type { Scope } from '../services/scope.ts';
import { OWN_REF } from '../services/sessionHeaders.ts';
import type { StepIterations } from '../services/stepIterations.ts';
import type { WorkflowFileModel } from '../services/workflowFileModel.ts';
import { listWorkflows, runGroups, shownRuns, type WorkflowListing } from '../services/workflowListing.ts';
import { moreRunsItem, olderRunsItem, runGroupItem } from './runGroupItem.ts';
import { iterationItem, runItem, stepItem } from './runItem.ts';
import { moreFilesItem, workflowFileItem } from './workflowFileItem.ts';
import { workflowNodeId, type RunParent, type WorkflowNode } from './workflowNode.ts';

/** Ended runs of one file that are shown at first, and how many more each time that somebody asks. */
const ENDED_RUNS = 5;
const MORE_ENDED_RUNS = 20;
const MINUTE_MS = 60_000;
/** Bursts of changes are drawn once. */
const DRAW_AFTER_MS = 100;

export interface WorkflowsTreeParts {
  readonly server: LockstepServer;
  readonly files: WorkflowFileModel;
  readonly runs: RunModel;
  readonly agents: AgentModel;
  readonly iterations: StepIterations;
  readonly scope: Scope;
}

/** The Workflows view: files, below them their runs, below those their steps and iterations. */
export class WorkflowsTree implements vscode.TreeDataProvider<WorkflowNode>, vscode.Disposable {
  readonly #parts: WorkflowsTreeParts;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #loaded = new ContextKey<boolean>(ContextKeys.workflowsLoaded);
  readonly #view: vscode.TreeView<WorkflowNode>;
  readonly #disposables: { dispose(): void }[];
  /** How many ended runs are shown, where somebody asked for more. */
  readonly #mostEnded = new Map<string, number>();
  #listing: WorkflowListing | undefined;
  #drawing: NodeJS.Timeout | undefined;
  #drawn: string | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(parts: WorkflowsTreeParts) {
    this.#parts = parts;
    this.#view = vscode.window.createTreeView(Views.workflows, {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    const { server, files, runs, agents, scope } = parts;
    const draw = () => this.#drawSoon();
    this.#disposables = [
      this.#view,
      this.#changed,
      ...[files, runs, agents].map((model) => model.onDidChange(draw)),
      scope.onDidChange(draw),
      server.onDidChangeState(draw),
      vscode.workspace.onDidGrantWorkspaceTrust(draw),
      { dispose: () => clearTimeout(this.#drawing) },
    ];
  }

  get isVisible(): boolean {
    return this.#view.visible;
  }

  /** The selected rows, for commands that a key calls: VS Code gives those none. */
  get selection(): readonly WorkflowNode[] {
    return this.#view.selection;
  }

  /** Selects the row of a run, and opens the view for it. False where it has none: it is too old, or of another folder. */
  async reveal(id: string): Promise<boolean> {
    const { runs } = this.#parts;
    if (!runs.get(id)) await runs.reload();
    const run = runs.get(id);
    const parent = run && this.#parentOf(run);
    if (!run || !parent) return false;
    if (isEnded(run)) this.#showAlso(run, parent);
    // At once: VS Code looks among the rows that it has already, unless it was told of a change just before.
    this.#draw(true);
    await this.#view.reveal({ type: 'run', run }, { select: true, focus: true, expand: true });
    return true;
  }

  /** Asks for all rows anew, also for those that no model knows. */
  refresh(): void {
    this.#draw(true);
  }

  showMore(parent: RunParent): void {
    const id = workflowNodeId(parent);
    this.#mostEnded.set(id, (this.#mostEnded.get(id) ?? ENDED_RUNS) + MORE_ENDED_RUNS);
    this.#draw(true);
  }

  getChildren(node?: WorkflowNode): WorkflowNode[] | Promise<WorkflowNode[]> {
    if (!node) return this.#roots();
    switch (node.type) {
      case 'workflowFile':
      case 'runGroup':
        return this.#runsBelow(node);
      case 'run': {
        // As it is now: the row may be of before the last change.
        const run = this.#parts.runs.get(node.run.id) ?? node.run;
        return run.steps.map((step) => ({ type: 'runStep', run, step }));
      }
      case 'runStep':
        return this.#iterationsOf(node.step.session);
      default:
        return [];
    }
  }

  getParent(node: WorkflowNode): WorkflowNode | undefined {
    if (node.type === 'runStep') return { type: 'run', run: node.run };
    return node.type === 'run' ? this.#parentOf(node.run) : undefined;
  }

  getTreeItem(node: WorkflowNode): vscode.TreeItem {
    const item = this.#item(node);
    // VS Code keeps a row folded that had nothing below it; with its first run, a file is another row.
    const isBare = node.type === 'workflowFile' && this.#runsOf(node).length === 0;
    item.id = workflowNodeId(node) + (isBare ? '/bare' : '');
    return item;
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #item(node: WorkflowNode): vscode.TreeItem {
    const now = Date.now();
    switch (node.type) {
      case 'workflowFile': {
        const { path } = node.file;
        const runs = this.#runsOf(node);
        const item = workflowFileItem(node.file, vscode.workspace.asRelativePath(path), runs);
        return withCommand(item, Commands.openWorkflowFile, vscode.l10n.t('Open Workflow File'), node);
      }
      case 'run': {
        const item = runItem(node.run, this.#parentOf(node.run)?.type === 'workflowFile', now);
        return withCommand(item, Commands.openTranscript, vscode.l10n.t('Open Transcript'), node);
      }
      case 'runStep': {
        const item = stepItem(node.run, node.step, this.#parts.agents.get(node.step.agent), now);
        if (node.step.session === undefined) return item;
        return withCommand(item, Commands.openTranscript, vscode.l10n.t('Open Transcript'), node);
      }
      case 'runIteration':
        return withCommand(
          iterationItem(node.entry, now),
          Commands.openTranscript,
          vscode.l10n.t('Open Transcript'),
          node,
        );
      case 'runGroup':
        return runGroupItem(node.group, this.#runsOf(node).length);
      case 'moreRuns':
        return withCommand(moreRunsItem(node.left), Commands.showMoreRuns, vscode.l10n.t('Show More'), node);
      case 'moreFiles':
        return moreFilesItem();
      case 'olderRuns': {
        const item = olderRunsItem(node.canShow);
        if (!node.canShow) return item;
        return withCommand(item, Commands.showMoreRuns, vscode.l10n.t('Show More'), node);
      }
      case 'workflowError': {
        const item = new vscode.TreeItem(vscode.l10n.t(node.error.title));
        item.description = node.error.message;
        item.tooltip = errorAsText(node.error);
        item.iconPath = new vscode.ThemeIcon('error', new vscode.ThemeColor('errorForeground'));
        return withCommand(item, Commands.refreshWorkflows, vscode.l10n.t('Refresh Workflows'), node);
      }
    }
  }

  /** Nothing at all lets the welcome view appear. */
  #roots(): WorkflowNode[] {
    const { server, runs, files } = this.#parts;
    if (server.state !== 'running') return [];
    const error = runs.error ?? files.error;
    const listing = this.#list();
    return [
      ...(error === undefined ? [] : [{ type: 'workflowError', of: 'view', error: wireOf(error) } as const]),
      ...listing.files.map(({ file }) => ({ type: 'workflowFile', file }) as const),
      ...(files.hasMore ? [{ type: 'moreFiles' } as const] : []),
      ...runGroups
        .filter((group) => listing.groups[group].length > 0)
        .map((group) => ({ type: 'runGroup', group }) as const),
      ...(runs.hasMore ? [{ type: 'olderRuns', canShow: runs.canShowMore } as const] : []),
    ];
  }

  #runsOf(parent: RunParent): readonly Run[] {
    const { files, groups } = this.#list();
    if (parent.type === 'runGroup') return groups[parent.group];
    return files.find(({ file }) => file.path === parent.file.path)?.runs ?? [];
  }

  #runsBelow(parent: RunParent): WorkflowNode[] {
    const most = this.#mostEnded.get(workflowNodeId(parent)) ?? ENDED_RUNS;
    const { shown, left } = shownRuns(this.#runsOf(parent), (run) => !isEnded(run), most);
    return [
      ...shown.map((run) => ({ type: 'run', run }) as const),
      ...(left === 0 ? [] : [{ type: 'moreRuns', parent, left } as const]),
    ];
  }

  async #iterationsOf(session: string | undefined): Promise<WorkflowNode[]> {
    if (session === undefined) return [];
    const ref = OWN_REF + session;
    try {
      const entries = await this.#parts.iterations.of(ref);
      return entries.map((entry) => ({ type: 'runIteration', ref, entry }));
    } catch (error) {
      return [{ type: 'workflowError', of: ref, error: wireOf(error) }];
    }
  }

  #parentOf(run: Run): RunParent | undefined {
    const { files, groups } = this.#list();
    const at = files.find(({ runs }) => runs.some(({ id }) => id === run.id));
    if (at) return { type: 'workflowFile', file: at.file };
    const group = runGroups.find((one) => groups[one].some(({ id }) => id === run.id));
    return group && { type: 'runGroup', group };
  }

  #showAlso(run: Run, parent: RunParent): void {
    const ended = this.#runsOf(parent).filter(isEnded);
    const place = ended.findIndex(({ id }) => id === run.id) + 1;
    const id = workflowNodeId(parent);
    if (place > (this.#mostEnded.get(id) ?? ENDED_RUNS)) this.#mostEnded.set(id, place);
  }

  /** Computed once for each change. */
  #list(): WorkflowListing {
    const { files, runs, scope } = this.#parts;
    this.#listing ??= listWorkflows({
      files: files.files,
      runs: runs.runs,
      folders: scope.folders,
      isLimited: scope.isLimited,
    });
    return this.#listing;
  }

  #drawSoon(): void {
    this.#listing = undefined;
    this.#drawing ??= setTimeout(() => this.#draw(false), DRAW_AFTER_MS);
  }

  #draw(always: boolean): void {
    clearTimeout(this.#drawing);
    this.#drawing = undefined;
    this.#listing = undefined;
    const { server, runs, files, agents, scope } = this.#parts;
    const isRunning = server.state === 'running';
    const waiting = isRunning ? this.#list().waiting : 0;
    const words =
      waiting === 1 ? vscode.l10n.t('1 run waits for you') : vscode.l10n.t('{0} runs wait for you', waiting);
    this.#view.badge = waiting === 0 ? undefined : { value: waiting, tooltip: words };
    this.#view.message = this.#message() ?? '';
    const isLoaded = [runs, files].every((model) => model.isLoaded || model.error !== undefined);
    this.#loaded.set(isRunning && isLoaded);
    // Drawing closes the tooltip that somebody reads: only where there is something new.
    const drawn = isRunning
      ? JSON.stringify([
          files.files,
          files.hasMore,
          drawnRuns(runs.runs),
          scope.folders,
          scope.isLimited,
          runs.hasMore,
          runs.canShowMore,
          agents.agents,
          String(runs.error),
          String(files.error),
          vscode.workspace.isTrusted,
        ])
      : undefined;
    if (drawn === this.#drawn && !always) return;
    this.#drawn = drawn;
    this.#changed.fire();
  }

  #message(): string | undefined {
    const { server } = this.#parts;
    if (server.state !== 'running' || vscode.workspace.isTrusted || this.#roots().length === 0)
      return undefined;
    return vscode.l10n.t('Restricted Mode: workflows can be read, not run.');
  }
}

/** What rows show of runs: time goes by in them by the minute. */
function drawnRuns(runs: readonly Run[]) {
  const minutes = (ms = 0) => Math.floor(ms / MINUTE_MS);
  return runs.map(({ revision: _, activeMs, limits, ...run }) => ({
    ...run,
    minutes: minutes(activeMs),
    limits: limits.map((limit) =>
      limit.name === 'wallClock' ? { ...limit, used: minutes(limit.used) } : limit,
    ),
  }));
}

function withCommand(
  item: vscode.TreeItem,
  command: string,
  title: string,
  node: WorkflowNode,
): vscode.TreeItem {
  item.command = { command, title, arguments: [node] };
  return item;
}
