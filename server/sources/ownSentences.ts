import { folded } from '../domain/foldedText.ts';
import type { OwnSentence } from '../domain/recordFilter.ts';
import { PAUSE_REQUESTED } from '../domain/transcriptItem.ts';
import {
  HIDDEN_THINKING,
  MAX_BLOCKS,
  PARTS_LEFT_OUT,
  PICTURES_LEFT_OUT,
  UNKNOWN_TYPE,
} from './contentBlocks.ts';
import { NO_RECORD, NOT_JSON, TOO_DEEP, UNREADABLE } from './jsonl/record.ts';
import { BEGUN_ANEW, NEW_CONVERSATION } from './openclaw/items.ts';
import { FROM_BEGINNING, FROM_EARLIER, TURN_ABORTED, TURN_FAILED } from './pi/items.ts';

/**
 * What readers of transcripts say of a record in words of their own, and which records they say it of: who looks for
 * such words has to have those read. What is said of no record, or of one that could not be read whole, is no matter of
 * a filter: none is asked.
 */
export const OWN_SENTENCES: readonly OwnSentence[] = [
  // Of a line that could not be made out, only reading it tells.
  ...[NOT_JSON, TOO_DEEP, NO_RECORD].flatMap((text) => [
    { text: `${text} …`, isOf: any },
    { text: `${text.replace('This line', 'This event')} …`, isOf: any },
  ]),
  { text: UNREADABLE, isOf: hasNoWord },
  { text: UNKNOWN_TYPE, isOf: any },
  { text: `… ${PARTS_LEFT_OUT}`, isOf: hasManyParts },
  { text: `… ${PICTURES_LEFT_OUT}`, isOf: hasManyParts },
  { text: HIDDEN_THINKING, isOf: holding('thinking') },
  { text: FROM_BEGINNING, isOf: holding('parentId') },
  { text: FROM_EARLIER, isOf: holding('parentId') },
  { text: TURN_FAILED, isOf: holding('stopReason', 'error') },
  { text: TURN_ABORTED, isOf: holding('stopReason', 'aborted') },
  { text: NEW_CONVERSATION, isOf: holding('reset') },
  { text: BEGUN_ANEW, isOf: holding('reset') },
  { text: `${PAUSE_REQUESTED}: …`, isOf: holding('pausing') },
];

/** Of letters and digits of ASCII: of others, only reading it tells. */
function hasNoWord(record: string): boolean {
  return record !== '' && !/[a-z0-9]/.test(record);
}

function any(): boolean {
  return true;
}

/** The words are JSON's own, or their escapes let the record through. */
function holding(...words: readonly string[]): (record: string) => boolean {
  const wanted = words.map(folded);
  return (record) => wanted.every((word) => record.includes(word));
}

function hasManyParts(record: string): boolean {
  let commas = 0;
  for (let at = record.indexOf(','); at !== -1 && commas < MAX_BLOCKS; at = record.indexOf(',', at + 1))
    commas += 1;
  return commas >= MAX_BLOCKS;
}
