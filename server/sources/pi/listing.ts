import { basename } from 'node:path/posix';
import type { Tokens } from '../../protocol/session.ts';
import type { Activity, SourceKind, SourceSession } from '../../protocol/sourceSession.ts';
import type { ListedRecords, Row } from '../jsonl/rows.ts';
import { SESSION_SUFFIX } from '../jsonl/sessionFiles.ts';
import { titleOf } from '../title.ts';
import { absolutePathOf, addTokens, dollarsOf, fileTimeOf, isoTimeOf, oneLine } from '../values.ts';
import { piTokens } from './items.ts';
import { parsePiBlock, type PiMessage, type PiRecord } from './schema.ts';

/** What the lines at the head and the tail of a session's file tell. */
export interface PiFacts {
  readonly title: string;
  readonly id: string | undefined;
  readonly cwd: string | undefined;
  readonly createdAt: string | undefined;
  readonly updatedAt: string | undefined;
  readonly model: string | undefined;
  readonly tokens: Tokens | undefined;
  /** US dollars; undefined where nothing was reported. */
  readonly costUsd: number | undefined;
  readonly activity: Activity;
}

/** What a file in pi's form says of itself in a list, whoever keeps it; its `id` is the file's where it names none. */
export function rowOfFile(
  kind: SourceKind,
  { file, facts, partial, damagedLines }: Row<PiFacts>,
): SourceSession {
  return {
    ref: `${kind}:${file.path}`,
    source: kind,
    id: facts.id ?? basename(file.path, SESSION_SUFFIX),
    path: file.absolutePath,
    title: facts.title,
    cwd: facts.cwd,
    createdAt: facts.createdAt,
    updatedAt: facts.updatedAt ?? fileTimeOf(file.mtimeMs),
    sizeBytes: file.size,
    model: facts.model,
    tokens: facts.tokens,
    costUsd: facts.costUsd,
    partial,
    activity: facts.activity,
    damagedLines,
  };
}

/** The first line may name the session that this one was forked from: a copy, so no sub-agent of it. */
export function piFacts({ all, last, partial }: ListedRecords<PiRecord>): PiFacts {
  const header = firstOf(all, ({ known }) => (known?.type === 'session' ? known : undefined));
  const newestFirst = all.toReversed();
  const messages = all.flatMap(({ known }) => (known?.type === 'message' ? [known.message] : []));
  const name = firstOf(newestFirst, ({ known }) => (known?.type === 'session_info' ? known.name : undefined));
  let tokens: Tokens | undefined;
  let costUsd: number | undefined;
  for (const message of messages) {
    if (message.role !== 'assistant') continue;
    tokens = addTokens(tokens, piTokens(message.usage));
    const cost = dollarsOf(message.usage?.cost?.total);
    if (cost !== undefined) costUsd = (costUsd ?? 0) + cost;
  }
  return {
    title: titleOf([name, ...messages.flatMap(userTexts)]),
    id: header?.id,
    cwd: absolutePathOf(header?.cwd),
    createdAt: firstOf(all, ({ common }) => isoTimeOf(common.timestamp)),
    updatedAt: firstOf(last.toReversed(), ({ common }) => isoTimeOf(common.timestamp)),
    model: firstOf(newestFirst, modelOf),
    tokens,
    costUsd,
    activity: firstOf(last.toReversed(), activityAfter) ?? {
      state: 'idle',
      evidence: partial ? 'the last entry is too large for a list to read' : 'nothing was asked yet',
    },
  };
}

function firstOf<T>(records: readonly PiRecord[], look: (record: PiRecord) => T | undefined): T | undefined {
  for (const record of records) {
    const found = look(record);
    if (found !== undefined) return found;
  }
  return undefined;
}

function userTexts(message: PiMessage): string[] {
  if (message.role !== 'user') return [];
  if (typeof message.content === 'string') return [message.content];
  return message.content.flatMap((raw) => {
    const block = parsePiBlock(raw);
    return block?.type === 'text' ? [block.text] : [];
  });
}

function modelOf({ known }: PiRecord): string | undefined {
  switch (known?.type) {
    case 'message':
      return known.message.role === 'assistant' ? known.message.model : undefined;
    case 'model_change':
    case 'session': // version 1 says there what it begins with
      return known.modelId;
    case undefined:
    case 'compaction':
    case 'branch_summary':
    case 'session_info':
      return undefined;
  }
}

/** What a line tells of the last turn; undefined where it tells nothing. Never `running`: pi leaves no proof. */
function activityAfter({ known }: PiRecord): Activity | undefined {
  if (known?.type !== 'message') return undefined;
  const { message } = known;
  const open: Activity = { state: 'open', evidence: 'turn not finished; pi leaves no process record' };
  if (message.role === 'user' || message.role === 'toolResult') return open;
  if (message.role !== 'assistant') return undefined;
  switch (message.stopReason) {
    case 'toolUse':
      return open;
    case 'error': {
      const reason = message.errorMessage === undefined ? '' : `: ${oneLine(message.errorMessage, 200)}`;
      return { state: 'idle', evidence: `the last turn ended with an error${reason}` };
    }
    case 'aborted':
      return { state: 'idle', evidence: 'the last turn was aborted' };
    case 'length':
      return { state: 'idle', evidence: 'the last turn ended at the length limit of the model' };
    default:
      return { state: 'idle', evidence: 'the last turn is finished' };
  }
}
