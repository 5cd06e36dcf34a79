import type { TranscriptStrings } from '../strings.ts';
import type { GuestMessage } from '../messages.ts';
import type { Formats } from './formats.ts';
import type { RichContent } from './richContent.ts';

/** What every view of an item needs. The same object as long as nothing of it changes. */
export interface ViewContext {
  readonly strings: TranscriptStrings;
  readonly formats: Formats;
  readonly toggle: (id: string, part: string, button: Element) => void;
  readonly post: (message: GuestMessage) => void;
  /** Tells a text to those who do not see it; an empty one makes room for the same again. */
  readonly say: (text: string) => void;
  readonly content: RichContent;
}

/** One item's share of it. */
export interface ItemContext extends ViewContext {
  readonly id: string;
  /** The parts that are unfolded. */
  readonly open: ReadonlySet<string>;
  /** Whether a call without a result may still be running. */
  readonly mayRun: boolean;
}
