import { join } from 'node:path';
import * as z from 'zod';
import { systemClock } from '../../../server/platform/clock.ts';
import type { Processes } from '../../../server/platform/processes.ts';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import { sourceProblem, sourceSession, type SourceSession } from '../../../server/protocol/sourceSession.ts';
import {
  mergeItems,
  transcriptPage,
  type TranscriptItem,
  type TranscriptPage,
} from '../../../server/protocol/transcript.ts';
import { createClaudeCodeSource } from '../../../server/sources/claudeCode/source.ts';
import type { OpenFile } from '../../../server/sources/jsonl/readableFile.ts';
import { LiveGateways } from '../../../server/sources/openclaw/liveGateway.ts';
import { SessionsFiles } from '../../../server/sources/openclaw/sessionsJson.ts';
import { createOpenclawSource } from '../../../server/sources/openclaw/source.ts';
import { StateDirectories } from '../../../server/sources/openclaw/stateDirectory.ts';
import { TranscriptEnds } from '../../../server/sources/openclaw/transcripts.ts';
import { createPiSource } from '../../../server/sources/pi/source.ts';
import type { PageQuery, SessionSource, SourceListing } from '../../../server/sources/source.ts';

export const FIXTURES = join(import.meta.dirname, '../../fixtures');

export interface SourceSettings {
  readonly processes?: Processes;
  readonly open?: OpenFile;
}

export function claudeSource(configDir: string, settings: SourceSettings = {}): SessionSource {
  const { processes = systemProcesses(), open } = settings;
  const options = { configDir, processes };
  return createClaudeCodeSource(open === undefined ? options : { ...options, open });
}

export function piSource(agentDir: string, { open }: SourceSettings = {}): SessionSource {
  return createPiSource(open === undefined ? { agentDir } : { agentDir, open });
}

/** `gatewayFolder` is where gateways leave their locks: none, unless told otherwise. */
export function openclawSource(
  stateDir: string,
  { processes = systemProcesses(), open, gatewayFolder }: SourceSettings & { gatewayFolder?: string } = {},
): SessionSource {
  return createOpenclawSource({
    stateDir,
    userHome: '/home/dev',
    directories: new StateDirectories(new SessionsFiles({ clock: systemClock }), '/home/dev'),
    ends: new TranscriptEnds(open),
    processes,
    gateways: new LiveGateways({ processes, folders: gatewayFolder === undefined ? [] : [gatewayFolder] }),
    ...(open === undefined ? {} : { open }),
  });
}

const listing = z.strictObject({
  sessions: z.array(sourceSession),
  total: z.int().min(0),
  problems: z.array(sourceProblem),
});

/** The list as it would arrive over the wire: JSON that the protocol takes. */
export async function listOf(source: SessionSource, limit = 1000): Promise<SourceListing> {
  return listing.parse(overTheWire(await source.list(limit)));
}

export async function pageOf(
  source: SessionSource,
  path: string,
  query: Partial<PageQuery> = {},
): Promise<TranscriptPage> {
  const { items, ...page } = await source.page(path, { limit: 1000, ...query });
  return transcriptPage.parse(overTheWire({ ...page, items: mergeItems(items) }));
}

function overTheWire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** The whole transcript, read in pages from the beginning to the end. */
export async function readForward(
  source: SessionSource,
  path: string,
  limit: number,
): Promise<TranscriptItem[]> {
  const items: TranscriptItem[] = [];
  for (let from = 0; ;) {
    const page = await pageOf(source, path, { from, limit });
    items.push(...page.items);
    if (page.atEnd) return mergeItems(items);
    from = page.end;
  }
}

/** The whole transcript, read in pages from the end to the beginning. */
export async function readBackward(
  source: SessionSource,
  path: string,
  limit: number,
): Promise<TranscriptItem[]> {
  const pages: TranscriptItem[][] = [];
  let page = await pageOf(source, path, { limit });
  pages.unshift(page.items);
  while (!page.atStart) {
    page = await pageOf(source, path, { before: page.start, limit });
    pages.unshift(page.items);
  }
  return mergeItems(pages.flat());
}

/** The part of `ref` that names the session within its source. */
export function pathOf({ ref, source }: SourceSession): string {
  return ref.slice(source.length + 1);
}

/** One line for each item: what a person sees at a glance. */
export function outline(items: readonly TranscriptItem[]): string[] {
  return items.map(line);
}

function line(item: TranscriptItem): string {
  switch (item.kind) {
    case 'message': {
      const marks = `${item.injected === true ? ', injected' : ''}${item.images ? `, ${item.images.length} image` : ''}`;
      return `${item.role}${marks}: ${start(item.text)}`;
    }
    case 'tool_call': {
      const result = item.result;
      const outcome = result === undefined ? '…' : `${result.isError ? 'error ' : ''}${start(result.output)}`;
      return `${item.name} -> ${outcome}`;
    }
    case 'tool_result':
      return `result -> ${start(item.result.output)}`;
    case 'note':
      return `${item.severity}${item.line === undefined ? '' : ` at line ${item.line}`}: ${start(item.text)}`;
    case 'compaction':
      return `compaction of ${item.tokensBefore ?? '?'} tokens: ${start(item.text ?? '')}`;
    case 'model_change':
      return `model ${item.provider ?? '?'}/${item.model}`;
    case 'other':
      return `other ${item.type}`;
    case 'thinking':
    case 'summary':
      return `${item.kind}: ${start(item.text)}`;
    case 'iteration':
    case 'lifecycle':
    case 'learning':
      return item.kind;
  }
}

function start(text: string): string {
  const [first = ''] = text.split('\n');
  return first.length > 50 ? `${first.slice(0, 49)}…` : first;
}
