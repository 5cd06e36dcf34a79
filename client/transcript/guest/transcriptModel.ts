import type { TranscriptItem } from '../../../server/protocol/transcript.ts';
import { mergeItems } from '../../../server/protocol/transcript.ts';
import type { TranscriptHeader } from '../header.ts';
import type { HostMessage, TranscriptStatus } from '../messages.ts';
import type { TranscriptStrings } from '../strings.ts';

/** All that the guest was told so far. */
export interface TranscriptModel {
  readonly ref: string;
  readonly locale: string;
  readonly strings: TranscriptStrings;
  readonly header: TranscriptHeader;
  readonly status: TranscriptStatus;
  /** False until the first page is there. */
  readonly isLoaded: boolean;
  readonly items: readonly TranscriptItem[];
  readonly start: number;
  readonly atStart: boolean;
}

/** Takes a message in; undefined as long as there was no `init`. */
export function applyMessage(
  model: TranscriptModel | undefined,
  message: HostMessage,
): TranscriptModel | undefined {
  if (message.type === 'init') {
    const { type: _, loaded, ...rest } = message;
    return loaded === undefined
      ? { ...rest, isLoaded: false, items: [], start: 0, atStart: false }
      : { ...rest, isLoaded: true, ...loaded };
  }
  if (model === undefined) return undefined;
  switch (message.type) {
    case 'header':
      return { ...model, header: message.header };
    case 'status':
      return { ...model, status: message.status };
    case 'reset': {
      const { items, start, atStart } = message;
      return { ...model, isLoaded: true, items, start, atStart };
    }
    case 'older': {
      const { items, start, atStart } = message;
      return { ...model, items: mergeItems([...items, ...model.items]), start, atStart };
    }
    case 'newer':
      return { ...model, items: mergeItems([...model.items, ...message.items]) };
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
