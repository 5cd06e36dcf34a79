import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { eventType } from '../protocol/event.ts';
import { isPlainObject, isTooDeep, jsonBytes, MAX_JSON_BYTES, type JsonObject } from '../protocol/json.ts';
import { MAX_ITERATIONS, MAX_TOOLS_USED, sessionStatus, type Tokens } from '../protocol/session.ts';
import { Bounds } from './bounds.ts';
import { sha256 as hashOf, idFrom, isUuid } from './identity.ts';
import type { FoundSession, MigrationSource, ReadSession, SourceContents } from './migrationSource.ts';
import { Damaged } from './migrationSource.ts';
import { eventTypeFrom, newSession, type MigratedEvent } from './newSession.ts';
import {
  isMissing,
  jsonObjectOf,
  lookProblem,
  lossesFrom,
  readWhole,
  fileStats,
  whatElse,
  type TextNumber,
} from './smallReads.ts';
import { timeFrom } from './times.ts';

const FILE_NAME = 'session.json';
const FOLDER = /^session_(.+)$/s;

const count = z.number().min(0).max(1e12).transform(Math.floor).optional().catch(undefined);
const tokenCounts = z.object({ prompt: count, completion: count, total: count }).optional().catch(undefined);
const names = z.array(z.string().min(1).max(256)).max(MAX_TOOLS_USED).optional().catch(undefined);
const runFacts = z
  .object({
    model: z.string().optional().catch(undefined),
    blockedActions: names,
    toolsUsed: names,
    cost: z.number().min(0).max(1e9).optional().catch(undefined),
    tokens: tokenCounts,
  })
  .optional()
  .catch(undefined);

/** Whether a folder is one of a session of this form. */
export function isSessionFolder(name: string): boolean {
  return FOLDER.test(name);
}

/** `session_<id>/session.json`: one folder for each session, with its history in the file. */
export class SessionFolders implements MigrationSource {
  readonly format = 'session-folders';
  readonly root: string;
  readonly #only: string | undefined;

  /** @param only the name of the one folder that counts */
  constructor(root: string, only?: string) {
    this.root = root;
    this.#only = only;
  }

