import { transcriptChanged } from '../domain/errors.ts';
import { cutItem } from '../domain/transcriptCut.ts';
import { partText } from '../domain/transcriptText.ts';
import type { ParamsOf, ResultOf } from '../protocol/method.ts';
import { mergeItems, type TranscriptItem } from '../protocol/transcript.ts';
import type { transcriptsPage, transcriptsText } from '../protocol/transcriptMethods.ts';
import type { TranscriptReader } from './transcriptReader.ts';

export async function transcriptPage(
  reader: TranscriptReader,
  { ref, kinds, maxText, ...query }: ParamsOf<typeof transcriptsPage>,
): Promise<ResultOf<typeof transcriptsPage>> {
  const { items, ...page } = await reader.page(ref, query);
  const cut = maxText === undefined ? items : items.map((item) => cutItem(item, maxText));
  return { ...page, items: ofKinds(mergeItems(cut), kinds) };
}

export function ofKinds(
  items: readonly TranscriptItem[],
  kinds: readonly TranscriptItem['kind'][] | undefined,
): TranscriptItem[] {
  return items.filter((item) => isShown(item, kinds));
}

/** A result goes with calls: it is shown in its own, which may be on another page. */
export function isShown(
  { kind }: TranscriptItem,
  kinds: readonly TranscriptItem['kind'][] | undefined,
): boolean {
  if (kinds === undefined || kinds.includes(kind)) return true;
  return kind === 'tool_result' && kinds.includes('tool_call');
}

/** @throws LockstepError INVALID_PARAMS where the transcript holds no such text any more */
export async function transcriptText(
  reader: TranscriptReader,
  { ref, position, id, part, generation }: ParamsOf<typeof transcriptsText>,
): Promise<ResultOf<typeof transcriptsText>> {
  const page = await reader.page(ref, { from: position, limit: 1, generation, scan: {} });
  const isSame = generation === undefined || page.generation === generation;
  const item = isSame
    ? page.items.findLast((each) => each.id === id && each.position === position)
    : undefined;
  const text = item && partText(item, part);
  if (text === undefined) throw transcriptChanged();
  return { text };
}
