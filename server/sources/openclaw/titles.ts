import * as z from 'zod';
import type { ReadableFile } from '../jsonl/readableFile.ts';
import { absolutePathOf, isoTimeOf } from '../values.ts';
import { headLines, messagesIn, tailLines, textsOf, type OpenclawMessage } from './messages.ts';
import type { StoredEntry } from './sessionEntry.ts';

const HEAD_BYTES = 8192;
const HEAD_LINES = 10;
const TAIL_BYTES = 16_384;
const TAIL_LINES = 20;
const MAX_TITLE = 60;

/** What a list reads of a transcript. */
export interface EndsOfTranscript {
  readonly firstUserText: string | undefined;
  readonly lastText: string | undefined;
  /** Role of the last message. */
  readonly lastRole: string | undefined;
  /** Absolute path of the folder it works in, as its header says. */
  readonly cwd: string | undefined;
  /** When it began, as its header says: an ISO time. */
  readonly createdAt: string | undefined;
  /** Of those at its end; a line that is still being written is none. */
  readonly damagedLines: number;
}

export async function readEnds(file: ReadableFile, size: number): Promise<EndsOfTranscript> {
  const head = await headLines(file, size, HEAD_BYTES, HEAD_LINES);
  const tail = await tailLines(file, size, TAIL_BYTES, TAIL_LINES);
  const ends = endsOf(messagesIn(head), messagesIn(tail));
  return { ...ends, ...headerOf(head[0]), damagedLines: tail.slice(0, -1).filter(isDamaged).length };
}

/** What the first and the last messages of a transcript tell, each in their order. */
export function endsOf(
  head: readonly OpenclawMessage[],
  tail: readonly OpenclawMessage[],
): Pick<EndsOfTranscript, 'firstUserText' | 'lastText' | 'lastRole'> {
  return {
    firstUserText: firstText(head.filter(({ role }) => role === 'user')),
    lastText: firstText(tail.filter(({ role }) => role === 'user' || role === 'assistant').toReversed()),
    lastRole: tail.at(-1)?.role,
  };
}

function isDamaged(line: string): boolean {
  try {
    JSON.parse(line);
    return false;
  } catch {
    return true;
  }
}

const header = z.object({
  type: z.literal('session'),
  cwd: z.string().optional().catch(undefined),
  timestamp: z.unknown().optional(),
});

/** What the first line of a transcript tells; nothing, where it is no header. */
export function headerOf(line: string | undefined): Pick<EndsOfTranscript, 'cwd' | 'createdAt'> {
  try {
    const { cwd, timestamp } = header.parse(JSON.parse(line ?? ''));
    return { cwd: absolutePathOf(cwd), createdAt: isoTimeOf(timestamp) };
  } catch {
    return { cwd: undefined, createdAt: undefined };
  }
}

function firstText(messages: readonly OpenclawMessage[]): string | undefined {
  for (const message of messages) {
    const [text] = textsOf(message);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Its stored name, its subject, what was asked first, or the beginning of its id with a day (UTC). */
export function derivedTitle(entry: StoredEntry, firstUserText: string | undefined): string | undefined {
  for (const name of [entry.displayName, entry.subject])
    if (name !== undefined && name.trim() !== '') return name.trim();
  const asked = firstUserText?.replaceAll(/\s+/g, ' ').trim();
  if (asked !== undefined && asked !== '') return shortened(asked);
  if (entry.sessionId === undefined) return undefined;
  const day = isoTimeOf(entry.updatedAt)?.slice(0, 10);
  const id = entry.sessionId.slice(0, 8);
  return day === undefined ? id : `${id} (${day})`;
}

/** At most 60 characters, the last of them an ellipsis where some are missing; between words, if that costs little. */
function shortened(text: string): string {
  if (text.length <= MAX_TITLE) return text;
  const cut = text.slice(0, MAX_TITLE - 1);
  const space = cut.lastIndexOf(' ');
  return `${wholeCharacters(space > MAX_TITLE * 0.6 ? cut.slice(0, space) : cut)}…`;
}

/** Text that was cut, without half a character at its end. */
export function wholeCharacters(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}
