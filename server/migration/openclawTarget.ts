import { existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isPlainObject, type JsonObject } from '../protocol/json.ts';
import { listAgents } from '../sources/openclaw/agents.ts';
import { readConfig } from '../sources/openclaw/config.ts';
import type { LiveGateway } from '../sources/openclaw/liveGateway.ts';
import { agentIdFrom, canonicalKey } from '../sources/openclaw/sessionKey.ts';
import type { StoreWriter } from '../sources/openclaw/storeWriter.ts';
import { gatewayRuns, isInDatabase } from '../sources/openclaw/writeRefusals.ts';
import { ENTRY_FIELD, entryDigest, fileEraFrom, isEntryAsWritten } from './fileEraSession.ts';
import { fileProblem } from './fileProblem.ts';
import { idFrom, isUuid, sha256 } from './identity.ts';
import { isSameOrigin, MIGRATED_FROM, migratedFromOf } from './migratedFrom.ts';
import { Damaged, type ReadSession } from './migrationSource.ts';
import type { Look, MigrationTarget, Origin, Prepared, Written } from './migrationTarget.ts';
import { writeNewFiles } from './newFiles.ts';
import { STORE_NAME } from './openclawFiles.ts';
import { readWhole } from './smallReads.ts';

export interface OpenclawTargetParts {
  readonly stateDir: string;
  readonly agentId: string;
  readonly userHome: string;
  readonly writer: Pick<StoreWriter, 'read' | 'update'>;
  readonly gateways: { of(stateDir: string): Promise<LiveGateway | undefined> };
}

interface PreparedEntry extends Prepared {
  readonly migration: string;
  readonly file: string;
  readonly entry: JsonObject;
  readonly transcript: Buffer;
}

const TRIES = 4;

const STOP_IT = { instead: 'Stop it (openclaw gateway stop), and try again.' };
const CHOOSE_ANOTHER = {
  instead: `Choose an agent or a state directory that has a ${STORE_NAME}, or none yet.`,
};

/** A state directory of OpenClaw's file era: an entry in `sessions.json` and a transcript for each session. */
export class OpenclawTarget implements MigrationTarget<PreparedEntry> {
  readonly #parts: OpenclawTargetParts;
  readonly #agentId: string;
  #storePath: string;
  #sessionsDir: string;
  /** Undefined for what is no entry, which is not written over. */
  readonly #entries = new Map<string, JsonObject | undefined>();
  readonly #labels = new Set<string>();
  readonly #files = new Set<string>();
  /** Keys that were given away in this part, with the key of their session. */
  readonly #given = new Map<string, string>();

  constructor(parts: OpenclawTargetParts) {
    this.#parts = parts;
    this.#agentId = agentIdFrom(parts.agentId);
    this.#sessionsDir = join(parts.stateDir, 'agents', this.#agentId, 'sessions');
    this.#storePath = join(this.#sessionsDir, STORE_NAME);
  }

