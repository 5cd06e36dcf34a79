import type { Side } from '../loadedWindow.ts';
import type { GuestMessage } from '../messages.ts';
import type { ItemList } from './itemList.ts';
import type { TranscriptModel } from './transcriptModel.ts';

/** Asks for what lies beside the window as the reader gets near, and tells the host where the reader is. */
export class WindowLoading {
  readonly #post: (message: GuestMessage) => void;
  /** What was asked for: once is enough. */
  readonly #asked = new Map<Side, number>();
  /** Where the host thinks that the reader is. */
  #told: number | undefined;

  constructor(post: (message: GuestMessage) => void) {
    this.#post = post;
  }

  /** The window is another one. */
  forget(): void {
    this.#asked.clear();
  }

  /** The reader moved, or the window did. */
  moved(model: TranscriptModel, list: ItemList): void {
    if (list.following !== (this.#told === undefined)) this.tellReading(list);
    const { status } = model;
    if (list.isNearStart && !model.atStart && status.olderFailure === undefined)
      this.#loadOnce('older', model, list);
    if (list.isNearEnd && !model.atEnd && status.newerFailure === undefined)
      this.#loadOnce('newer', model, list);
  }

  load(side: Side, model: TranscriptModel, list: ItemList): void {
    const from = edgeOf(model, side);
    this.#asked.set(side, from);
    this.tellReading(list);
    this.#post({ type: 'load', side, from });
  }

  /** The host lets go of what is far from there. */
  tellReading(list: ItemList): void {
    const position = list.anchor?.position;
    if (position === this.#told) return;
    this.#told = position;
    this.#post({ type: 'reading', ...(position === undefined ? {} : { position }) });
  }

  #loadOnce(side: Side, model: TranscriptModel, list: ItemList): void {
    if (this.#asked.get(side) !== edgeOf(model, side)) this.load(side, model, list);
  }
}

function edgeOf(model: TranscriptModel, side: Side): number {
  return side === 'older' ? model.start : model.end;
}
