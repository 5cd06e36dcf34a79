import type * as vscode from 'vscode';
import type { TranscriptHeader } from './header.ts';
import { guestState, type WindowTarget } from './messages.ts';
import type { PanelPlace, TranscriptPanelOptions } from './panel.ts';
import { TranscriptPanel } from './panel.ts';
import type { TranscriptCalls } from './transcriptCalls.ts';
import type { FeedStart, Kinds } from './transcriptFeed.ts';

export interface TranscriptPanelsOptions extends Pick<
  TranscriptPanelOptions,
  'extensionUri' | 'window' | 'describeError' | 'showError'
> {
  readonly callsFor: (ref: string) => TranscriptCalls;
  /** What is above the transcript; undefined where the session is not known, or is no more. */
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
   * it is: in a list, the next key is for the list. `target` is where to look; the reader's own place, or the end,
   * where there is none.
   */
  open(ref: string, preserveFocus: boolean, target?: WindowTarget): void {
    const panel = this.#panels.get(ref);
    if (panel === undefined) {
      this.#add(ref, { title: ref }, { target: target ?? 'end', kinds: undefined }, { preserveFocus });
      return;
    }
    panel.reveal(preserveFocus);
    if (target !== undefined) panel.show(target);
  }

  /** Whose transcript the active editor shows. */
  get activeRef(): string | undefined {
    for (const [ref, panel] of this.#panels) if (panel.isActive) return ref;
    return undefined;
  }

  /** Opens the box for a search in the active transcript. */
  openFind(): void {
    for (const panel of this.#panels.values()) if (panel.isActive) panel.openFind();
  }

  /** The kinds that the transcript's panel shows; everything where undefined, and where no panel is open. */
  kindsOf(ref: string): Kinds {
    return this.#panels.get(ref)?.kinds;
  }

  /** Called by VS Code for a panel that was open when the window was reloaded. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const kept = guestState.safeParse(state);
    if (kept.success && !this.#panels.has(kept.data.ref)) {
      const { ref, title, anchor, kinds } = kept.data;
      this.#add(ref, { title }, { target: anchor?.position ?? 'end', kinds }, { panel });
    } else {
      panel.dispose(); // nothing says whose transcript it was, or it is open again already
    }
  }

  dispose(): void {
    this.#changes.dispose();
    for (const panel of this.#panels.values()) panel.dispose();
  }

  #add(ref: string, unknownHeader: TranscriptHeader, start: FeedStart, place: PanelPlace): void {
    const { callsFor, headerOf, ...options } = this.#options;
    const panel = new TranscriptPanel({
      ...options,
      ref,
      header: headerOf(ref) ?? unknownHeader,
      start,
      calls: callsFor(ref),
      place,
    });
    this.#panels.set(ref, panel);
    panel.onDidDispose(() => this.#panels.delete(ref));
  }

  #updateHeaders(): void {
    for (const [ref, panel] of this.#panels) panel.updateHeader(this.#options.headerOf(ref));
  }
}