  get files(): readonly string[] {
    return existsSync(this.#storePath) ? [realpathSync(this.#storePath)] : [];
  }

  async open(): Promise<void> {
    const { stateDir, gateways, userHome } = this.#parts;
    const gateway = await gateways.of(stateDir);
    if (gateway !== undefined) throw gatewayRuns(stateDir, gateway, STOP_IT);
    const config = await readConfig(stateDir, userHome);
    const { agents } = await listAgents(stateDir, config);
    const agent = agents.find(({ id }) => id === this.#agentId);
    if (agent?.database !== undefined) throw isInDatabase(this.#agentId, agent.database, CHOOSE_ANOTHER);
    if (agent) this.#sessionsDir = agent.sessionsDir;
    this.#storePath = agent?.storePath ?? config.storeOf?.(this.#agentId) ?? this.#storePath;
    await this.#readEntries();
  }

  look({ session }: ReadSession, origin: Origin): Promise<Look> {
    const { id, metadata } = session.state.session;
    const own = `agent:${this.#agentId}:lockstep:${isUuid(id) ? id : idFrom('lockstep', id)}`;
    const keys = [keyIn(metadata), own, ...this.#tries(origin)].flatMap((key) =>
      key === undefined ? [] : [this.#keyOfAgent(key)],
    );
    for (const to of keys) {
      if ((this.#given.get(to) ?? origin.key) !== origin.key) continue;
      if (!this.#entries.has(to)) {
        this.#given.set(to, origin.key);
        return Promise.resolve({ to, state: 'new' });
      }
      const from = originIn(this.#entries.get(to));
      if (from && isSameOrigin(from, origin)) {
        if (from.sha256 === origin.sha256) return Promise.resolve({ to, state: 'done' });
        const conflict = `${to} was migrated from it when it was another; it is not written over. Delete that session first, or leave it.`;
        return Promise.resolve({ to, state: 'conflict', conflict });
      }
    }
    return Promise.resolve({ to: own, state: 'conflict', conflict: 'No key for it is free.' });
  }

  remarks({ session }: ReadSession): Promise<string[]> {
    const { label } = session.state.session;
    const isTaken = label !== undefined && this.#labels.has(label);
    return Promise.resolve(
      isTaken ? [`The label "${label}" is taken and is kept in the transcript only.`] : [],
    );
  }

  has(to: string, origin: Pick<Origin, 'format' | 'path' | 'key' | 'sha256'>): Promise<boolean> {
    const from = originIn(this.#entries.get(to));
    const is = from && isSameOrigin(from, { ...origin, id: from.id }) && from.sha256 === origin.sha256;
    return Promise.resolve(is ?? false);
  }

  prepare(
    { session }: ReadSession,
    origin: Origin,
    { to }: Look,
    migration: string,
    parent: string | undefined,
  ): PreparedEntry {
    const { id, label } = session.state.session;
    const free = label !== undefined && !this.#labels.has(label) ? label : undefined;
    if (free !== undefined) this.#labels.add(free);
    for (const sessionId of [...(isUuid(id) ? [id] : []), ...this.#tries(origin)]) {
      const text = fileEraFrom(session, sessionId, free);
      const transcript = Buffer.from(text.transcript);
      const file = join(this.#sessionsDir, `${sessionId}.jsonl`);
      // What a killed run has left is the same to the letter.
      if (this.#files.has(file) || (existsSync(file) && !isFileWith(file, transcript))) continue;
      this.#files.add(file);
      const digest = sha256(transcript);
      const entry = { ...text.entry, ...(parent === undefined ? {} : { spawnedBy: parent }) };
      const kept = { [MIGRATED_FROM]: { migration, ...origin, digest }, entry: entryDigest(entry) };
      return {
        key: origin.key,
        to,
        digest,
        file,
        migration,
        entry: { ...entry, [ENTRY_FIELD]: kept },
        transcript,
      };
    }
    throw new Damaged(origin.path, `No name for the transcript of ${to} is free.`);
  }

  async write(prepared: readonly PreparedEntry[]): Promise<readonly { to: string; problem?: string }[]> {
    await this.#mustBeOurs();
    const made = new Set<string>();
    try {
      mkdirSync(this.#sessionsDir, { recursive: true, mode: 0o700 });
      const files = prepared.map(({ file, transcript, migration }) => ({
        path: file,
        temporary: temporaryOf(file, migration),
        content: transcript,
      }));
      // Of those that are there a killed run may have left the other name.
      for (const { path, temporary } of files) if (existsSync(path)) rmSync(temporary, { force: true });
      await writeNewFiles(files.filter(({ path }) => !existsSync(path)));
    } catch (error) {
      throw fileProblem(this.#sessionsDir, error);
    }
    const outcomes = await this.#parts.writer.update(this.#storePath, (draft) =>
      prepared.map(({ to, entry, file }): { to: string; problem?: string } => {
        if (draft.has(to)) {
          // Somebody made it meanwhile; ours is not needed.
          if (made.has(file)) rmSync(file, { force: true });
          return { to, problem: `Somebody else has made ${to} meanwhile.` };
        }
        draft.set(to, entry);
        this.#entries.set(to, entry);
        return { to };
      }),
    );
    return outcomes;
  }

  difference({ to, digest, file }: Written): Promise<string | undefined> {
    const entry = this.#entries.get(to);
    if (entry === undefined) return Promise.resolve(`${to} is gone.`);
    if (!isEntryAsWritten(entry)) return Promise.resolve(`${to} was changed since.`);
    if (file === undefined || digestOf(file) !== digest)
      return Promise.resolve(`The transcript of ${to} was changed since, or is gone.`);
    return Promise.resolve(undefined);
  }

  async undo(
    written: readonly Written[],
    migration: string,
  ): Promise<{ to: string; outcome: 'removed' | 'gone' | 'left'; reason?: string }[]> {
    await this.#mustBeOurs();
    const doomed: Written[] = [];
    const outcomes: { to: string; outcome: 'removed' | 'gone' | 'left'; reason?: string }[] = [];
    const entryIsOurs = (entry: JsonObject | undefined) => originIn(entry)?.migration === migration;
    for (const one of written) {
      const { to, file, digest } = one;
      if (file !== undefined) rmSync(temporaryOf(file, migration), { force: true });
      const entry = this.#entries.get(to);
      if (!entryIsOurs(entry)) {
        // Killed before its entry was written, or deleted since; a transcript of ours may still be there.
        const isLeft = file !== undefined && !this.#isUsed(file) && digestOf(file) === digest;
        if (isLeft) rmSync(file, { force: true });
        if (entry === undefined) outcomes.push({ to, outcome: isLeft ? 'removed' : 'gone' });
        else outcomes.push({ to, outcome: 'left', reason: `${to} is not of this migration.` });
        continue;
      }
      const reason = await this.difference(one);
      if (reason === undefined) doomed.push(one);
      else outcomes.push({ to, outcome: 'left', reason });
    }
    // A killed run may have left its lock, which whoever takes it next removes.
    if (doomed.length === 0 && !existsSync(`${this.#storePath}.lock`)) return outcomes;
    const deleted = await this.#parts.writer.update(this.#storePath, (draft) =>
      doomed.filter(({ to }) => {
        const entry = draft.get(to);
        if (entry === undefined || !entryIsOurs(entry) || !isEntryAsWritten(entry)) return false;
        draft.delete(to);
        this.#entries.delete(to);
        return true;
      }),
    );
    for (const one of doomed) {
      const { to, file } = one;
      if (!deleted.includes(one)) {
        outcomes.push({ to, outcome: 'left', reason: `${to} was changed since.` });
        continue;
      }
      if (file !== undefined && !this.#isUsed(file)) rmSync(file, { force: true });
      outcomes.push({ to, outcome: 'removed' });
    }
    return outcomes;
  }

  async #mustBeOurs(): Promise<void> {
    const gateway = await this.#parts.gateways.of(this.#parts.stateDir);
    if (gateway !== undefined) throw gatewayRuns(this.#parts.stateDir, gateway, STOP_IT);
  }

  /** Whether an entry names the transcript, also one of somebody else. */
  #isUsed(file: string): boolean {
    const id = basename(file, '.jsonl');
    return [...this.#entries.values()].some(
      (entry) => entry?.['sessionId'] === id || entry?.['sessionFile'] === file,
    );
  }

  /** @throws LockstepError STORE_CORRUPT or STORE_UNAVAILABLE */
  async #readEntries(): Promise<void> {
    const store = await this.#parts.writer.read(this.#storePath);
    this.#entries.clear();
    this.#labels.clear();
    for (const key of store.keys()) {
      const entry = store.get(key);
      this.#entries.set(key, entry);
      if (typeof entry?.['label'] === 'string') this.#labels.add(entry['label']);
    }
  }

  #tries({ format, path, key }: Origin): string[] {
    return Array.from({ length: TRIES }, (_, index) => idFrom('migration', format, path, key, String(index)));
  }

  /** A key of any agent as one of the agent that is migrated to. */
  #keyOfAgent(key: string): string {
    const canonical = canonicalKey(key, this.#agentId);
    if (canonical === 'global' || canonical === 'unknown')
      return `agent:${this.#agentId}:lockstep:${canonical}`;
    const rest = /^agent:[^:]+:(.+)$/s.exec(canonical)?.[1] ?? canonical;
    return `agent:${this.#agentId}:${rest}`;
  }
}

/** The key that a session had where it came from. */
function keyIn(metadata: JsonObject): string | undefined {
  const { original } = metadata;
  if (!isPlainObject(original)) return undefined;
  const within = isPlainObject(original['metadata']) ? original['metadata']['session_key'] : undefined;
  return [original['key'], within].find((key): key is string => typeof key === 'string' && key.trim() !== '');
}

function originIn(entry: JsonObject | undefined): ReturnType<typeof migratedFromOf> {
  const own = entry?.[ENTRY_FIELD];
  return isPlainObject(own) ? migratedFromOf(own) : undefined;
}

/** The same each time, so that a run that goes on finds what a killed one has left. */
function temporaryOf(file: string, migration: string): string {
  return join(dirname(file), `.${basename(file)}.${migration}.tmp`);
}

function isFileWith(path: string, content: Buffer): boolean {
  try {
    return readWhole(path).content.equals(content);
  } catch {
    return false;
  }
}

function digestOf(path: string): string | undefined {
  try {
    return sha256(readWhole(path).content);
  } catch {
    return undefined;
  }
}
