import { shortName } from '../../domain/transcriptCut.ts';
import { isPlainObject } from '../../protocol/json.ts';
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
  picturesLeftOutNote,
  shownPictures,
  thinkingItem,
  withImages,
  type LineOfItems,
  type Pictures,
} from '../contentBlocks.ts';
import type { RecordAt } from '../jsonl/transcript.ts';
import { countOf, exitCodeOf, tokensOf } from '../values.ts';
import {
  parseClaudeBlock,
  type ClaudeAssistantRecord,
  type ClaudeBlockOf,
  type ClaudeRecord,
  type ClaudeSystemRecord,
  type ClaudeUsage,
  type ClaudeUserRecord,
} from './schema.ts';
import { splitUserText, type UserText } from './userText.ts';

/** The model that Claude Code names where no model wrote the message. */
export const SYNTHETIC_MODEL = '<synthetic>';

/** What a person reads of a page's lines, one item for each part of a message. */
export function claudeItems(records: readonly RecordAt<ClaudeRecord>[]): TranscriptItem[] {
  const withTokens = linesWithTokens(records);
  return records.flatMap((at) => itemsOf(at, withTokens.has(at)));
}

/** The pictures of a line, in their order: those of the message, and those that its tool results hold. */
export function claudeImages({ known }: ClaudeRecord): unknown[] {
  if (known?.type !== 'user' && known?.type !== 'assistant') return [];
  return blocksOf(known.message.content).flatMap((raw) => {
    const isResult = isPlainObject(raw) && raw['type'] === 'tool_result';
    return imageBlocks(isResult ? raw['content'] : [raw]);
  });
}

/**
 * Claude Code writes each part of an answer on a line of its own and repeats the usage on all of them, so it is shown
 * once: with the last text of the answer on the page.
 */
function linesWithTokens(records: readonly RecordAt<ClaudeRecord>[]): Set<RecordAt<ClaudeRecord>> {
  const lastOfMessage = new Map<string, RecordAt<ClaudeRecord>>();
  for (const at of records) {
    const { known } = at.record;
    if (known?.type !== 'assistant' || !hasText(known)) continue;
    lastOfMessage.set(known.message.id ?? `@${at.position}`, at);
  }
  return new Set(lastOfMessage.values());
}

function hasText({ message }: ClaudeAssistantRecord): boolean {
  return blocksOf(message.content).some((raw) => parseClaudeBlock(raw)?.type === 'text');
}

function itemsOf({ record, position }: RecordAt<ClaudeRecord>, withTokens: boolean): TranscriptItem[] {
  const { known, common, raw } = record;
  const line = lineOfItems(common.uuid, position, common.timestamp);
  switch (known?.type) {
    case 'user': {
      const pictures = claudeImages(record);
      return [
        ...userItems(line, known, shownPictures(pictures)),
        ...leftOutNote(line, known.message.content),
        ...picturesLeftOutNote(line, pictures),
      ];
    }
    case 'assistant':
      return [
        ...assistantItems(line, known, withTokens, shownPictures(claudeImages(record))),
        ...leftOutNote(line, known.message.content),
      ];
    case 'system':
      return [systemItem(line, known, raw)];
    case 'summary':
      return [{ ...line, kind: 'summary', text: known.summary }];
    case 'custom-title':
    case 'ai-title':
    case undefined:
      return [otherItem(line, common.type, raw)];
  }
}

function userItems(line: LineOfItems, record: ClaudeUserRecord, pictures: Pictures): TranscriptItem[] {
  const items: TranscriptItem[] = [];
  const own: unknown[] = [];
  for (const [index, raw] of blocksOf(record.message.content).entries()) {
    const part = partOf(line, index);
    const block = parseClaudeBlock(raw);
    if (block?.type === 'text') {
      if (record.isCompactSummary === true) items.push({ ...part, kind: 'summary', text: block.text });
      else items.push(...userMessages(part, block.text, record.isMeta === true));
    } else if (block?.type === 'image') {
      own.push(raw);
    } else if (block?.type === 'tool_result') {
      const result = toolResultOf(line, block, record, pictures);
      items.push({ ...part, kind: 'tool_result', callId: shortName(block.tool_use_id), result });
    } else {
      items.push(otherBlock(part, raw));
    }
  }
  return withImages(line, items, imagesOf(line, own, pictures));
}

