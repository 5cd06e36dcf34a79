import { mergeItems, type TranscriptItem } from '../../server/protocol/transcript.ts';

/** The part of a transcript that is held: the records at `start <= position < end`, which follow each other. */
export interface LoadedWindow {
  readonly items: readonly TranscriptItem[];
  readonly start: number;
  readonly end: number;
  readonly atStart: boolean;
  readonly atEnd: boolean;
}

export type Side = 'older' | 'newer';

/**
 * Adds items on one side and lets go of what is outside of `range`. The two ends of a panel do it alike, each with
 * what it holds, so that a message needs to carry no more than what is new.
 */
export function grow(
  items: readonly TranscriptItem[],
  side: Side,
  added: readonly TranscriptItem[],
  range: Pick<LoadedWindow, 'start' | 'end'>,
): TranscriptItem[] {
  const merged = mergeItems(side === 'older' ? [...added, ...items] : [...items, ...added]);
  const isInside = ({ position }: { readonly position: number }) =>
    position >= range.start && position < range.end;
  const kept = merged.filter(isInside);
  const results = merged.flatMap((item) => (isInside(item) ? [] : resultOf(item))).filter(isInside);
  return results.length === 0 ? kept : [...kept, ...results].sort((a, b) => a.position - b.position);
}

/** Of a call that goes, the result, which may stay. */
function resultOf(item: TranscriptItem): TranscriptItem[] {
  if (item.kind !== 'tool_call' || item.callId === undefined || item.result?.record === undefined) return [];
  const { record, ...result } = item.result;
  return [{ ...record, kind: 'tool_result', callId: item.callId, result }];
}

/**
 * Where to cut a window of more than `most` items: at the side that is farther from the reader, who is at `reading`,
 * or at its end where that is undefined. Undefined where nothing is to be cut.
 */
export function trimmed(
  { items, start, end }: LoadedWindow,
  reading: number | undefined,
  most: number,
): Pick<LoadedWindow, 'start' | 'end'> | undefined {
  const surplus = items.length - most;
  if (surplus <= 0) return undefined;
  const place = reading === undefined ? items.length : items.findIndex(({ position }) => position >= reading);
  const before = place === -1 ? items.length : place;
  // A record makes several items; a cut is between records.
  if (before > items.length - before) {
    const first = items[surplus]?.position ?? start;
    return first > start ? { start: first, end } : undefined;
  }
  const last = items[most]?.position ?? end;
  return last > start && last < end ? { start, end: last } : undefined;
}
