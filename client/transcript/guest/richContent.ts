import type { GuestMessage, HostMessage } from '../messages.ts';
import { ToolEdits } from './diff/toolEdits.ts';
import { Highlighter } from './highlight/highlighter.ts';
import { startHighlightWorker } from './highlight/startWorker.ts';
import { listenForLinks } from './links.ts';
import { MarkdownTexts } from './markdown/markdownTexts.ts';
import { PathChecks } from './paths/pathChecks.ts';
import { Pictures } from './pictures/pictures.ts';

/** What makes more than plain text of what agents wrote. One for a page: it remembers what it made. */
export class RichContent {
  readonly markdown = new MarkdownTexts();
  readonly edits = new ToolEdits();
  readonly highlighter = new Highlighter({
    startWorker: startHighlightWorker,
    startMs: 20_000,
    answerMs: 5000,
    idleMs: 60_000,
  });
  readonly paths: PathChecks;
  readonly pictures: Pictures;
  readonly #post: (message: GuestMessage) => void;

  constructor(post: (message: GuestMessage) => void) {
    this.#post = post;
    this.paths = new PathChecks(post);
    this.pictures = new Pictures(post);
  }

  /** Makes the links below an element work. */
  listen(root: HTMLElement): void {
    listenForLinks(root, this.#post);
  }

  /** Every message of the host may be given to it; it takes what is its own. */
  receive(message: HostMessage): void {
    if (message.type === 'image') this.pictures.receive(message);
    if (message.type === 'paths') this.paths.receive(message);
    if (message.type === 'window') this.pictures.forget();
  }
}
