import * as vscode from 'vscode';
import { runsAnswer, runsContinue, runsGet, type Run } from '../server/protocol/workflowMethods.ts';
import type { CommandHandler } from './commands/commandTable.ts';
import { runCommands } from './commands/runCommands.ts';
import { workflowCommands } from './commands/workflowCommands.ts';
import { Settings } from './ids.ts';
import { AgentModel } from './services/agentModel.ts';
import type { Call } from './services/call.ts';
import { every, Soon } from './services/every.ts';
import { folderName, isWithin } from './services/folder.ts';
import type { LockstepServer } from './services/lockstepServer.ts';
import { RunModel } from './services/runModel.ts';
import { RunNotices, type Nearness } from './services/runNotices.ts';
import { isAtWork } from './services/runStates.ts';
import type { Scope } from './services/scope.ts';
import type { StartedRuns } from './services/startedRuns.ts';
import { StepIterations } from './services/stepIterations.ts';
import { findWorkflowFiles, watchWorkflowFiles } from './services/workflowFileFinder.ts';
import { WorkflowFileModel } from './services/workflowFileModel.ts';
import { isOfFolders } from './services/workflowListing.ts';
import { AgentProblems } from './views/agentProblems.ts';
import { tellManyNews, tellRunNews, type RunMessagesParts } from './views/runMessages.ts';
import { WorkflowsTree } from './views/workflowsTree.ts';

/** An agent can write a hundred events a second; a person who is asked something is to be told within a second. */
const RUNS_AFTER_CHANGE_MS = 300;
/** Runners die, and time goes by, without anything being written, in milliseconds. */
const RUNS_AT_WORK_MS = 5_000;

export interface WorkflowWindowParts {
  readonly server: LockstepServer;
  readonly call: Call;
  readonly scope: Scope;
  readonly started: StartedRuns;
  /** The page about workflows that comes with the extension. */
  readonly guide: vscode.Uri;
  readonly reportError: (error: unknown) => Promise<void>;
}

/** What a window has of workflows: their files, runs and agents, the view, the messages and the commands. */
export class WorkflowWindow implements vscode.Disposable {
  readonly runs: RunModel;
  readonly commands: Readonly<Record<string, CommandHandler>>;
  readonly #disposables: vscode.Disposable;

  constructor({ server, call, scope, started, guide, reportError }: WorkflowWindowParts) {
    const files = new WorkflowFileModel(call, findWorkflowFiles);
    const runs = new RunModel(call);
    const agents = new AgentModel(call);
    const tree = new WorkflowsTree({
      server,
      files,
      runs,
      agents,
      iterations: new StepIterations(call),
      scope,
    });
    const nearness = (run: Run): Nearness => {
      // What a window cannot act on, it leaves to one that can.
      if (!vscode.workspace.isTrusted) return 'none';
      return started.has(run.id) || isOfFolders(run, scope.folders) ? 'own' : 'other';
    };
    const messages: RunMessagesParts = {
      current: (id) => call(runsGet, { id }),
      answer: async (id, question, option) => void (await call(runsAnswer, { id, question, option })),
      addIterations: async (id, addIterations, step) =>
        void (await call(runsContinue, { id, addIterations, ...(step === undefined ? {} : { step }) })),
      onError: (error) => void reportError(error),
    };
    const notices = new RunNotices({
      runs,
      call,
      nearness,
      wantsCompleted: () =>
        vscode.workspace.getConfiguration(Settings.section).get(Settings.runsNotifyWhenCompleted) !== false,
      tell: (news, isElsewhere) => {
        const { workspace } = news.run;
        const place = isElsewhere && workspace !== undefined ? folderName(workspace) : undefined;
        void tellRunNews(news, place, messages);
      },
      tellMany: (news) => void tellManyNews(news).catch(reportError),
      since: Date.now(),
    });
    const isRunning = () => server.state === 'running';
    const runsSoon = new Soon(RUNS_AFTER_CHANGE_MS, () => void runs.catchUp());
    const targets = { call, runs, tree, folders: () => scope.folders };
    this.runs = runs;
    this.commands = {
      ...workflowCommands({
        targets,
        files,
        agents,
        guide,
        onStart: ({ id }) => void started.add(id).catch(reportError),
        reportError,
      }),
      ...runCommands(targets),
    };
    this.#disposables = vscode.Disposable.from(
      tree,
      notices,
      new AgentProblems(agents),
      runsSoon,
      server.onDidChangeStore(() => runsSoon.ask()),
      server.onDidChangeState((state) => {
        if (state !== 'running') return;
        for (const model of [files, runs, agents]) void model.reload();
      }),
      watchWorkflowFiles(
        () => isRunning() && void files.reload(),
        (folder) => files.files.some(({ path }) => isWithin(path, folder)),
      ),
      every(
        RUNS_AT_WORK_MS,
        () => isRunning() && runs.runs.some(isAtWork),
        () => void runs.reload(),
      ),
    );
  }

  dispose(): void {
    this.#disposables.dispose();
  }
}
