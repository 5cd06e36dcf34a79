import type { Disposable } from '../platform/disposable.ts';
import type { SourceKind, SourceProblem, SourceSession } from '../protocol/sourceSession.ts';
import type { TranscriptPage } from '../protocol/transcript.ts';

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
   * A page of the transcript at `path`, relative to `root` with `/` between its parts.
   * @throws LockstepError SESSION_NOT_FOUND where it is not the path of a session of this source.
   */
  page(path: string, query: PageQuery): Promise<TranscriptPage>;
  /** Calls back after files of the source were added, changed or removed; bursts are joined. */
  watch(onChange: () => void): Disposable;
}
