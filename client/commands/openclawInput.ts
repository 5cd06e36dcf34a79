import * as vscode from 'vscode';
import { parseCount } from './input.ts';

/** As OpenClaw and its methods have it. */
const MAX_LABEL = 512;
const COMPACT_LINES = 400;
const MAX_LINES = 100_000_000;

/** Asks for a label; null takes it away, undefined when the person backs out. */
export async function askLabel(title: string, label: string | undefined): Promise<string | null | undefined> {
  const typed = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('The new label, which no other session of the agent has. Empty: none.'),
    value: label ?? '',
    ignoreFocusOut: true,
    validateInput: (value) =>
      value.trim().length > MAX_LABEL
        ? vscode.l10n.t('Too long: at most {0} characters.', MAX_LABEL)
        : undefined,
  });
  if (typed === undefined) return undefined;
  return typed.trim() === '' ? null : typed.trim();
}

/** Asks how many lines of a transcript stay; undefined when the person backs out. */
export async function askLines(title: string): Promise<number | undefined> {
  const typed = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('How many lines of the transcript stay, the header among them'),
    value: String(COMPACT_LINES),
    ignoreFocusOut: true,
    validateInput: (value) => {
      const parsed = parseCount(value, MAX_LINES);
      return typeof parsed === 'string' ? parsed : undefined;
    },
  });
  const lines = typed === undefined ? undefined : parseCount(typed, MAX_LINES);
  return typeof lines === 'number' ? lines : undefined;
}
