import './zodWithoutEval.ts';
import * as vscode from 'vscode';
import { storeRecover } from '../server/protocol/storeMethods.ts';
import { cleanupCommands } from './commands/cleanupCommands.ts';
import { healthCommands } from './commands/healthCommands.ts';
import { installCommands } from './commands/installCommand.ts';
import { listCommands } from './commands/listCommands.ts';
import { lockCommands } from './commands/lockCommands.ts';
import { migrationCommands } from './commands/migrationCommands.ts';
import { openclawCommands } from './commands/openclawCommands.ts';
import { openclawDatabaseCommands } from './commands/openclawDatabaseCommands.ts';
import { registerCommands } from './commands/commandTable.ts';
import { sessionCommands } from './commands/sessionCommands.ts';
import { sessionCopyCommands } from './commands/sessionCopyCommands.ts';
import { sourceCommands } from './commands/sourceCommands.ts';
import { statisticsCommands } from './commands/statisticsCommands.ts';
import { storeCommands } from './commands/storeCommands.ts';
import { rowOf } from './commands/target.ts';
import { transcriptCommands } from './commands/transcriptCommands.ts';
import { transcriptExportCommands } from './commands/transcriptExportCommands.ts';
import { transcriptPlace } from './commands/transcriptLink.ts';
import { trashCommands } from './commands/trashCommands.ts';
import { TrashMessages } from './commands/trashMessages.ts';
import { viewCommands } from './commands/viewCommands.ts';
import { Commands, ServerSettings, Settings, WebviewTypes } from './ids.ts';
import { commandLabels } from './services/commandLabels.ts';
import { CommandLauncher } from './services/commandLauncher.ts';
import { every, Soon } from './services/every.ts';
import { HealthModel } from './services/healthModel.ts';
import { ListOrder } from './services/listOrder.ts';
import { LockModel } from './services/lockModel.ts';
import { LockstepServer } from './services/lockstepServer.ts';
import { errorWords, showError } from './services/notifications.ts';
import { PinnedSessions } from './services/pinnedSessions.ts';
import { Pins } from './services/pins.ts';
import { Scope } from './services/scope.ts';
import type { Call } from './services/call.ts';
import { SessionModel } from './services/sessionModel.ts';
import { headerOf } from './services/sessionHeaders.ts';
import { SessionList } from './services/sessionList.ts';
import { SourceModel } from './services/sourceModel.ts';
import { StartedRuns } from './services/startedRuns.ts';
import { TranscriptPanels } from './transcript/panels.ts';
import { transcriptCalls } from './transcript/transcriptCalls.ts';
import { LocksTree } from './views/locksTree.ts';
import { LockWarnings } from './views/lockWarnings.ts';
import { readerWindow } from './views/readerWindow.ts';
import { Reports } from './views/reports.ts';
import { SessionsTree } from './views/sessionsTree.ts';
import { StatusBar } from './views/statusBar.ts';
import { WholeTexts } from './views/wholeTexts.ts';
import { WorkflowWindow } from './workflowWindow.ts';

/** How often locks and health are looked at, in milliseconds. */
const VISIBLE_LOCKS_MS = 5_000;
const HIDDEN_LOCKS_MS = 30_000;
const HEALTH_MS = 60_000;
/** An agent can write a hundred events a second; looking at all the places with locks is far more work than that. */
const LOCKS_AFTER_CHANGE_MS = 1_000;
/** The same for transcripts: a change does not say whose it is, so that every one that is visible is read on. */
const TRANSCRIPTS_AFTER_CHANGE_MS = 100;

