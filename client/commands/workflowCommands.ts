import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Run } from '../../server/protocol/workflowMethods.ts';
import { Commands } from '../ids.ts';
import type { AgentModel } from '../services/agentModel.ts';
import { listText, oneLine, plainText } from '../services/plainText.ts';
import type { WorkflowFileModel } from '../services/workflowFileModel.ts';
import { folderKey } from '../services/folder.ts';
import { isAtWork } from '../services/runStates.ts';
import { workflowTemplate } from '../services/workflowTemplate.ts';
import type { CommandHandler } from './commandTable.ts';
import { inTrust } from './restricted.ts';
import { workflowNode, type RunTargets } from './runTarget.ts';
import { openAt, startWorkflow } from './workflowStart.ts';
import { targetFile } from './workflowTarget.ts';

const FOLDER = ['.lockstep', 'workflows'] as const;
const NAME = 'fix-tests';
const EXTENSION = '.lockstep.yaml';

export interface WorkflowParts {
  readonly targets: RunTargets;
  readonly files: WorkflowFileModel;
  readonly agents: AgentModel;
  /** The page about workflows that comes with the extension. */
  readonly guide: vscode.Uri;
  /** Before anything is told of the run. */
  readonly onStart: (run: Run) => void;
  readonly reportError: (error: unknown) => Promise<void>;
}

/** The commands on workflow files. */
export function workflowCommands(parts: WorkflowParts): Record<string, CommandHandler> {
  const { targets, files, agents, guide, onStart, reportError } = parts;
  return {
    [Commands.runWorkflow]: inTrust(async (argument) => {
      const uri = await targetFile(argument, targets, files, vscode.l10n.t('Run Workflow'));
      const saved = uri && (await asSaved(uri));
      if (!saved) return;
      if (saved.scheme !== 'file') return tellNotOnDisk(saved);
      if (!(await mayRunBesides(saved, targets))) return;
      const run = await startWorkflow(saved, { call: targets.call, agents, reportError });
      if (!run) return;
      onStart(run);
      await targets.runs.reload();
      await vscode.commands.executeCommand(Commands.showRun, run.id);
    }),

    [Commands.openWorkflowFile]: async (argument) => {
      const uri = await targetFile(argument, targets, files, vscode.l10n.t('Open Workflow File'));
      if (!uri) return;
      if (uri.scheme === 'file' && !(await exists(uri))) {
        const message = vscode.l10n.t('The file is not there any more: {0}', uri.fsPath);
        void vscode.window.showWarningMessage(plainText(message));
        return;
      }
      const node = workflowNode(argument, targets.tree);
      const steps = files.get(uri.fsPath)?.workflow?.steps ?? [];
      const step = node?.type === 'runStep' ? steps.find(({ id }) => id === node.step.id) : undefined;
      if (step) await openAt(uri, step.line, 0);
      // A row keeps the keyboard: the next key is for the list.
      else await vscode.window.showTextDocument(uri, { preserveFocus: node?.type === 'workflowFile' });
    },

    [Commands.newWorkflow]: inTrust(async () => {
      const agent = await pickAgent(agents);
      if (agent === undefined) return;
      const content = workflowTemplate(agent);
      const folder = await pickFolder();
      if (folder === undefined) return;
      const uri = folder === 'none' ? await askPlace() : await freeName(folder);
      if (uri === undefined) return;
      await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(content));
      await vscode.window.showTextDocument(uri);
      await files.reload();
    }),

    [Commands.showWorkflowGuide]: async () => {
      try {
        await vscode.commands.executeCommand('markdown.showPreview', guide);
      } catch {
        // VS Code's own markdown extension can be switched off.
        await vscode.window.showTextDocument(guide);
      }
    },

    [Commands.refreshWorkflows]: async () => {
      await Promise.all([files, targets.runs, agents].map((model) => model.reload()));
      targets.tree.refresh();
    },
  };
}

/** What runs is what is on disk. Undefined where the person does not save. */
async function asSaved(uri: vscode.Uri): Promise<vscode.Uri | undefined> {
  const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
  if (document === undefined || (!document.isDirty && !document.isUntitled)) return uri;
  return vscode.workspace.save(uri);
}

/** A past version, as a comparison shows it, has the path of a file that may say something else by now. */
function tellNotOnDisk(uri: vscode.Uri): void {
  const message = vscode.l10n.t(
    'Only a file on this disk can run, and this is none: {0}',
    uri.toString(true),
  );
  void vscode.window.showWarningMessage(plainText(message));
}

/** Whether none of its runs is at work, or the person wants another one beside it: both change the same files. */
async function mayRunBesides({ fsPath }: vscode.Uri, { runs }: RunTargets): Promise<boolean> {
  await runs.reload();
  const key = folderKey(fsPath);
  const other = runs.runs.find(
    (run) => isAtWork(run) && run.file !== undefined && folderKey(run.file) === key,
  );
  if (other === undefined) return true;
  const another = vscode.l10n.t('Run Another');
  const show = vscode.l10n.t('Show Run');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('A run of "{0}" is at work already. Run another one beside it?', oneLine(other.name)),
    { modal: true, detail: vscode.l10n.t('Both would work on the same files at the same time.') },
    another,
    show,
  );
  if (answer === show) await vscode.commands.executeCommand(Commands.showRun, other.id);
  return answer === another;
}

async function pickAgent(agents: AgentModel): Promise<string | undefined> {
  await agents.reload();
  agents.mustBeRead();
  const items = agents.agents.map((agent) => ({
    label: agent.name,
    ...(agent.isExperimental ? { description: vscode.l10n.t('experimental') } : {}),
    detail: agent.command.join(' '),
    name: agent.name,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('New Workflow'),
    placeHolder: vscode.l10n.t('Choose the agent that does the work'),
    ignoreFocusOut: true,
  });
  return picked?.name;
}

/** The folder of this window that the file is for; 'none' where it has none. Undefined when the person backs out. */
async function pickFolder(): Promise<vscode.Uri | 'none' | undefined> {
  // Agents work on this disk; a folder of another kind can be beside it.
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  const [first] = folders;
  if (first === undefined) return 'none';
  if (folders.length === 1) return first.uri;
  const picked = await vscode.window.showQuickPick(
    folders.map(({ name, uri }) => ({ label: listText(name), description: uri.fsPath, uri })),
    {
      title: vscode.l10n.t('New Workflow'),
      placeHolder: vscode.l10n.t('Choose the folder that it is for'),
      ignoreFocusOut: true,
    },
  );
  return picked?.uri;
}

function fileName(number: number): string {
  return (number === 1 ? NAME : `${NAME}-${number}`) + EXTENSION;
}

/** Where no folder is open, a person says where the file is to be. */
async function askPlace(): Promise<vscode.Uri | undefined> {
  return vscode.window.showSaveDialog({
    title: vscode.l10n.t('New Workflow'),
    defaultUri: vscode.Uri.file(join(homedir(), fileName(1))),
  });
}

/** A name that no file has yet. */
async function freeName(folder: vscode.Uri): Promise<vscode.Uri> {
  for (let number = 1; ; number++) {
    const uri = vscode.Uri.joinPath(folder, ...FOLDER, fileName(number));
    if (!(await exists(uri))) return uri;
  }
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return false;
    throw error;
  }
}
