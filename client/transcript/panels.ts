import type * as vscode from 'vscode';
import type { TranscriptHeader } from './header.ts';
import { guestState } from './messages.ts';
import type { PanelPlace, TranscriptPanelOptions } from './panel.ts';
import { TranscriptPanel } from './panel.ts';
import type { FetchPage } from './transcriptFeed.ts';

export interface TranscriptPanelsOptions extends Pick<
  TranscriptPanelOptions,
  'extensionUri' | 'describeError' | 'showError'
> {
  readonly fetchPage: (ref: string) => FetchPage;
  /** What is above the transcript; undefined while the session is not known. */
  readonly headerOf: (ref: string) => TranscriptHeader | undefined;
  /** Some transcript may have grown, or some header changed. */
  readonly onDidChange: vscode.Event<void>;
}

/** The open transcripts: one panel for each session. */
export class TranscriptPanels implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #options: TranscriptPanelsOptions;
  readonly #panels = new Map<string, TranscriptPanel>();
  readonly #changes: vscode.Disposable;

  constructor(options: TranscriptPanelsOptions) {
    this.#options = options;
    this.#changes = options.onDidChange(() => this.#updateHeaders());
  }

  /**
   * Shows a transcript; one that is open already comes to the front. With `preserveFocus` the keyboard stays where
   * it is: in a list, the next key is for the list.
   */
  open(ref: string, preserveFocus: boolean): void {
    const panel = this.#panels.get(ref);
    if (panel === undefined) this.#add(ref, { title: ref }, { preserveFocus });
    else panel.reveal(preserveFocus);
  }

  /** Called by VS Code for a panel that was open when the window was reloaded. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const kept = guestState.safeParse(state);
    if (kept.success && !this.#panels.has(kept.data.ref)) {
      this.#add(kept.data.ref, { title: kept.data.title }, { panel });
    } else {
      panel.dispose(); // nothing says whose transcript it was, or it is open again already
    }
  }

  dispose(): void {
    this.#changes.dispose();
    for (const panel of this.#panels.values()) panel.dispose();
  }

  #add(ref: string, unknownHeader: TranscriptHeader, place: PanelPlace): void {
    const { extensionUri, fetchPage, headerOf, onDidChange, describeError, showError } = this.#options;
    const panel = new TranscriptPanel({
      extensionUri,
      ref,
      header: headerOf(ref) ?? unknownHeader,
      fetchPage: fetchPage(ref),
      onDidChange,
      describeError,
      showError,
      place,
    });
    this.#panels.set(ref, panel);
    panel.onDidDispose(() => this.#panels.delete(ref));
  }

  #updateHeaders(): void {
    for (const [ref, panel] of this.#panels) {
      const header = this.#options.headerOf(ref);
      if (header !== undefined) panel.updateHeader(header);
    }
  }
}
