import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import { DocumentSchemes } from '../ids.ts';
import { plainText, revealBidi } from '../services/plainText.ts';
import { ansiRuns, textOf } from '../transcript/ansiRuns.ts';
import type { WholeText } from '../transcript/guestRequests.ts';
import { textLanguage } from '../transcript/textLanguage.ts';
import { bytesText } from './age.ts';

/** VS Code shows extensions no document that is longer, in bytes. */
const MOST_BYTES = 50 * 1024 * 1024;
const MOST_TITLE = 100;

/** Long texts of transcripts as read-only documents. Each is held as long as its document is. */
export class WholeTexts implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #disposables: readonly vscode.Disposable[];

  constructor() {
    this.#disposables = [
      vscode.workspace.registerTextDocumentContentProvider(DocumentSchemes.text, this),
      vscode.workspace.onDidCloseTextDocument((document) => {
        // A document that gets another language is closed and opened, and stays.
        const isOurs = document.uri.scheme === DocumentSchemes.text;
        if (isOurs && document.isClosed) this.#texts.delete(document.uri.query);
      }),
    ];
  }

  provideTextDocumentContent({ query }: vscode.Uri): string {
    return (
      this.#texts.get(query) ?? vscode.l10n.t('This text was closed. Open it again from its transcript.')
    );
  }

  async show({ title, text, language }: WholeText): Promise<void> {
    const bytes = Buffer.byteLength(text);
    if (bytes > MOST_BYTES) {
      const message = vscode.l10n.t(
        '"{0}" is too large for an editor: {1}. Export the transcript to read it.',
        title,
        bytesText(bytes),
      );
      void vscode.window.showWarningMessage(plainText(message));
      return;
    }
    // What tells it from others is in no part of the address that a tab shows.
    const key = randomUUID();
    const uri = vscode.Uri.from({ scheme: DocumentSchemes.text, path: `/${tabName(title)}`, query: key });
    this.#texts.set(key, readable(text));
    try {
      const document = await vscode.workspace.openTextDocument(uri);
      const id = textLanguage(text, language, await vscode.languages.getLanguages());
      await vscode.window.showTextDocument(await vscode.languages.setTextDocumentLanguage(document, id), {
        preview: true,
      });
    } catch (error) {
      this.#texts.delete(key);
      throw error;
    }
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
    this.#texts.clear();
  }
}

/** What a program told its terminal is noise in an editor. */
function readable(text: string): string {
  return text.includes('\u001b') ? textOf(ansiRuns(text)) : text;
}

/** A title as the last part of a path. */
function tabName(title: string): string {
  const line = revealBidi(title)
    .replaceAll(/[/\\\s]+/g, ' ')
    .trim();
  const name = Array.from(line).slice(0, MOST_TITLE).join('');
  return name === '' || /^\.+$/.test(name) ? vscode.l10n.t('Text') : name;
}
