import type { TranscriptItem } from '../../../server/protocol/transcript.ts';

/** CSS pixels, at the default size of text. */
const LINE = 20;
const CHARACTER = 7;
const FOLDED = 30;
const MESSAGE_HEAD = 44;

/** About how high an item is, before it was ever drawn: good enough that the scroll bar does not leap. */
export function estimatedHeight(item: TranscriptItem, width: number): number {
  switch (item.kind) {
    case 'message':
      return item.injected === true ? FOLDED : MESSAGE_HEAD + textHeight(item.text, width);
    case 'summary':
    case 'learning':
    case 'note':
      return MESSAGE_HEAD + textHeight('text' in item ? item.text : item.insight, width);
    case 'iteration':
    case 'compaction':
      return FOLDED * 2;
    default:
      return FOLDED;
  }
}

function textHeight(text: string, width: number): number {
  const perLine = Math.max(20, Math.min(width, 950) / CHARACTER);
  let lines = 0;
  let start = 0;
  // A text of many short lines is as high as they are many.
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
    lines += Math.max(1, Math.ceil((end - start) / perLine));
    start = end + 1;
  }
  return (lines + Math.max(1, Math.ceil((text.length - start) / perLine))) * LINE;
}
