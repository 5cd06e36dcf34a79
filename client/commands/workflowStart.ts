import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { runsStart, workflowsRead, type Run, type Workflow } from '../../server/protocol/workflowMethods.ts';
import type { AgentModel } from '../services/agentModel.ts';
import type { Call } from '../services/call.ts';
import { listText, oneLine, plainText } from '../services/plainText.ts';
import { consentText } from '../views/consentText.ts';
import { askForm, type FormField } from './inputForm.ts';

/** The longest value of an input, in bytes of UTF-8. */
const MOST_BYTES = 64 * 1024;

export interface StartParts {
  readonly call: Call;
  readonly agents: AgentModel;
  readonly reportError: (error: unknown) => Promise<void>;
}

/**
 * Runs a workflow file as it is on disk, after it was asked for its inputs and, where this text of it is new, for
 * consent. Undefined where the person backs out, or something is wrong with the file, which they are told.
 * @throws where it has another text by then than the one that they were asked about
 */
export async function startWorkflow(uri: vscode.Uri, parts: StartParts): Promise<Run | undefined> {
  const { call, agents, reportError } = parts;
  const file = uri.fsPath;
  const workflow = await call(workflowsRead, { file });
  if (tellErrors(uri, workflow, reportError)) return undefined;
  const title = vscode.l10n.t('Run {0}', plainText(workflow.name));
  const values = await askForm(title, workflow.inputs.map(inputField));
  if (values === undefined) return undefined;
  const workspace = vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath ?? dirname(file);
  if (!workflow.isKnown && !(await consents(uri, workflow, agents, workspace))) return undefined;
  // Somebody may have written to the file while its questions were read: the server refuses another text then.
  const { digest } = workflow;
  const inputs = Object.fromEntries(
    workflow.inputs.flatMap(({ name, default: value = '' }, index) => {
      const typed = values[index] ?? '';
      return typed === '' && hasLines(value) ? [] : [[name, typed]];
    }),
  );
  return vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Window,
      title: vscode.l10n.t('Starting the run of {0}', listText(workflow.name)),
    },
    () => call(runsStart, { file, inputs, digest, workspace }),
  );
}

/** Whether something is wrong with the file; if so, the person is told. */
function tellErrors(
  uri: vscode.Uri,
  { name, problems }: Workflow,
  reportError: StartParts['reportError'],
): boolean {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return false;
  const where = vscode.l10n.t('line {0}: {1}', first.line + 1, first.message);
  const message =
    errors.length === 1
      ? vscode.l10n.t('"{0}" cannot run, since {1}', name, where)
      : vscode.l10n.t('"{0}" cannot run: it has {1} errors. The first is on {2}', name, errors.length, where);
  const open = vscode.l10n.t('Open File');
  const tell = async () => {
    if ((await vscode.window.showErrorMessage(plainText(message), open)) !== open) return;
    await openAt(uri, first.line, first.character);
  };
  // Not awaited: the command is done; the message stays as long as it likes.
  void tell().catch(reportError);
  return true;
}

export async function openAt(uri: vscode.Uri, line: number, character: number): Promise<void> {
  const at = new vscode.Position(line, character);
  await vscode.window.showTextDocument(uri, { selection: new vscode.Range(at, at) });
}

async function consents(
  uri: vscode.Uri,
  workflow: Workflow,
  agents: AgentModel,
  folder: string,
): Promise<boolean> {
  await agents.reload();
  // What runs is not to be agreed to unseen.
  agents.mustBeRead();
  const run = vscode.l10n.t('Run');
  const open = vscode.l10n.t('Open File');
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('Run "{0}"? This file has not been run before as it is now.', oneLine(workflow.name)),
    { modal: true, detail: consentText(workflow, agents.agents, folder) },
    run,
    open,
  );
  if (answer === open) await vscode.window.showTextDocument(uri);
  return answer === run;
}

/** A box has one line: it would take the line breaks out. */
function hasLines(value: string): boolean {
  return /[\r\n]/.test(value);
}

function inputField({ name, description, default: value }: Workflow['inputs'][number]): FormField {
  return {
    prompt: plainText(description === undefined ? name : `${name}: ${description}`),
    ...(value !== undefined && hasLines(value)
      ? { value: '', placeholder: vscode.l10n.t('Leave empty for the default: {0}', listText(value).trim()) }
      : { value: value ?? '' }),
    check: (typed) => {
      if (typed === '' && value === undefined) return vscode.l10n.t('Give a value for {0}.', name);
      const bytes = new TextEncoder().encode(typed).length;
      return bytes > MOST_BYTES ? vscode.l10n.t('Too long: at most {0} bytes.', MOST_BYTES) : undefined;
    },
  };
}
