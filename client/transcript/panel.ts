import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { WebviewTypes } from '../ids.ts';
import type { TranscriptHeader } from './header.ts';
import { localizedStrings } from './localizedStrings.ts';
import type { TranscriptError } from './messages.ts';
import { panelHtml } from './panelHtml.ts';
import type { FetchPage } from './transcriptFeed.ts';
import { TranscriptHost } from './transcriptHost.ts';

/** A tab wider than this pushes its neighbours away. */
const MAX_TAB_TITLE = 40;

export interface TranscriptPanelOptions {
  readonly extensionUri: vscode.Uri;
  readonly ref: string;
  readonly header: TranscriptHeader;
  readonly fetchPage: FetchPage;
  /** The transcript may have grown. */
  readonly onDidChange: vscode.Event<void>;
  readonly describeError: (error: unknown) => TranscriptError;
  readonly showError: (error: unknown) => void;
  readonly place: PanelPlace;
}

/** A tab that VS Code gives back after a reload of the window, or a new one. */
export type PanelPlace = { readonly panel: vscode.WebviewPanel } | { readonly preserveFocus: boolean };

/** One transcript in one editor tab. */
export class TranscriptPanel implements vscode.Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #host: TranscriptHost;
  readonly #disposables: vscode.Disposable[] = [];
  readonly #disposed = new vscode.EventEmitter<void>();
  #isDisposed = false;

  readonly onDidDispose = this.#disposed.event;

  constructor(options: TranscriptPanelOptions) {
    const files = vscode.Uri.joinPath(options.extensionUri, 'dist');
    // Not `retainContextWhenHidden`: a hidden transcript would cost a renderer process's memory for nothing.
    const webviewOptions = { enableScripts: true, enableForms: false, localResourceRoots: [files] };
    this.#panel =
      'panel' in options.place
        ? options.place.panel
        : vscode.window.createWebviewPanel(
            WebviewTypes.transcript,
            tabTitle(options.header),
            { viewColumn: vscode.ViewColumn.Active, preserveFocus: options.place.preserveFocus },
            webviewOptions,
          );
    const { webview } = this.#panel;
    this.#host = new TranscriptHost({
      ...options,
      locale: vscode.env.language,
      strings: localizedStrings(),
      copy: (text) => void vscode.env.clipboard.writeText(text).then(undefined, options.showError),
      post: (message) => void webview.postMessage(message).then(undefined, options.showError),
    });
    this.#disposables.push(
      this.#disposed,
      this.#panel.onDidDispose(() => this.#close()),
      this.#panel.onDidChangeViewState(({ webviewPanel }) => {
        if (!webviewPanel.visible) this.#host.guestLeft();
      }),
      webview.onDidReceiveMessage((message: unknown) => this.#host.receive(message)),
      options.onDidChange(() => this.#host.changed()),
    );
    // Set when everything listens: the guest says `ready` as soon as it runs.
    this.#panel.title = tabTitle(options.header);
    this.#panel.iconPath = new vscode.ThemeIcon('comment-discussion');
    webview.options = webviewOptions;
    webview.html = pageFor(webview, files);
  }

  reveal(preserveFocus: boolean): void {
    this.#panel.reveal(undefined, preserveFocus);
  }

  updateHeader(header: TranscriptHeader): void {
    this.#panel.title = tabTitle(header);
    this.#host.updateHeader(header);
  }

  dispose(): void {
    this.#panel.dispose();
  }

  #close(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#host.dispose();
    this.#disposed.fire();
    for (const disposable of this.#disposables) disposable.dispose();
  }
}

function pageFor(webview: vscode.Webview, files: vscode.Uri): string {
  const uri = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(files, name)).toString();
  return panelHtml({
    cspSource: webview.cspSource,
    nonce: randomBytes(16).toString('base64'),
    language: vscode.env.language,
    script: uri('transcript.js'),
    styles: [uri('codicon.css'), uri('transcript.css')],
  });
}

function tabTitle({ title }: TranscriptHeader): string {
  const line = title.replaceAll(/\s+/g, ' ').trim();
  const characters = Array.from(line); // whole characters, not halves of surrogate pairs
  return characters.length > MAX_TAB_TITLE ? `${characters.slice(0, MAX_TAB_TITLE - 1).join('')}…` : line;
}
