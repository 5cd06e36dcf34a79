import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { systemErrorReason } from '../platform/systemError.ts';
import type { JsonObject } from '../protocol/json.ts';
import type { MigrationDamage } from '../protocol/migrationMethods.ts';
import { listAgents } from '../sources/openclaw/agents.ts';
import { readConfig } from '../sources/openclaw/config.ts';
import { readEntry, type StoredEntry } from '../sources/openclaw/sessionEntry.ts';
import { agentIdFrom, canonicalKey, DEFAULT_AGENT } from '../sources/openclaw/sessionKey.ts';
import { transcriptPaths } from '../sources/openclaw/transcriptFile.ts';
import { Bounds } from './bounds.ts';
import { sessionFromFileEra } from './fileEraSession.ts';
import { idFrom, isUuid, sha256 as hashOf } from './identity.ts';
import {
  Damaged,
  type FoundSession,
  type MigrationSource,
  type ReadSession,
  type SourceContents,
} from './migrationSource.ts';
import { isMissing, jsonObjectOf, lossesFrom, readWhole, fileStats, type TextNumber } from './smallReads.ts';

const SUFFIX = '.jsonl';
export const STORE_NAME = 'sessions.json';

interface AgentFolder {
  readonly id: string;
  readonly sessionsDir: string;
  readonly storePath: string;
}

interface KnownSession {
  readonly agent: AgentFolder;
  readonly key: string | undefined;
  readonly entry: StoredEntry;
  readonly raw: JsonObject | undefined;
  readonly transcript: string | undefined;
  /** What of its entry became text. */
  readonly numbers: readonly TextNumber[];
}

/** A state directory of OpenClaw's file era, or the sessions folder of one agent. */
export class OpenclawFiles implements MigrationSource {
  readonly format = 'openclaw';
  readonly root: string;
  readonly #userHome: string;
  readonly #known = new Map<string, KnownSession>();
  /** How the `sessions.json` files looked when they were read. */
  readonly #stores = new Map<string, string>();
  /** Keys of what was found, by agent and canonical key. */
  readonly #byCanonicalKey = new Map<string, string>();

  constructor(root: string, userHome: string) {
    this.root = root;
    this.#userHome = userHome;
  }

