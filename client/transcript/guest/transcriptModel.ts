import type { TranscriptItem } from '../../../server/protocol/transcript.ts';
import type { TranscriptHeader } from '../header.ts';
import { grow, type LoadedWindow } from '../loadedWindow.ts';
import type { GuestState, HostMessage, TranscriptStatus } from '../messages.ts';
import type { TranscriptStrings } from '../strings.ts';

/** All that the guest was told so far of the transcript. */
export interface TranscriptModel extends LoadedWindow {
  readonly ref: string;
  readonly locale: string;
  readonly strings: TranscriptStrings;
  readonly header: TranscriptHeader;
  readonly status: TranscriptStatus;
  /** What the reader wants to see; everything where undefined. */
  readonly kinds: GuestState['kinds'];
  /** False until the first page is there. */
  readonly isLoaded: boolean;
}

const nothingYet: LoadedWindow = { items: [], start: 0, end: 0, atStart: false, atEnd: false };

/** Takes a message in; undefined as long as there was no `init`. Of those that tell no part of it, nothing changes. */
export function applyMessage(
  model: TranscriptModel | undefined,
  message: HostMessage,
): TranscriptModel | undefined {
  if (message.type === 'init') {
    const { type: _, loaded, kinds, ...rest } = message;
    return { ...rest, kinds, isLoaded: loaded !== undefined, ...(loaded ?? nothingYet) };
  }
  if (model === undefined) return undefined;
  switch (message.type) {
    case 'header':
      return { ...model, header: message.header };
    case 'status':
      return { ...model, status: message.status };
    case 'window': {
      const { type: _, target: __, kinds, ...window } = message;
      return { ...model, ...window, kinds, isLoaded: true };
    }
    case 'grown': {
      const { type: _, side, ...window } = message;
      return { ...model, ...window, items: grow(model.items, side, window.items, window) };
    }
    default:
      return model;
  }
}

/** Whether somebody works on the session, as far as is known. */
export function isLive({ status, activity }: TranscriptHeader): boolean {
  return status === 'active' || activity?.state === 'running';
}

/**
 * Where the turn begins that is not finished. A call without a result before it was interrupted, or its result is
 * missing; one after it may still run.
 */
export function openTurnIndex(items: readonly TranscriptItem[]): number {
  return (
    items.findLastIndex(({ kind }) => kind === 'message' || kind === 'iteration' || kind === 'lifecycle') + 1
  );
}
