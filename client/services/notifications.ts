import * as vscode from 'vscode';
import { errorAsMarkdown } from '../../server/protocol/errorText.ts';
import type { ErrorAction, WireError } from '../../server/protocol/error.ts';
import { CallError } from './callError.ts';
import { plainText } from './plainText.ts';

export interface ErrorHandling {
  /** Makes the call that failed again; absent where it cannot be repeated. */
  readonly retry?: () => Promise<void>;
  /** Makes the call that an action names. */
  readonly run: (method: string, params: Record<string, unknown>) => Promise<void>;
}

/** Shows an error as a notification whose buttons are the error's actions. What is no CallError is a fault of ours. */
export async function showError(error: unknown, handling: ErrorHandling): Promise<void> {
  const wire = wireOf(error);
  const actions = wire.actions.filter((action) => action.kind !== 'retry' || handling.retry !== undefined);
  const buttons = actions
    .filter((action) => action.kind !== 'dismiss')
    .map((action) => ({ title: vscode.l10n.t(action.label), action }));
  const { title, message, explanation = '' } = errorWords(error);
  const words = `${title}: ${message} ${explanation}`.trim();
  const chosen = await vscode.window.showErrorMessage(plainText(words), ...buttons);
  if (chosen) await act(chosen.action, wire, handling);
}

async function act(action: ErrorAction, wire: WireError, handling: ErrorHandling): Promise<void> {
  switch (action.kind) {
    case 'retry':
      return handling.retry?.();
    case 'command':
      return handling.run(action.method, action.params);
    case 'link':
      await vscode.env.openExternal(vscode.Uri.parse(action.url, true));
      return;
    case 'report':
      await vscode.env.clipboard.writeText(errorAsMarkdown(wire));
      void vscode.window.showInformationMessage(vscode.l10n.t('The report is on the clipboard.'));
      return;
    case 'dismiss':
  }
}

/** What a person reads of an error, in their language. */
export interface ErrorWords {
  readonly title: string;
  readonly message: string;
  readonly explanation?: string;
}

export function errorWords(error: unknown): ErrorWords {
  const { title, message, explanation } = wireOf(error);
  return {
    title: vscode.l10n.t(title),
    message,
    ...(explanation === undefined ? {} : { explanation: vscode.l10n.t(explanation) }),
  };
}

/** The words for an error; what is no CallError is a fault of ours. */
export function wireOf(error: unknown): WireError {
  if (error instanceof CallError) return error.wire;
  if (isFileError(error)) {
    return {
      code: 'INTERNAL',
      title: vscode.l10n.t('A file cannot be used'),
      message: error.message,
      requestId: 'none',
      actions: [{ kind: 'retry', label: 'Try Again' }],
      details: {},
    };
  }
  return {
    code: 'INTERNAL',
    title: vscode.l10n.t('Something went wrong in Lockstep'),
    message: error instanceof Error ? error.message : String(error),
    requestId: 'none',
    actions: [{ kind: 'report', label: 'Copy Report' }],
    details: error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {},
  };
}

/** A full disk, or a folder that may not be written to: no fault of ours, and no report of it helps anybody. */
function isFileError(error: unknown): error is Error {
  return error instanceof vscode.FileSystemError || (error instanceof Error && 'syscall' in error);
}
