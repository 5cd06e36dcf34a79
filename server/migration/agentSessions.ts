import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { LockstepError } from '../domain/errors.ts';
import { isPlainObject, type JsonObject } from '../protocol/json.ts';
import { MAX_MIGRATED } from '../protocol/migrationMethods.ts';
import { usage as usageSchema } from '../protocol/sessionHistoryMethods.ts';
import type { SourceSession } from '../protocol/sourceSession.ts';
import { mergeItems, type ToolResult, type TranscriptItem } from '../protocol/transcript.ts';
import type { SessionSource } from '../sources/source.ts';
import { Bounds } from './bounds.ts';
import { idFrom, isUuid } from './identity.ts';
import {
  Damaged,
  type FoundSession,
  type MigrationSource,
  type ReadSession,
  type SourceContents,
} from './migrationSource.ts';
import { eventTypeFrom, newSession, type MigratedEvent } from './newSession.ts';

const PAGE_LINES = 1000;

/** The sessions of another agent, as a person reads them. Nothing of the agent's is written or copied. */
export class AgentSessions implements MigrationSource {
  readonly format = 'source';
  readonly root: string;
  readonly #source: SessionSource;
  readonly #only: string | undefined;
  readonly #rows = new Map<string, SourceSession>();

  /** @param only the path of one session below the root, with `/` */
  constructor(source: SessionSource, only?: string) {
    this.#source = source;
    this.root = source.root;
    this.#only = only;
  }

