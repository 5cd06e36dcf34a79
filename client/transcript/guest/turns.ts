import type { TranscriptItem } from '../../../server/protocol/transcript.ts';

/** Where a turn begins: with what a person said, or an iteration. What the agent program wrote is nobody's turn. */
function beginsTurn(item: TranscriptItem): boolean {
  if (item.kind === 'iteration') return item.phase === 'begin';
  return item.kind === 'message' && item.role === 'user' && item.injected !== true;
}

/** The index of the turn that begins next after an index; undefined where none does. */
export function nextTurn(items: readonly TranscriptItem[], from: number): number | undefined {
  const index = items.findIndex((item, at) => at > from && beginsTurn(item));
  return index === -1 ? undefined : index;
}

/** The index of the turn that begins last before an index; undefined where none does. */
export function previousTurn(items: readonly TranscriptItem[], from: number): number | undefined {
  const index = items.findLastIndex((item, at) => at < from && beginsTurn(item));
  return index === -1 ? undefined : index;
}