function toolResultOf(
  line: LineOfItems,
  { content, is_error: isError = false }: ClaudeBlockOf<'tool_result'>,
  { toolUseResult }: ClaudeUserRecord,
  pictures: Pictures,
): ToolResult {
  const output = outputText(content, pictures);
  return {
    output,
    isError,
    exitCode: isError ? exitCodeIn(output) : undefined,
    durationMs: countOf(toolUseResult?.durationMs ?? toolUseResult?.totalDurationMs),
    images: imagesOf(line, imageBlocks(content), pictures),
  };
}

/** Of a command that failed, Claude Code writes the code into the first line of its output, and nowhere else. */
function exitCodeIn(output: string): number | undefined {
  const [, code] = /^(?:Error: )?Exit code (-?\d{1,10})(?!\S)/.exec(output.slice(0, 50)) ?? [];
  return code === undefined ? undefined : exitCodeOf(Number(code));
}

function userMessages(line: LineOfItems, text: string, isMeta: boolean): TranscriptItem[] {
  return splitUserText(text).map((piece, index) => userMessage(line, piece, index, isMeta));
}

function userMessage(line: LineOfItems, piece: UserText, index: number, isMeta: boolean): TranscriptItem {
  const { text, injected } = piece;
  const id = index === 0 ? line.id : `${line.id}.${index}`;
  return {
    ...line,
    id,
    kind: 'message',
    role: 'user',
    text,
    injected: isMeta || injected ? true : undefined,
  };
}

function assistantItems(
  line: LineOfItems,
  record: ClaudeAssistantRecord,
  withTokens: boolean,
  pictures: Pictures,
): TranscriptItem[] {
  const blocks = blocksOf(record.message.content);
  const lastText = blocks.findLastIndex((raw) => parseClaudeBlock(raw)?.type === 'text');
  return blocks.map((raw, index) =>
    assistantItem(partOf(line, index), record, raw, withTokens && index === lastText, pictures),
  );
}

function assistantItem(
  line: LineOfItems,
  { message, isApiErrorMessage }: ClaudeAssistantRecord,
  raw: unknown,
  withTokens: boolean,
  pictures: Pictures,
): TranscriptItem {
  const block = parseClaudeBlock(raw);
  switch (block?.type) {
    case 'text':
      if (isApiErrorMessage === true) return { ...line, kind: 'note', severity: 'warning', text: block.text };
      return {
        ...line,
        kind: 'message',
        role: 'assistant',
        text: block.text,
        model:
          message.model === undefined || message.model === SYNTHETIC_MODEL
            ? undefined
            : shortName(message.model),
        tokens: withTokens ? claudeTokens(message.usage) : undefined,
      };
    case 'thinking':
      return thinkingItem(line, block.thinking);
    case 'tool_use':
      return {
        ...line,
        kind: 'tool_call',
        callId: block.id === undefined ? undefined : shortName(block.id),
        name: shortName(block.name),
        input: block.input,
      };
    case 'image':
      return {
        ...line,
        kind: 'message',
        role: 'assistant',
        text: '',
        images: imagesOf(line, [raw], pictures),
      };
    case 'tool_result':
    case undefined:
      return otherBlock(line, raw);
  }
}

function systemItem(line: LineOfItems, record: ClaudeSystemRecord, raw: unknown): TranscriptItem {
  if (record.subtype === 'compact_boundary') {
    const tokensBefore = countOf(record.compactMetadata?.preTokens);
    return { ...line, kind: 'compaction', text: record.content, tokensBefore };
  }
  const pieces = record.subtype === 'stop_hook_summary' ? [] : splitUserText(record.content ?? '');
  if (pieces.length === 0) {
    const type = record.subtype === undefined ? 'system' : `system/${record.subtype}`;
    return otherItem(line, type, raw);
  }
  return {
    ...line,
    kind: 'message',
    role: 'system',
    text: pieces.map(({ text }) => text).join('\n'),
    injected: record.isMeta === true || pieces.some(({ injected }) => injected) ? true : undefined,
  };
}

export function claudeTokens(usage: ClaudeUsage | undefined) {
  if (usage === undefined) return undefined;
  return tokensOf({
    input: usage.input_tokens,
    output: usage.output_tokens,
    cacheRead: usage.cache_read_input_tokens,
    cacheWrite: usage.cache_creation_input_tokens,
  });
}
