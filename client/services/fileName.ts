import { revealBidi } from './plainText.ts';

/** Long enough to tell sessions apart; in bytes, of which file systems allow 255 with the ending. */
const MOST_BYTES = 100;

/** Names that Windows keeps for devices, with any ending. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** A title as the name of a file that every system takes, without an ending; `otherwise` where nothing of it is left. */
export function fileNameOf(title: string, otherwise: string): string {
  const plain = revealBidi(title)
    // Joiners hold together what people see as one character.
    .replaceAll(/[\p{Cc}\p{Cs}\p{Co}]|(?![\u200c\u200d])\p{Cf}/gu, ' ')
    .replaceAll(/[<>:"/\\|?*]+/g, '-')
    .replaceAll(/\s+/g, ' ');
  // Hidden files begin with a dot; Windows takes away dots and blanks at the end.
  const name = cut(plain.replace(/^[\s.-]+/, '')).replace(/[\s.-]+$/, '');
  if (name === '') return otherwise;
  return DEVICE.test(name) ? `_${name}` : name;
}

/** Whole characters as people see them: half of a pair, or a letter without its accent, is another name. */
function cut(text: string): string {
  let [kept, bytes] = ['', 0];
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    bytes += new TextEncoder().encode(segment).length;
    if (bytes > MOST_BYTES) break;
    kept += segment;
  }
  return kept;
}
