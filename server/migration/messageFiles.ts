import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { JsonObject } from '../protocol/json.ts';
import { isPlainObject } from '../protocol/json.ts';
import { Bounds } from './bounds.ts';
import { sha256 as hashOf, idFrom, isUuid } from './identity.ts';
import {
  Damaged,
  type FoundSession,
  type MigrationSource,
  type ReadSession,
  type SourceContents,
} from './migrationSource.ts';
import { newSession, type MigratedEvent } from './newSession.ts';
import {
  isMissing,
  jsonObjectOf,
  lossesFrom,
  readWhole,
  fileStats,
  whatElse,
  type TextNumber,
} from './smallReads.ts';
import { timeFrom } from './times.ts';

export const MESSAGE_FOLDER = '.sessions';
const MAP_NAME = 'session_map.json';

/** `<id>.json` files, each a session with its messages, and a `session_map.json` that gives keys to them. */
export class MessageFiles implements MigrationSource {
  readonly format = 'message-files';
  readonly root: string;
  readonly #only: string | undefined;
  #map: JsonObject | undefined;
  #isMapDamaged = false;

  /** @param only the name of the one file that counts */
  constructor(root: string, only?: string) {
    this.root = root;
    this.#only = only;
  }

  contents(): Promise<SourceContents> {
    const sessions: FoundSession[] = [];
    const damaged: Damaged[] = [];
    const notes: string[] = [];
    const names = readdirSync(this.root).sort();
    const mapFile = names.includes(MAP_NAME) ? [join(this.root, MAP_NAME)] : [];
    for (const name of names) {
      if (!name.endsWith('.json') || name === MAP_NAME) continue;
      if (this.#only !== undefined && name !== this.#only) continue;
      const path = join(this.root, name);
      const stats = fileStats(path);
      if (stats && !stats.isFile()) {
        damaged.push(new Damaged(path, whatElse(stats)));
        continue;
      }
      sessions.push({
        key: name,
        format: this.format,
        path,
        files: [path, ...mapFile],
        bytes: stats?.size ?? 0,
        parentKey: undefined,
      });
    }
    const others = names.filter((name) => !name.endsWith('.json') && name !== 'backup_old_format');
    if (others.length > 0)
      notes.push(`${this.root}: ${others.length} other files or folders are left as they are.`);
    this.#map = undefined;
    this.#isMapDamaged = false;
    try {
      this.#map = this.#readMap();
      const known = new Set(sessions.map(({ path }) => basename(path, '.json')));
      const gone = Object.values(this.#map).filter((value) => !known.has(idIn(value) ?? ''));
      if (gone.length > 0 && this.#only === undefined)
        notes.push(`${join(this.root, MAP_NAME)}: ${gone.length} of its keys name no session that is there.`);
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      damaged.push(error);
    }
    return Promise.resolve({
      sessions,
      damaged: damaged.map(({ path, message }) => ({ path, reason: message })),
      notes,
    });
  }

  read(found: FoundSession): Promise<ReadSession> {
    const { content, modifiedAt } = readWhole(found.path);
    const bounds = new Bounds();
    const numbers: TextNumber[] = [];
    const raw = jsonObjectOf(found.path, content, numbers);
    bounds.losses.push(...lossesFrom(numbers));
    const { messages } = raw;
    if (!Array.isArray(messages)) throw new Damaged(found.path, 'It has no list of messages.');
    const id = basename(found.path, '.json');
    const { messages: _, ...original } = raw;
    const metadata = isPlainObject(raw['metadata']) ? raw['metadata'] : {};
    const keys = this.#keysOf(id);
    if (this.#isMapDamaged)
      bounds.notes.push(`${MAP_NAME} cannot be read: what it says of this session is not taken over.`);
    const sessionKey = metadata['session_key'] ?? keys[0]?.[0];
    const times = [raw['created_at'], raw['updated_at']];
    if (times.some((time) => typeof time === 'string' && !/(?:Z|[+-]\d\d:?\d\d)$/i.test(time)))
      bounds.notes.push('Times without a zone are taken as UTC.');
    const session = newSession(
      {
        id: isUuid(id) ? id : idFrom(this.format, id),
        label: bounds.label(metadata['label']),
        titles: [metadata['display_name'], metadata['label']],
        mode: 'chat',
        status: 'paused',
        agentId: agentOf(sessionKey),
        metadata: {
          original,
          ...(keys.length === 0 ? {} : { sessionMap: Object.fromEntries(keys) }),
        },
        createdAt: timeFrom(raw['created_at']),
        updatedAt: timeFrom(raw['updated_at']),
        events: eventsFrom(messages),
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

  #keysOf(id: string): [string, unknown][] {
    try {
      this.#map ??= this.#readMap();
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      this.#map = {};
      this.#isMapDamaged = true;
    }
    return Object.entries(this.#map).filter(([, value]) => idIn(value) === id);
  }

  #readMap(): JsonObject {
    const path = join(this.root, MAP_NAME);
    return isMissing(path) ? {} : jsonObjectOf(path, readWhole(path).content);
  }
}

/** The session that a value of the map names. */
function idIn(value: unknown): string | undefined {
  if (typeof value === 'string') return basename(value, '.json');
  if (!isPlainObject(value)) return undefined;
  return [value['session_id'], value['sessionId'], value['id']].find((id) => typeof id === 'string');
}

function agentOf(key: unknown): string | undefined {
  return typeof key === 'string' ? /^agent:([^:]+):/.exec(key)?.[1] : undefined;
}

/** One event for each message. What has no place in the event is under its `metadata`. */
function eventsFrom(messages: readonly unknown[]): MigratedEvent[] {
  const calls = new Map<string, { name: string; input: unknown }>();
  return messages.map((message): MigratedEvent => {
    if (!isPlainObject(message))
      return { timestamp: undefined, type: 'migrated.message', data: { original: message } };
    const { role, content, timestamp: at, ...rest } = message;
    const timestamp = timeFrom(at);
    // A time that would come back in another form is kept as it was.
    const time = at === undefined || at === timestamp ? {} : { timestamp: at };
    for (const call of Array.isArray(message['tool_calls']) ? message['tool_calls'] : [])
      noteCall(call, calls);
    if (role === 'user' || role === 'assistant' || role === 'system') {
      const words = textOf(content);
      const metadata = {
        ...rest,
        ...time,
        ...(words === content || content === undefined ? {} : { content }),
      };
      return {
        timestamp,
        type: 'message',
        data: { role, content: words, ...(Object.keys(metadata).length === 0 ? {} : { metadata }) },
      };
    }
    const { tool_call_id: callId, ...others } = rest;
    if (role === 'tool' && typeof callId === 'string') {
      const call = calls.get(callId);
      const name =
        [message['name'], call?.name].find((one) => typeof one === 'string' && one !== '') ?? 'tool';
      const metadata = { ...others, ...time };
      return {
        timestamp,
        type: 'tool_call',
        data: {
          name,
          input: call?.input ?? {},
          output: content ?? null,
          callId,
          ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
        },
      };
    }
    return { timestamp, type: 'migrated.message', data: { original: message } };
  });
}

/** The words of a content that is a text, or a list of parts. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .flatMap((part: unknown) =>
      isPlainObject(part) && typeof part['text'] === 'string' ? [part['text']] : [],
    )
    .join('\n');
}

/** Calls in the form of OpenAI's API, or flat. */
function noteCall(call: unknown, calls: Map<string, { name: string; input: unknown }>): void {
  if (!isPlainObject(call) || typeof call['id'] !== 'string') return;
  const inner = isPlainObject(call['function']) ? call['function'] : call;
  if (typeof inner['name'] !== 'string') return;
  calls.set(call['id'], { name: inner['name'], input: inputFrom(inner['arguments'] ?? inner['input']) });
}

function inputFrom(given: unknown): unknown {
  if (typeof given !== 'string') return given ?? {};
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}
