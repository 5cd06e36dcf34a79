import { shortName } from '../../domain/transcriptCut.ts';
import type { ToolResult, TranscriptItem } from '../../protocol/transcript.ts';
import {
  blocksOf,
  imageBlocks,
  imagesOf,
  leftOutNote,
  lineOfItems,
  otherBlock,
  otherItem,
  outputText,
  partOf,
  shownPictures,
  thinkingItem,
  withImages,
  type LineOfItems,
  type MessageContent,
  type Pictures,
} from '../contentBlocks.ts';
import type { RecordAt } from '../jsonl/transcript.ts';
import { countOf, dollarsOf, exitCodeOf, tokensOf } from '../values.ts';
import {
  parsePiBlock,
  type PiAssistantMessage,
  type PiMessage,
  type PiRecord,
  type PiToolResult,
  type PiUsage,
} from './schema.ts';

/** What a person reads of a page's lines, in the order of the file: the branches of the tree, as they were made. */
export function piItems(records: readonly RecordAt<PiRecord>[]): TranscriptItem[] {
  return records.flatMap((at) => {
    const line = lineOfItems(at.record.common.id, at.position, at.record.common.timestamp);
    return [...branchNote(line, at), ...entryItems(line, at.record)];
  });
}

/** The pictures of an entry, in their order. */
export function piImages({ known }: PiRecord): unknown[] {
  return known?.type === 'message' && 'content' in known.message ? imageBlocks(known.message.content) : [];
}

/** Said of entries that have a `parentId`. */
export const FROM_BEGINNING = 'Continues from the beginning of the session';
export const FROM_EARLIER = 'Continues from an earlier entry';

/** pi appends to the entry it continues from, which is the one before it unless the person went back. */
function branchNote(line: LineOfItems, { record, previous }: RecordAt<PiRecord>): TranscriptItem[] {
  const { parentId } = record.common;
  if (parentId === undefined || previous === undefined || record.common.type === 'session') return [];
  // The header has an id too, which is not one of the tree.
  const idBefore = previous.common.type === 'session' ? null : previous.common.id;
  if (idBefore === undefined || parentId === idBefore) return [];
  const text = parentId === null ? FROM_BEGINNING : FROM_EARLIER;
  return [{ ...partOf(line, 'branch'), kind: 'note', severity: 'info', text }];
}

function entryItems(line: LineOfItems, record: PiRecord): TranscriptItem[] {
  const { raw, common, known } = record;
  switch (known?.type) {
    case 'message':
      return messageItems(line, known.message, shownPictures(piImages(record)));
    case 'model_change':
      return [
        {
          ...line,
          kind: 'model_change',
          model: shortName(known.modelId),
          provider: known.provider === undefined ? undefined : shortName(known.provider),
        },
      ];
    case 'compaction':
      return [
        { ...line, kind: 'compaction', text: known.summary, tokensBefore: countOf(known.tokensBefore) },
      ];
    case 'branch_summary':
      return [{ ...line, kind: 'summary', text: known.summary }];
    case 'session':
    case 'session_info':
    case undefined:
      return [otherItem(line, common.type, raw)];
  }
}

function messageItems(line: LineOfItems, message: PiMessage, pictures: Pictures): TranscriptItem[] {
  switch (message.role) {
    case 'user':
      return [...userItems(line, message.content, pictures), ...leftOutNote(line, message.content)];
    case 'assistant':
      return [
        ...assistantItems(line, message, pictures),
        ...leftOutNote(line, message.content),
        ...endNote(line, message),
      ];
    case 'toolResult': {
      const result = toolResultOf(line, message, pictures);
      return [{ ...line, kind: 'tool_result', callId: shortName(message.toolCallId), result }];
    }
    case 'bashExecution': {
      // A command that the person ran with `!`.
      const failed = message.cancelled === true || (message.exitCode ?? 0) !== 0;
      const exitCode = exitCodeOf(message.exitCode);
      const result = { output: message.output, isError: failed, exitCode };
      return [{ ...line, kind: 'tool_call', name: 'bash', input: { command: message.command }, result }];
    }
    case 'branchSummary':
      return [{ ...line, kind: 'summary', text: message.summary }];
    case 'compactionSummary':
      return [
        { ...line, kind: 'compaction', text: message.summary, tokensBefore: countOf(message.tokensBefore) },
      ];
  }
}

