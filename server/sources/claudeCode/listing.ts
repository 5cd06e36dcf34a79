import type { Tokens } from '../../protocol/session.ts';
import type { ListedRecords } from '../jsonl/rows.ts';
import { titleOf } from '../title.ts';
import { absolutePathOf, addTokens, isoTimeOf } from '../values.ts';
import { claudeTokens, SYNTHETIC_MODEL } from './items.ts';
import { parseClaudeBlock, type ClaudeRecord } from './schema.ts';
import { isInterruption, splitUserText } from './userText.ts';

/** How the last turn stands. `unknown` where its end is too large for what a list reads. */
export type Turn = 'none' | 'open' | 'finished' | 'interrupted' | 'unknown';

/** What the lines at the head and the tail of a session's file tell. */
export interface ClaudeFacts {
  readonly title: string;
  /** In a sub-agent's file, that of the session which started it. */
  readonly sessionId: string | undefined;
  readonly agentId: string | undefined;
  readonly isSidechain: boolean;
  readonly cwd: string | undefined;
  readonly createdAt: string | undefined;
  readonly updatedAt: string | undefined;
  readonly model: string | undefined;
  readonly tokens: Tokens | undefined;
  readonly turn: Turn;
}

export function claudeFacts({ all, last, partial }: ListedRecords<ClaudeRecord>): ClaudeFacts {
  const first = all.find(({ common }) => common.sessionId !== undefined)?.common;
  return {
    title: titleOf(titleCandidates(all)),
    sessionId: first?.sessionId,
    agentId: all.find(({ common }) => common.agentId !== undefined)?.common.agentId,
    isSidechain: first?.isSidechain === true,
    cwd: firstOf(all, ({ common }) => absolutePathOf(common.cwd)),
    createdAt: firstOf(all, ({ common }) => isoTimeOf(common.timestamp)),
    updatedAt: firstOf(last.toReversed(), ({ common }) => isoTimeOf(common.timestamp)),
    model: firstOf(all.toReversed(), modelOf),
    tokens: sumOfTokens(all),
    turn: firstOf(last.toReversed(), turnAfter) ?? (partial ? 'unknown' : 'none'),
  };
}

function firstOf<T>(
  records: readonly ClaudeRecord[],
  look: (record: ClaudeRecord) => T | undefined,
): T | undefined {
  for (const record of records) {
    const found = look(record);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Best first: what the person or the program named it, a summary of this very session, the person's first words. */
function titleCandidates(records: readonly ClaudeRecord[]): (string | undefined)[] {
  const uuids = new Set(records.map(({ common }) => common.uuid));
  const newestFirst = records.toReversed();
  const nameOf = (type: 'custom-title' | 'ai-title') =>
    firstOf(newestFirst, ({ known }) =>
      known?.type === type ? (known.customTitle ?? known.aiTitle ?? known.title) : undefined,
    );
  return [
    nameOf('custom-title'),
    nameOf('ai-title'),
    // Claude Code also writes summaries of other sessions of the same project into a new file.
    firstOf(newestFirst, ({ known }) =>
      known?.type === 'summary' && known.leafUuid !== undefined && uuids.has(known.leafUuid)
        ? known.summary
        : undefined,
    ),
    firstOf(records, (record) => userTexts(record)[0]),
  ];
}

/** What the person wrote: nothing that the program did. */
function userTexts({ known }: ClaudeRecord): string[] {
  if (known?.type !== 'user' || known.isMeta === true || known.isCompactSummary === true) return [];
  return textsOf(known.message.content)
    .flatMap(splitUserText)
    .flatMap(({ text, injected }) => (injected || text === '' ? [] : [text]));
}

function textsOf(content: string | unknown[]): string[] {
  if (typeof content === 'string') return [content];
  return content.flatMap((raw) => {
    const block = parseClaudeBlock(raw);
    return block?.type === 'text' ? [block.text] : [];
  });
}

function modelOf({ known }: ClaudeRecord): string | undefined {
  if (known?.type !== 'assistant' || known.message.model === SYNTHETIC_MODEL) return undefined;
  return known.message.model;
}

/** Each message counts once, by its last line, though every line of it repeats its usage. */
function sumOfTokens(records: readonly ClaudeRecord[]): Tokens | undefined {
  const ofMessage = new Map<unknown, Tokens>();
  for (const record of records) {
    if (record.known?.type !== 'assistant') continue;
    const tokens = claudeTokens(record.known.message.usage);
    if (tokens !== undefined) ofMessage.set(record.known.message.id ?? record, tokens);
  }
  let sum: Tokens | undefined;
  for (const tokens of ofMessage.values()) sum = addTokens(sum, tokens);
  return sum;
}

/** How the turn stands after a line; undefined for a line that says nothing about it. */
function turnAfter(record: ClaudeRecord): Turn | undefined {
  const { known } = record;
  if (known?.type === 'assistant') {
    const types = new Set(
      typeof known.message.content === 'string'
        ? ['text']
        : known.message.content.map((raw) => parseClaudeBlock(raw)?.type),
    );
    if (known.message.stop_reason === 'tool_use' || types.has('tool_use')) return 'open';
    // Each part of an answer is a line of its own, and a thought is never the last one.
    return types.has('text') || known.message.stop_reason === 'end_turn' ? 'finished' : 'open';
  }
  if (known?.type !== 'user' || known.isMeta === true || known.isCompactSummary === true) return undefined;
  const { content } = known.message;
  if (textsOf(content).some(isInterruption)) return 'interrupted';
  const carriesWork =
    typeof content !== 'string' &&
    content.some((raw) => ['tool_result', 'image'].includes(parseClaudeBlock(raw)?.type ?? ''));
  return carriesWork || userTexts(record).length > 0 ? 'open' : undefined;
}
