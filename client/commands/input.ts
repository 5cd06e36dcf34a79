import * as vscode from 'vscode';
import { MAX_ITERATIONS } from '../../server/protocol/session.ts';

/** A whole number from 1 to `most` that a person typed, or what is wrong with it. */
export function parseCount(typed: string, most: number): number | string {
  const value = typed.trim();
  if (!/^\d+$/.test(value)) return vscode.l10n.t('Enter a whole number, such as 10.');
  const number = Number(value);
  if (number < 1 || number > most) return vscode.l10n.t('Enter a number from 1 to {0}.', most);
  return number;
}

/** Asks for a number of iterations; undefined when the person backs out. */
export async function askIterations(
  title: string,
  prompt: string,
  proposed: number,
  most = MAX_ITERATIONS,
): Promise<number | undefined> {
  const typed = await vscode.window.showInputBox({
    title,
    prompt,
    value: String(Math.min(proposed, most)),
    ignoreFocusOut: true,
    validateInput: (value) => {
      const parsed = parseCount(value, most);
      return typeof parsed === 'string' ? parsed : undefined;
    },
  });
  if (typed === undefined) return undefined;
  const parsed = parseCount(typed, most);
  return typeof parsed === 'number' ? parsed : undefined;
}

/** Asks for a line of text that says something; undefined when the person backs out. */
export async function askText(
  options: vscode.InputBoxOptions & {
    /** Bytes of UTF-8. */
    readonly most: number;
    readonly empty: string;
  },
): Promise<string | undefined> {
  const { most, empty, ...box } = options;
  const typed = await vscode.window.showInputBox({
    ignoreFocusOut: true,
    ...box,
    validateInput: (value) => {
      if (value.trim() === '') return empty;
      const bytes = new TextEncoder().encode(value).length;
      return bytes > most ? vscode.l10n.t('Too long: at most {0} bytes.', most) : undefined;
    },
  });
  return typed?.trim();
}
