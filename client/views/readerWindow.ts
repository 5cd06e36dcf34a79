import * as vscode from 'vscode';
import { plainText } from '../services/plainText.ts';
import type { ReaderWindow } from '../transcript/guestRequests.ts';
import type { WholeTexts } from './wholeTexts.ts';

export interface ReaderWindowParts {
  readonly texts: Pick<WholeTexts, 'show'>;
  /** A session as its row in the list, which is what commands take; undefined where this window does not know it. */
  readonly rowOf: (ref: string) => unknown;
}

/** What a transcript's reader asks for, done in the window of VS Code. */
export function readerWindow({ texts, rowOf }: ReaderWindowParts): ReaderWindow {
  return {
    copy: async (text) => vscode.env.clipboard.writeText(text),
    openText: (text) => texts.show(text),

    openLink: async (address) => {
      // As a text: a Uri writes percent-encoded characters in its own way, which is another address for some servers.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- VS Code takes both, and its types tell of one
      await vscode.env.openExternal(address as unknown as vscode.Uri);
    },

    openFile: async (path, { line, column }) => {
      const at = line === undefined ? undefined : new vscode.Position(line - 1, (column ?? 1) - 1);
      // Not showTextDocument: a picture has an editor of its own.
      await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(path), {
        preview: true,
        ...(at === undefined ? {} : { selection: new vscode.Range(at, at) }),
      });
    },

    run: async (command, ref) => {
      const row = rowOf(ref);
      if (row !== undefined) {
        await vscode.commands.executeCommand(command, row);
        return;
      }
      void vscode.window.showWarningMessage(
        vscode.l10n.t('The session of this transcript is not there any more: nothing was done.'),
      );
    },

    refuseLink: (href) => {
      const message = vscode.l10n.t(
        'This link is not opened: {0}. Only web addresses and mail addresses are.',
        shorten(href),
      );
      void vscode.window.showWarningMessage(plainText(message));
    },

    refusePath: (path) => {
      const message = vscode.l10n.t(
        '{0} is not opened: it is no file of a folder that is open in this window.',
        shorten(path),
      );
      void vscode.window.showWarningMessage(plainText(message));
    },
  };
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
