import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { WebviewTypes } from '../ids.ts';
import { GuestRequests, type ReaderWindow } from './guestRequests.ts';
import { withoutActions, type TranscriptHeader } from './header.ts';
import { localizedStrings } from './localizedStrings.ts';
import type { TranscriptError, WindowTarget } from './messages.ts';
import { panelHtml } from './panelHtml.ts';
import { tabTitle } from './tabTitle.ts';
import type { TranscriptCalls } from './transcriptCalls.ts';
import type { FeedStart, Kinds } from './transcriptFeed.ts';
import { TranscriptHost } from './transcriptHost.ts';
import { WorkspaceFiles } from './workspaceFiles.ts';

export interface TranscriptPanelOptions {
  readonly extensionUri: vscode.Uri;
  readonly ref: string;
  readonly header: TranscriptHeader;
  readonly start: FeedStart;
  readonly calls: TranscriptCalls;
  readonly window: ReaderWindow;
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
  readonly #requests: GuestRequests;
  readonly #disposables: vscode.Disposable[] = [];
  readonly #disposed = new vscode.EventEmitter<void>();
  #header: TranscriptHeader;
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
            tabTitle(options.header.title),
            { viewColumn: vscode.ViewColumn.Active, preserveFocus: options.place.preserveFocus },
            webviewOptions,
          );
    const { webview } = this.#panel;
    this.#header = options.header;
    this.#requests = new GuestRequests({
      ...options,
      files: new WorkspaceFiles(() => ({
        folders: workspaceFolders(),
        place: this.#header.place,
        home: homedir(),
      })),
      header: () => this.#header,
      kinds: () => this.#host.kinds,
      post: (message) => this.#host.post(message),
    });
    this.#host = new TranscriptHost({
      ...options,
      fetchPage: options.calls.page,
      locale: vscode.env.language,
      strings: localizedStrings(),
      onRequest: (request) => this.#requests.receive(request),
      post: (message) => void webview.postMessage(message).then(undefined, options.showError),
    });
    this.#disposables.push(
      this.#disposed,
      this.#panel.onDidDispose(() => this.#close()),
      this.#panel.onDidChangeViewState(({ webviewPanel }) => {
        if (!webviewPanel.visible) this.#guestLeft();
      }),
      webview.onDidReceiveMessage((message: unknown) => this.#host.receive(message)),
      options.onDidChange(() => {
        this.#host.changed();
        this.#requests.changed();
      }),
    );
    this.#host.prepare();
    // Set when everything listens: the guest says `ready` as soon as it runs.
    this.#panel.title = tabTitle(options.header.title);
    this.#panel.iconPath = new vscode.ThemeIcon('comment-discussion');
    webview.options = webviewOptions;
    webview.html = pageFor(webview, files);
  }

  get isActive(): boolean {
    return this.#panel.active;
  }

  /** The kinds that are shown; everything where undefined. */
  get kinds(): Kinds {
    return this.#host.kinds;
  }

  reveal(preserveFocus: boolean): void {
    this.#panel.reveal(undefined, preserveFocus);
  }

  show(target: WindowTarget): void {
    this.#host.show(target);
  }

  openFind(): void {
    this.#host.post({ type: 'openFind' });
  }

  /** What this window knows of the session now; undefined where there is none: what was known of it stays. */
  updateHeader(known: TranscriptHeader | undefined): void {
    const header = known ?? withoutActions(this.#header);
    this.#header = header;
    this.#panel.title = tabTitle(header.title);
    this.#host.updateHeader(header);
  }

  dispose(): void {
    this.#panel.dispose();
  }

  #guestLeft(): void {
    this.#host.guestLeft();
    this.#requests.guestLeft();
  }

  #close(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#host.dispose();
    this.#requests.guestLeft();
    this.#disposed.fire();
    for (const disposable of this.#disposables) disposable.dispose();
  }
}

function workspaceFolders(): string[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.flatMap(({ uri }) => (uri.scheme === 'file' ? [uri.fsPath] : []));
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
