import { registerHooks } from 'node:module';
import * as z from 'zod';

const STUB = `
  export const env = { language: 'en' };
  export class FileSystemError extends Error {}
  export const warnings = [];
  export const workspace = { isTrusted: true, getWorkspaceFolder: () => undefined };
  export const ProgressLocation = { Window: 10 };
  export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 };
  export class TreeItem { constructor(label, collapsibleState) { Object.assign(this, { label, collapsibleState }); } }
  export class ThemeColor { constructor(id) { this.id = id; } }
  export class ThemeIcon { constructor(id, color) { Object.assign(this, { id, color }); } }
  export const window = {
    showWarningMessage: async (text) => void warnings.push(text),
    withProgress: (options, task) => task(),
  };
  export const l10n = {
    t: (text, ...values) => text.replaceAll(/\\{(\\d+)\\}/g, (_, at) => String(values[Number(at)])),
  };
`;

const STUB_URL = `data:text/javascript,${encodeURIComponent(STUB)}`;

/** The warnings that were shown so far. */
export async function shownWarnings(): Promise<readonly string[]> {
  return z.object({ warnings: z.array(z.string()) }).parse({ ...(await import(STUB_URL)) }).warnings;
}

/** Loads modules of the client that take their words from VS Code, of which there is none here: as they are in English. */
export async function inEnglish<T>(load: () => Promise<T>): Promise<T> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'vscode' ? { url: STUB_URL, shortCircuit: true } : next(specifier, context),
  });
  try {
    return await load();
  } finally {
    hooks.deregister();
  }
}
