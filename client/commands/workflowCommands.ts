import * as vscode from 'vscode';
import { Commands, Languages } from '../ids.ts';
import type { AgentModel } from '../services/agentModel.ts';
import { plainText } from '../services/plainText.ts';
import type { WorkflowFileModel } from '../services/workflowFileModel.ts';
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
}

/** The commands on workflow files. */
export function workflowCommands(parts: WorkflowParts): Record<string, CommandHandler> {
  const { targets, files, agents, guide } = parts;
  return {
    [Commands.runWorkflow]: inTrust(async (argument) => {
      const uri = await targetFile(argument, targets, files, vscode.l10n.t('Run Workflow'));
      const saved = uri && (await asSaved(uri));
      if (!saved) return;
      const run = await startWorkflow(saved, { call: targets.call, agents });
      if (!run) return;
      await targets.runs.reload();
      await targets.tree.reveal(run.id);
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
      if (folder === 'none') {
        const document = await vscode.workspace.openTextDocument({ language: Languages.workflow, content });
        await vscode.window.showTextDocument(document);
        return;
      }
      if (folder === undefined) return;
      const uri = await freeName(folder);
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
    },
  };
}

/** What runs is what is on disk. Undefined where the person does not save. */
async function asSaved(uri: vscode.Uri): Promise<vscode.Uri | undefined> {
  const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
  if (document === undefined || (!document.isDirty && !document.isUntitled)) return uri;
  return vscode.workspace.save(uri);
}

async function pickAgent(agents: AgentModel): Promise<string | undefined> {
  await agents.reload();
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
  const folders = vscode.workspace.workspaceFolders ?? [];
  const [first] = folders;
  if (first === undefined) return 'none';
  if (folders.length === 1) return first.uri;
  return (await vscode.window.showWorkspaceFolderPick())?.uri;
}

/** A name that no file has yet. */
async function freeName(folder: vscode.Uri): Promise<vscode.Uri> {
  for (let number = 1; ; number++) {
    const name = number === 1 ? NAME : `${NAME}-${number}`;
    const uri = vscode.Uri.joinPath(folder, ...FOLDER, name + EXTENSION);
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