  contents(): Promise<SourceContents> {
    const sessions: FoundSession[] = [];
    const damaged: { path: string; reason: string }[] = [];
    let others = 0;
    for (const name of readdirSync(this.root).sort()) {
      if (!isSessionFolder(name) || (this.#only !== undefined && name !== this.#only)) continue;
      const folder = join(this.root, name);
      const kind = fileStats(folder);
      const problem = kind?.isSymbolicLink() === true ? whatElse(kind) : lookProblem(folder);
      if (problem !== undefined) damaged.push({ path: folder, reason: problem });
      if (kind?.isDirectory() !== true) continue;
      const path = join(folder, FILE_NAME);
      const stats = fileStats(path);
      if (isMissing(path)) damaged.push({ path: folder, reason: `It has no ${FILE_NAME}.` });
      else
        sessions.push({
          key: name,
          format: this.format,
          path,
          files: [path],
          bytes: stats?.size ?? 0,
          parentKey: undefined,
        });
      try {
        others += readdirSync(folder).filter((one) => one !== FILE_NAME).length;
      } catch {
        // Reading the file tells.
      }
    }
    return Promise.resolve({
      sessions,
      damaged,
      notes:
        others === 0
          ? []
          : [`${this.root}: ${others} other files in the folders of sessions are left as they are.`],
    });
  }

  read(found: FoundSession): Promise<ReadSession> {
    const { content, modifiedAt } = readWhole(found.path);
    const bounds = new Bounds();
    const numbers: TextNumber[] = [];
    const raw = jsonObjectOf(found.path, content, numbers);
    bounds.losses.push(...lossesFrom(numbers));
    const history = raw['history'] ?? [];
    if (!Array.isArray(history)) throw new Damaged(found.path, 'Its history is not a list.');
    if (typeof raw['task'] !== 'string' && raw['history'] === undefined)
      throw new Damaged(found.path, 'It has neither a task nor a history.');
    const id =
      typeof raw['id'] === 'string' && raw['id'] !== ''
        ? raw['id']
        : (FOLDER.exec(found.key)?.[1] ?? found.key);
    const { history: _h, context, result, ...original } = raw;
    const isOwn = (value: unknown) => !isTooDeep(value) && jsonBytes(value) <= MAX_JSON_BYTES;
    const contextFits = isPlainObject(context) && isOwn(context);
    const resultFits = result !== undefined && isOwn(result);
    const facts = runFacts.parse(raw['metadata']);
    const status = sessionStatus.safeParse(raw['status']).data;
    if (status === undefined) bounds.notes.push('Its status is none of Lockstep: the session is paused.');
    const session = newSession(
      {
        id: isUuid(id) ? id : idFrom(this.format, id),
        titles: [raw['title']],
        mode: typeof raw['mode'] === 'string' ? raw['mode'] : 'chat',
        task: raw['task'],
        status: status ?? 'paused',
        iterations: wholeNumber(raw['iterations']),
        maxIterations: wholeNumber(raw['maxIterations']),
        userId: raw['userId'],
        channelId: raw['channelId'],
        workspace: raw['workspace'],
        context: contextFits ? context : undefined,
        result: resultFits ? result : undefined,
        error: typeof raw['error'] === 'string' ? raw['error'] : undefined,
        model: facts?.model,
        tokens: tokensFrom(facts?.tokens),
        costUsd: facts?.cost,
        toolsUsed: facts?.toolsUsed,
        blockedActions: facts?.blockedActions,
        metadata: {
          original: {
            ...original,
            ...(context === undefined || contextFits ? {} : { context }),
            ...(result === undefined || resultFits ? {} : { result }),
          },
        },
        createdAt: timeFrom(raw['createdAt']),
        updatedAt: timeFrom(raw['updatedAt']),
        events: history.map(eventFrom),
      },
      bounds,
      new Date(modifiedAt).toISOString(),
    );
    return Promise.resolve({
      id,
      session,
      sha256: hashOf(content),
      bytes: content.length,
      modifiedAt,
      losses: bounds.losses,
      notes: bounds.notes,
    });
  }
}

function wholeNumber(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? Math.min(Math.floor(value), MAX_ITERATIONS) : undefined;
}

function tokensFrom(counts: z.output<typeof tokenCounts>): Tokens | undefined {
  if (counts === undefined) return undefined;
  const { prompt = 0, completion = 0, total = prompt + completion } = counts;
  return { input: prompt, output: completion, cacheRead: 0, cacheWrite: 0, total };
}

/** Types that mean to Lockstep what is in their data; such data must not count for more than it says. */
function eventFrom(entry: unknown): MigratedEvent {
  if (!isPlainObject(entry))
    return { timestamp: undefined, type: 'migrated.entry', data: { original: entry } };
  const { type, timestamp: at, data, ...rest } = entry;
  const timestamp = timeFrom(at);
  const left: JsonObject = {
    ...rest,
    ...(at === undefined || at === timestamp ? {} : { timestamp: at }),
    ...(data === undefined || isPlainObject(data) ? {} : { data }),
  };
  const known = eventType.safeParse(type);
  const own = isPlainObject(data) ? data : {};
  // What stands beside the data is kept under a name that Lockstep's own data does not have.
  const name = 'original' in own ? 'migratedOriginal' : 'original';
  const beside = Object.keys(left).length === 0 ? {} : { [name]: left };
  if (known.success) return { timestamp, type: known.data, data: { ...own, ...beside } };
  return {
    timestamp,
    type: typeof type === 'string' ? eventTypeFrom('migrated', type) : 'migrated.entry',
    data: { ...own, [name]: { ...left, ...(type === undefined ? {} : { type }) } },
  };
}
