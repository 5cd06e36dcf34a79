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
  export const messages = [];
  export const presses = [];
  export const executed = [];
  export const commands = { executeCommand: async (...call) => void executed.push(call) };
  const show = (severity) => async (text, ...buttons) => {
    const titles = buttons.map((button) => button.title ?? button);
    messages.push({ severity, text, buttons: titles });
    if (severity === 'warning') warnings.push(text);
    return buttons[titles.indexOf(presses.shift())];
  };
  export const window = {
    showInformationMessage: show('information'),
    showWarningMessage: show('warning'),
    showErrorMessage: show('error'),
    withProgress: (options, task) => task(),
    createInputBox: () => new InputBox(),
  };
  // A person who accepts what is offered, each time that they are asked.
  const nothing = { dispose: () => {} };
  class InputBox {
    set prompt(asked) { setImmediate(() => this.accept()); }
    onDidChangeValue() { return nothing; }
    onDidAccept(accept) { this.accept = accept; return nothing; }
    onDidTriggerButton() { return nothing; }
    onDidHide() { return nothing; }
    show() {}
    dispose() {}
  }
  export const QuickInputButtons = { Back: {} };
  export const l10n = {
    t: (text, ...values) => text.replaceAll(/\\{(\\d+)\\}/g, (_, at) => String(values[Number(at)])),
  };
`;

const STUB_URL = `data:text/javascript,${encodeURIComponent(STUB)}`;

/** The warnings that were shown so far. */
export async function shownWarnings(): Promise<readonly string[]> {
  return z.object({ warnings: z.array(z.string()) }).parse({ ...(await import(STUB_URL)) }).warnings;
}

const shownWindow = z.object({
  messages: z.array(z.object({ severity: z.string(), text: z.string(), buttons: z.array(z.unknown()) })),
  executed: z.array(z.array(z.unknown())),
});

/** What was shown, and which commands were executed, by what was done; each message is answered with the next button. */
export async function whileShown(
  presses: readonly string[],
  work: () => Promise<void>,
): Promise<z.infer<typeof shownWindow>> {
  const stub = z.record(z.string(), z.unknown()).parse({ ...(await import(STUB_URL)) });
  for (const kept of ['messages', 'executed', 'presses']) {
    const list = stub[kept];
    if (Array.isArray(list)) list.splice(0, list.length, ...(kept === 'presses' ? presses : []));
  }
  await work();
  return shownWindow.parse(structuredClone({ messages: stub['messages'], executed: stub['executed'] }));
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