/** Wires the parts; nothing here waits for the server, so that activation costs next to nothing. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Lockstep', { log: true });
  const server = new LockstepServer(context.asAbsolutePath('dist/server.js'), log);
  const isRunning = () => server.state === 'running';
  const call: Call = (method, params) => server.call(method, params);
  const sessions = new SessionModel(call);
  const sources = new SourceModel(call);
  const locks = new LockModel(call);
  const health = new HealthModel(call);
  const scope = new Scope(context.workspaceState);
  const order = new ListOrder(context.workspaceState);
  const pins = new Pins(context.globalState);
  const list = new SessionList({ sessions, sources, scope, order, pins });
  const tree = new SessionsTree({ server, sessions, sources, scope, list });
  const locksTree = new LocksTree({ server, locks, sessions });
  const reports = new Reports();
  const texts = new WholeTexts();
  const launcher = new CommandLauncher(context, log);

  const reportError = (error: unknown, retry?: () => Promise<void>): Promise<void> =>
    showError(error, {
      ...(retry ? { retry } : {}),
      run: async (method, params) => {
        try {
          // What an error offers is only a beginning here: the plan is shown, and asked about.
          if (method === storeRecover.name) await vscode.commands.executeCommand(Commands.recoverStore);
          else await server.request(method, params);
        } catch (failure) {
          await reportError(failure);
        }
      },
    });

  const workflows = new WorkflowWindow({
    server,
    call,
    scope,
    started: new StartedRuns(context.workspaceState),
    guide: vscode.Uri.joinPath(context.extensionUri, 'docs', 'workflows.md'),
    reportError,
  });
  const statusBar = new StatusBar({ server, sessions, locks, health, runs: workflows.runs });
  const changed = new vscode.EventEmitter<void>();
  const changedSoon = new Soon(TRANSCRIPTS_AFTER_CHANGE_MS, () => changed.fire());
  const tellChanged = () => changedSoon.ask();
  const labels = commandLabels(context.extension.packageJSON);
  const isTrusted = () => vscode.workspace.isTrusted;
  const headerFor = (ref: string) => headerOf(ref, { sessions, sources, labels, isTrusted });
  const callsFor = (ref: string) => transcriptCalls(call, ref);
  const panels = new TranscriptPanels({
    extensionUri: context.extensionUri,
    callsFor,
    headerOf: headerFor,
    window: readerWindow({ texts, rowOf: (ref) => rowOf(ref, { sessions, sources }) }),
    onDidChange: changed.event,
    describeError: errorWords,
    showError: (error) => void reportError(error),
  });

  const locksSoon = new Soon(LOCKS_AFTER_CHANGE_MS, () => void locks.reload());
  const trashMessages = new TrashMessages(call, reportError);
  const targets = { sessions, sources, tree };
  context.subscriptions.push(
    log,
    sessions,
    scope,
    list,
    new PinnedSessions(pins, sessions, sources),
    vscode.window.onDidChangeWindowState(({ focused }) => focused && pins.refresh()),
    tree,
    locksTree,
    new LockWarnings(locks, context.globalState),
    workflows,
    statusBar,
    reports,
    texts,
    launcher,
    server.onDidChangeState((state) => {
      if (state !== 'running') return;
      void sessions.reload();
      void sources.reload();
      void locks.reload();
      void health.reload();
    }),
    server.onDidChangeStore(() => void sessions.catchUp()),
    locksSoon,
    server.onDidChangeStore(() => locksSoon.ask()),
    // Owners die, and grow old, without anything being written.
    every(
      VISIBLE_LOCKS_MS,
      () => isRunning() && locksTree.isVisible,
      () => void locks.reload(),
    ),
    every(
      HIDDEN_LOCKS_MS,
      () => isRunning() && !locksTree.isVisible,
      () => void locks.reload(),
    ),
    every(HEALTH_MS, isRunning, () => void health.reload()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void server.restart()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      const changed = ServerSettings.some((name) =>
        event.affectsConfiguration(`${Settings.section}.${name}`),
      );
      if (changed) void server.restart();
    }),
    server.onDidChangeSources(() => void sources.reload()),
    server.onDidChangeSources(tellChanged),
    sessions.onDidChange(tellChanged),
    sources.onDidChange(tellChanged),
    changedSoon,
    changed,
    panels,
    vscode.window.registerWebviewPanelSerializer(WebviewTypes.transcript, panels),
    vscode.window.registerUriHandler({
      handleUri: async ({ path, query }) => {
        const place = transcriptPlace(path, query);
        if (place) await vscode.commands.executeCommand(Commands.openTranscript, place);
        else void vscode.window.showWarningMessage(vscode.l10n.t('The link names no transcript.'));
      },
    }),
    ...registerCommands(
      {
        ...sessionCommands(call, targets, reportError),
        ...sessionCopyCommands(call, targets, reportError),
        ...trashCommands(call, targets, trashMessages),
        ...cleanupCommands(call, trashMessages),
        ...statisticsCommands(call, reports),
        ...storeCommands({ call, reports, models: [sessions, locks, health], reportError }),
        ...installCommands(launcher, reportError),
        ...sourceCommands(targets),
        ...openclawCommands({ call, reports, targets, reportError }),
        ...openclawDatabaseCommands(targets, reportError),
        ...migrationCommands({ call, reports, reportError }, targets),
        ...lockCommands({ call, locks, panels }),
        ...workflows.commands,
        ...healthCommands({ call, reports, health, locks }),
        ...transcriptCommands({ panels, targets, callsFor }),
        ...transcriptExportCommands({
          call,
          panels,
          targets,
          titleOf: (ref) => headerFor(ref)?.title,
          reportError,
        }),
        ...listCommands({ list, order, pins, targets }),
        ...viewCommands({ server, sessions, sources, scope, list, log }),
      },
      reportError,
    ),
    server,
  );
  // In a turn of its own: loading the client library would otherwise count as activation, and hold up others'.
  setImmediate(() => {
    void server.start();
    void launcher.refresh();
  });
}
