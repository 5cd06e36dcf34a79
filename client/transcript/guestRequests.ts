import type { CutText } from '../../server/protocol/transcript.ts';
import type { TranscriptHeader } from './header.ts';
import type { HostMessage, TranscriptError } from './messages.ts';
import { Pictures } from './pictures.ts';
import type { TranscriptCalls } from './transcriptCalls.ts';
import type { Kinds } from './transcriptFeed.ts';
import { TranscriptFind } from './transcriptFind.ts';
import type { GuestRequest } from './transcriptHost.ts';
import { webLink } from './webLink.ts';
import type { WorkspaceFiles } from './workspaceFiles.ts';

export interface FilePlace {
  /** From 1. */
  readonly line?: number | undefined;
  /** From 1. */
  readonly column?: number | undefined;
}

export interface WholeText {
  readonly title: string;
  readonly text: string;
  /** What it is written in, where somebody knows: the name of a grammar, of a fence, or of the editor's own. */
  readonly language?: string | undefined;
}

/** A text that the guest has whole, or the place of one of which it has only a part. */
interface HeldText {
  readonly text?: string | undefined;
  readonly cut?: CutText | undefined;
}

/** What the window does for the reader of a transcript. */
export interface ReaderWindow {
  copy(text: string): Promise<void>;
  openLink(address: string): Promise<void>;
  openFile(path: string, place: FilePlace): Promise<void>;
  openText(text: WholeText): Promise<void>;
  /** Runs a command on a session. */
  run(command: string, ref: string): Promise<void>;
  /** Says that a link of another kind is not opened. */
  refuseLink(href: string): void;
  /** Says that a path names no file of the workspace. */
  refusePath(path: string): void;
}

export interface GuestRequestsOptions {
  readonly ref: string;
  readonly calls: TranscriptCalls;
  readonly files: WorkspaceFiles;
  readonly window: ReaderWindow;
  readonly header: () => TranscriptHeader;
  readonly kinds: () => Kinds;
  readonly describeError: (error: unknown) => TranscriptError;
  readonly showError: (error: unknown) => void;
  readonly post: (message: HostMessage) => void;
}

/** Answers what a guest asks for besides the transcript itself. What it says is taken for a stranger's word. */
export class GuestRequests {
  readonly #options: GuestRequestsOptions;
  readonly #find: TranscriptFind;
  readonly #pictures: Pictures;

  constructor(options: GuestRequestsOptions) {
    this.#options = options;
    const { calls } = options;
    this.#find = new TranscriptFind({
      ...options,
      findPart: calls.find,
      now: () => performance.now(),
    });
    this.#pictures = new Pictures({ ...options, fetchImage: calls.image });
  }

  receive(request: GuestRequest): void {
    this.#answer(request).catch(this.#options.showError);
  }

  /** The transcript may have grown. */
  changed(): void {
    this.#find.changed();
  }

  /** The guest is gone, for now or for ever: nobody waits for answers. */
  guestLeft(): void {
    this.#find.stop();
    this.#pictures.stop();
  }

  async #answer(request: GuestRequest): Promise<void> {
    const { window, files, post } = this.#options;
    switch (request.type) {
      case 'find':
        this.#find.find(request.request, request.text);
        return;
      case 'image':
        this.#pictures.ask(request);
        return;
      case 'copy':
        await window.copy(await this.#wholeText(request));
        return;
      case 'checkPaths':
        post({ type: 'paths', found: await files.check(request.paths) });
        return;
      case 'openPath':
        await this.#openPath(request);
        return;
      case 'openLink':
        await this.#openLink(request.href);
        return;
      case 'openText':
        await this.#openText(request);
        return;
      case 'action':
        await this.#act(request.command);
    }
  }

  async #openPath({ path, line, column }: Extract<GuestRequest, { type: 'openPath' }>): Promise<void> {
    const { files, window } = this.#options;
    const file = await files.find(path);
    if (file === undefined) window.refusePath(path);
    else await window.openFile(file, { line, column });
  }

  async #openLink(href: string): Promise<void> {
    const { window } = this.#options;
    const address = webLink(href);
    if (address === undefined) window.refuseLink(href);
    else await window.openLink(address);
  }

  async #openText(request: Extract<GuestRequest, { type: 'openText' }>): Promise<void> {
    const { title, language } = request;
    await this.#options.window.openText({ title, language, text: await this.#wholeText(request) });
  }

  async #wholeText({ text, cut }: HeldText): Promise<string> {
    if (cut !== undefined) {
      const { position, id, part } = cut;
      const whole = await this.#options.calls.text({ position, id, part });
      return whole.text;
    }
    if (text !== undefined) return text;
    throw new Error('The transcript view asked for a text and did not say for which.');
  }

  async #act(command: string): Promise<void> {
    const { header, window, ref } = this.#options;
    const isOffered = header().actions?.some((action) => action.command === command) ?? false;
    if (!isOffered)
      throw new Error(`The transcript view asked for ${command}, which its header does not offer.`);
    await window.run(command, ref);
  }
}