function toolResultOf(line: LineOfItems, message: PiToolResult, pictures: Pictures): ToolResult {
  const { content, details, toolName } = message;
  const output = outputText(content, pictures);
  const isError = message.isError === true;
  return {
    output,
    isError,
    exitCode:
      exitCodeOf(details?.exitCode) ?? (isError && toolName === 'bash' ? exitCodeIn(output) : undefined),
    durationMs: countOf(details?.durationMs),
    images: imagesOf(line, imageBlocks(content), pictures),
  };
}

/** Of a command that failed, pi writes the code below its output, and nowhere else. */
function exitCodeIn(output: string): number | undefined {
  const [, code] = /(?:^|\n)Command exited with code (-?\d{1,10})\s*$/.exec(output.slice(-100)) ?? [];
  return code === undefined ? undefined : exitCodeOf(Number(code));
}

function userItems(line: LineOfItems, content: MessageContent, pictures: Pictures): TranscriptItem[] {
  const items: TranscriptItem[] = [];
  for (const [index, raw] of blocksOf(content).entries()) {
    const part = partOf(line, index);
    const block = parsePiBlock(raw);
    if (block?.type === 'text') items.push({ ...part, kind: 'message', role: 'user', text: block.text });
    else if (block?.type !== 'image') items.push(otherBlock(part, raw));
  }
  return withImages(line, items, imagesOf(line, pictures.keys(), pictures));
}

function assistantItems(
  line: LineOfItems,
  message: PiAssistantMessage,
  pictures: Pictures,
): TranscriptItem[] {
  const blocks = blocksOf(message.content);
  const lastText = blocks.findLastIndex((raw) => parsePiBlock(raw)?.type === 'text');
  return blocks.map((raw, index) =>
    assistantItem(partOf(line, index), message, raw, index === lastText, pictures),
  );
}

function assistantItem(
  line: LineOfItems,
  message: PiAssistantMessage,
  raw: unknown,
  withUsage: boolean,
  pictures: Pictures,
): TranscriptItem {
  const block = parsePiBlock(raw);
  switch (block?.type) {
    case 'text':
      return {
        ...line,
        kind: 'message',
        role: 'assistant',
        text: block.text,
        model: message.model === undefined ? undefined : shortName(message.model),
        tokens: withUsage ? piTokens(message.usage) : undefined,
        costUsd: withUsage ? dollarsOf(message.usage?.cost?.total) : undefined,
      };
    case 'thinking':
      return thinkingItem(line, block.thinking);
    case 'toolCall':
      return {
        ...line,
        kind: 'tool_call',
        callId: block.id === undefined ? undefined : shortName(block.id),
        name: shortName(block.name),
        input: block.arguments,
      };
    case 'image':
      return {
        ...line,
        kind: 'message',
        role: 'assistant',
        text: '',
        images: imagesOf(line, [raw], pictures),
      };
    case undefined:
      return otherBlock(line, raw);
  }
}

/** Said of turns whose `stopReason` is `error`, and `aborted`. */
export const TURN_FAILED = 'The turn ended with an error.';
export const TURN_ABORTED = 'The turn was aborted.';

/** How a turn ended that did not end by itself: often all that its message holds. */
function endNote(line: LineOfItems, { stopReason, errorMessage }: PiAssistantMessage): TranscriptItem[] {
  if (stopReason === 'error') {
    const text = errorMessage ?? TURN_FAILED;
    return [{ ...partOf(line, 'end'), kind: 'note', severity: 'warning', text }];
  }
  if (stopReason === 'aborted') {
    const text = errorMessage ?? TURN_ABORTED;
    return [{ ...partOf(line, 'end'), kind: 'note', severity: 'info', text }];
  }
  return [];
}

export function piTokens(usage: PiUsage | undefined) {
  return usage === undefined ? undefined : tokensOf(usage);
}