  async contents(): Promise<SourceContents> {
    const { sessions, problems } = await this.#source.list(MAX_MIGRATED);
    this.#rows.clear();
    for (const row of sessions) this.#rows.set(row.ref, row);
    const chosen = sessions.filter(({ ref }) => this.#only === undefined || this.#pathOf(ref) === this.#only);
    const found = chosen.map(({ ref, path, sizeBytes, parentRef }): FoundSession => ({
      key: ref,
      format: this.format,
      path,
      files: [],
      bytes: sizeBytes ?? 0,
      parentKey: parentRef,
    }));
    return {
      sessions: found,
      damaged: problems.map(({ path, message }) => ({ path, reason: message })),
      notes: [
        `The sessions of ${this.#source.label} are read as a person reads them: pictures and what only the agent understands stay with it.`,
      ],
    };
  }

  async read(found: FoundSession): Promise<ReadSession> {
    if (this.#rows.size === 0) await this.contents();
    const row = this.#rows.get(found.key);
    if (row === undefined) throw new Damaged(found.path, 'It is gone.');
    const items = await this.#items(found);
    const bounds = new Bounds();
    const pictures = items.reduce((sum, item) => sum + imagesOf(item), 0);
    if (pictures > 0) bounds.losses.push(`${pictures} pictures are not taken over.`);
    const damaged = items.filter((item) => item.kind === 'note' && item.severity === 'warning').length;
    if (damaged > 0) bounds.losses.push(`${damaged} damaged lines are taken over as notes.`);
    const { ref, id, title, cwd, createdAt, updatedAt, model, tokens, costUsd, parentRef } = row;
    const events = items.map(eventFromItem);
    const hasUsage = events.some(({ data }) => data['usage'] !== undefined);
    const session = newSession(
      {
        id: isUuid(id) && parentRef === undefined ? id : idFrom(this.format, ref),
        titles: [title],
        mode: 'chat',
        status: row.activity.state === 'ended' ? 'completed' : 'paused',
        workspace: cwd,
        model,
        // A list reads a part of the file only; what all messages say together is the whole.
        tokens: hasUsage ? undefined : tokens,
        costUsd: hasUsage ? undefined : costUsd,
        metadata: { original: { ...row } },
        createdAt,
        updatedAt,
        events,
      },
      bounds,
      updatedAt,
    );
    const hash = createHash('sha256');
    for (const { timestamp, type, data } of session.events)
      hash.update(JSON.stringify([timestamp, type, data]));
    return {
      id,
      session,
      sha256: hash.digest('hex'),
      bytes: row.sizeBytes ?? 0,
      modifiedAt: Date.parse(updatedAt),
      losses: bounds.losses,
      notes: bounds.notes,
    };
  }

  async #items({ key, path }: FoundSession): Promise<TranscriptItem[]> {
    const items: TranscriptItem[] = [];
    let generation: string | undefined;
    for (let from = 0; ;) {
      let page;
      try {
        page = await this.#source.page(this.#pathOf(key), { from, limit: PAGE_LINES, generation });
      } catch (error) {
        throw error instanceof LockstepError ? new Damaged(path, error.message) : error;
      }
      if (generation !== undefined && page.generation !== generation)
        throw new Damaged(path, 'It was replaced while it was read.');
      generation = page.generation;
      items.push(...page.items);
      if (page.atEnd || page.end <= from) return mergedAsRecorded(items);
      from = page.end;
      await setImmediate();
    }
  }

  #pathOf(ref: string): string {
    return ref.slice(this.#source.kind.length + 1);
  }
}

/** As a person reads them, but a duration is what was recorded: it is not reckoned from the times of call and result. */
function mergedAsRecorded(items: readonly TranscriptItem[]): TranscriptItem[] {
  const recorded = new Map<string, number | undefined>();
  for (const item of items) if (item.kind === 'tool_result') recorded.set(item.id, item.result.durationMs);
  return mergeItems(items).map((item) => {
    const from = item.kind === 'tool_call' ? item.result?.record : undefined;
    if (item.kind !== 'tool_call' || item.result === undefined || from === undefined) return item;
    return { ...item, result: { ...item.result, durationMs: recorded.get(from.id) } };
  });
}

/** How many pictures an item shows. */
function imagesOf(item: TranscriptItem): number {
  const holder = item.kind === 'tool_call' || item.kind === 'tool_result' ? item.result : item;
  return holder !== undefined && 'images' in holder ? (holder.images?.length ?? 0) : 0;
}

function eventFromItem(item: TranscriptItem): MigratedEvent {
  const { timestamp } = item;
  const { id, position: _position, timestamp: _timestamp, kind, ...rest } = item;
  const metadata = { itemId: id };
  switch (item.kind) {
    case 'message': {
      const { role, text, images, injected, model, tokens, costUsd } = item;
      const usage = usageSchema.safeParse({
        ...(tokens
          ? {
              input: tokens.input,
              output: tokens.output,
              cacheRead: tokens.cacheRead,
              cacheWrite: tokens.cacheWrite,
            }
          : {}),
        ...(costUsd === undefined ? {} : { costUsd }),
        ...(model === undefined ? {} : { model }),
      }).data;
      const isReported = tokens !== undefined || costUsd !== undefined || model !== undefined;
      return {
        timestamp,
        type: 'message',
        data: {
          role,
          content: text,
          ...(usage && isReported ? { usage } : {}),
          metadata: {
            ...metadata,
            ...(images === undefined ? {} : { images: images.length }),
            ...(injected === undefined ? {} : { injected }),
          },
        },
      };
    }
    case 'tool_call': {
      const { name, input, callId, result } = item;
      return {
        timestamp,
        type: 'tool_call',
        data: {
          name,
          input: input ?? {},
          output: result?.output ?? null,
          ...(callId === undefined ? {} : { callId }),
          ...(result?.isError === true ? { isError: true } : {}),
          ...(result?.durationMs === undefined ? {} : { durationMs: result.durationMs }),
          metadata: { ...metadata, ...resultMetadata(result) },
        },
      };
    }
    case 'tool_result': {
      const { callId, result } = item;
      const { output, isError, durationMs } = result;
      return {
        timestamp,
        type: eventTypeFrom('transcript', kind),
        data: {
          callId,
          result: { output, isError, ...(durationMs === undefined ? {} : { durationMs }) },
          metadata: { ...metadata, ...resultMetadata(result) },
        },
      };
    }
    case 'summary':
      return { timestamp, type: 'summary', data: { summary: item.text, metadata } };
    case 'compaction':
      if (item.text !== undefined)
        return {
          timestamp,
          type: 'summary',
          data: { summary: item.text, ...beside(rest, 'text'), metadata },
        };
      break;
    case 'learning':
      return { timestamp, type: 'learning', data: { ...rest, metadata } };
    default:
  }
  return { timestamp, type: eventTypeFrom('transcript', kind), data: { ...rest, metadata } };
}

/** What a tool call of ours has no field for. Where pictures are in the transcript means nothing outside of it. */
function resultMetadata({ exitCode, images }: Partial<ToolResult> = {}): JsonObject {
  return {
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(images === undefined ? {} : { images: images.length }),
  };
}

function beside(rest: JsonObject, name: string): JsonObject {
  const { [name]: _, ...others } = isPlainObject(rest) ? rest : {};
  return others;
}
