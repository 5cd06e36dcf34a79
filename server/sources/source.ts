import type { RecordFilter } from '../domain/recordFilter.ts';
import type { Disposable } from '../platform/disposable.ts';
import type { SourceKind, SourceProblem, SourceSession } from '../protocol/sourceSession.ts';
import type { TranscriptImage, TranscriptPage } from '../protocol/transcript.ts';
import type { Picture } from './picture.ts';

/** The most that a list reads of one file, in bytes (head and tail together). */
export const LIST_READ_BYTES = 64 * 1024;

export interface SourceListing {
  /** Newest first, at most `limit` top-level ones; the sub-agents of each follow it. */
  readonly sessions: SourceSession[];
  /** Top-level sessions on disk. */
  readonly total: number;
  readonly problems: SourceProblem[];
}

export interface PageQuery {
  readonly from?: number | undefined;
  readonly before?: number | undefined;
  /** Lines, at least 1. */
  readonly limit: number;
  readonly generation?: string | undefined;
  /**
   * For who goes through the whole transcript: notes come without the numbers of lines, which take time to count, and
   * where `from` means nothing any more, the page is the first one.
   */
  readonly scan?:
    { /** Records that it refuses make no items. */ readonly filter?: RecordFilter | undefined } | undefined;
}

/** Where a picture is that an item of a page names, and the page's generation. */
export interface PictureQuery extends TranscriptImage {
  readonly generation?: string | undefined;
}

/** Another agent's session store. Read-only: nothing below `root` is ever written, locked or touched. */
export interface SessionSource {
  readonly kind: SourceKind;
  /** The agent's name as people know it. */
  readonly label: string;
  /** Absolute path of the folder that holds the sessions; it need not exist. */
  readonly root: string;
  list(limit: number): Promise<SourceListing>;
  /**
   * A page of the transcript at `path`, relative to `root` with `/` between its parts. Its items are those that the
   * records make, each by itself: `mergeItems` makes of them what a person reads.
   * @throws LockstepError SESSION_NOT_FOUND where it is not the path of a session of this source.
   */
  page(path: string, query: PageQuery): Promise<TranscriptPage>;
  /**
   * A picture of the transcript at `path`. Only the record that holds it is read, and nothing from elsewhere.
   * @throws LockstepError SESSION_NOT_FOUND as {@link page} does, INVALID_PARAMS where no such picture is there any
   * more, IMAGE_REFUSED where it is none that is shown.
   */
  image(path: string, query: PictureQuery): Promise<Picture>;
  /** Calls back after files of the source were added, changed or removed; bursts are joined. */
  watch(onChange: () => void): Disposable;
}