  async contents(): Promise<SourceContents> {
    const sessions: FoundSession[] = [];
    const damaged: MigrationDamage[] = [];
    const notes: string[] = [];
    this.#known.clear();
    this.#byCanonicalKey.clear();
    this.#stores.clear();
    for (const agent of await this.#agents(damaged, notes)) this.#addAgent(agent, sessions, damaged, notes);
    return { sessions: sessions.map((one) => this.#withParent(one)), damaged, notes };
  }

  async read(found: FoundSession): Promise<ReadSession> {
    // Entries stand in a file for all of them, which others may have changed since it was listed.
    if (this.#stores.size === 0 || [...this.#stores].some(([path, looks]) => looksOf(path) !== looks))
      await this.contents();
    const known = this.#known.get(found.key);
    if (known === undefined) throw new Damaged(found.path, 'It is gone.');
    const { agent, key, entry, raw, transcript, numbers } = known;
    const file = transcript === undefined ? undefined : readWhole(transcript);
    const content = file?.content;
    const id = entry.sessionId ?? (transcript === undefined ? found.key : basename(transcript, SUFFIX));
    const bounds = new Bounds();
    bounds.losses.push(...lossesFrom(numbers));
    const unread = content === undefined ? unreadTranscript(agent, entry) : undefined;
    if (unread !== undefined)
      throw new Damaged(
        agent.storePath,
        `The transcript of "${found.key}", ${unread}, and is not read. Move it to ${agent.sessionsDir}, or correct sessionFile.`,
      );
    if (raw !== undefined && content === undefined) bounds.notes.push('It has no transcript.');
    const modifiedAt = file?.modifiedAt;
    const session = sessionFromFileEra(
      {
        key,
        entry,
        raw,
        transcript: content,
        agentId: agent.id,
        id: isUuid(id) ? id : idFrom(this.format, agent.id, id),
        modifiedAt: new Date(modifiedAt ?? entry.updatedAt ?? 0).toISOString(),
      },
      bounds,
    );
    const entryText = raw === undefined ? '' : JSON.stringify(raw);
    return {
      id,
      session,
      sha256: hashOf(`${hashOf(entryText)}${content === undefined ? '' : hashOf(content)}`),
      bytes: Buffer.byteLength(entryText) + (content?.length ?? 0),
      modifiedAt,
      losses: bounds.losses,
      notes: bounds.notes,
    };
  }

  async #agents(damaged: MigrationDamage[], notes: string[]): Promise<readonly AgentFolder[]> {
    if (isSessionsFolder(this.root)) {
      const id =
        basename(this.root) === 'sessions' ? agentIdFrom(basename(dirname(this.root))) : DEFAULT_AGENT;
      return [{ id, sessionsDir: this.root, storePath: join(this.root, STORE_NAME) }];
    }
    const config = await readConfig(this.root, this.#userHome);
    if (config.problem !== undefined) notes.push(config.problem);
    const { agents, problems } = await listAgents(this.root, config);
    damaged.push(...problems.map(({ path, message }) => ({ path, reason: message })));
    return agents.filter(({ id, database }) => {
      if (database === undefined) return true;
      notes.push(`The sessions of the agent ${id} are in ${database}: migrate them from openclaw: instead.`);
      return false;
    });
  }

  #addAgent(agent: AgentFolder, sessions: FoundSession[], damaged: MigrationDamage[], notes: string[]): void {
    const { sessionsDir, storePath } = agent;
    const names = namesIn(sessionsDir, damaged);
    this.#stores.set(storePath, looksOf(storePath));
    const numbers: TextNumber[] = [];
    const store = storeOf(storePath, damaged, numbers);
    if (store === undefined) {
      const left = names.filter((name) => name.endsWith(SUFFIX)).length;
      if (left > 0)
        notes.push(`${sessionsDir}: ${left} transcripts are left until its ${STORE_NAME} can be read.`);
      return;
    }
    const free = new Set(names.filter((name) => name.endsWith(SUFFIX)));
    const there = new Set(names.map((name) => join(sessionsDir, name)));
    const broken: string[] = [];
    for (const [key, value] of Object.entries(store)) {
      const read = readEntry(value);
      if (read === undefined) {
        broken.push(key);
        continue;
      }
      const place = { era: 'file' as const, sessionsDir, storePath };
      const transcript = transcriptPaths(place, read.entry).find((path) => there.has(path));
      if (transcript !== undefined) free.delete(basename(transcript));
      const own = numbers
        .filter(({ path }) => path[0] === key)
        .map(({ path, source }) => ({ path: path.slice(1), source }));
      const found = this.#add(
        { agent, key, entry: read.entry, raw: read.raw, transcript, numbers: own },
        key,
      );
      this.#byCanonicalKey.set(canonicalKey(key, agent.id), found.key);
      sessions.push(found);
    }
    for (const key of broken)
      damaged.push({ path: storePath, reason: `The value of "${key.slice(0, 200)}" is no entry.` });
    for (const name of [...free].sort()) {
      const transcript = join(sessionsDir, name);
      sessions.push(
        this.#add(
          { agent, key: undefined, entry: {}, raw: undefined, transcript, numbers: [] },
          `file:${name}`,
        ),
      );
    }
    const others = names.filter(
      (name) => !name.endsWith(SUFFIX) && name !== STORE_NAME && !name.endsWith('.lock'),
    );
    if (others.length > 0)
      notes.push(`${sessionsDir}: ${others.length} other files, such as archives, are left as they are.`);
  }

  #withParent(found: FoundSession): FoundSession {
    const { agent, entry } = this.#known.get(found.key) ?? {};
    if (agent === undefined || entry?.spawnedBy === undefined) return found;
    return { ...found, parentKey: this.#byCanonicalKey.get(canonicalKey(entry.spawnedBy, agent.id)) };
  }

  #add(known: KnownSession, name: string): FoundSession {
    const { agent, raw, transcript } = known;
    const key = `${agent.id}/${name}`;
    this.#known.set(key, known);
    const files = [
      ...(raw === undefined ? [] : [agent.storePath]),
      ...(transcript === undefined ? [] : [transcript]),
    ];
    const path = transcript ?? agent.storePath;
    return { key, format: this.format, path, files, bytes: sizeOf(transcript), parentKey: undefined };
  }
}

/** Whether a folder is that of one agent's sessions. */
export function isSessionsFolder(path: string): boolean {
  return fileStats(join(path, STORE_NAME)) !== undefined;
}

function sizeOf(path: string | undefined): number {
  return path === undefined ? 0 : (fileStats(path)?.size ?? 0);
}

function looksOf(path: string): string {
  const stats = fileStats(path);
  return stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
}

function namesIn(folder: string, damaged: MigrationDamage[]): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (existsSync(folder))
      damaged.push({ path: folder, reason: `It cannot be read: ${systemErrorReason(error)}.` });
    return [];
  }
}

/** Undefined where it cannot be read; no file is an empty store. */
function storeOf(path: string, damaged: MigrationDamage[], numbers: TextNumber[]): JsonObject | undefined {
  if (isMissing(path)) return {};
  try {
    return jsonObjectOf(path, readWhole(path).content, numbers);
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    damaged.push({ path: error.path, reason: error.message });
    return undefined;
  }
}

/** A clause: where a file is that an entry names as its transcript, and that is none of those that are read. */
function unreadTranscript({ sessionsDir }: AgentFolder, { sessionFile }: StoredEntry): string | undefined {
  if (sessionFile === undefined) return undefined;
  const path = resolve(sessionsDir, sessionFile);
  if (fileStats(path)?.isDirectory() ?? true) return undefined;
  const isOutside = relative(sessionsDir, path).startsWith(`..${sep}`);
  return isOutside
    ? `${path}, is outside of the folders of its agent`
    : `${path}, is no ${SUFFIX} file right in the folder of its agent`;
}
