import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { jsonObject } from '../../server/protocol/json.ts';
import { ROOT } from '../support/sourceFiles.ts';

export const TOKEN = 'a token of this test';

export const AGENTS = ['main', 'support'];

const FIXTURE = join(ROOT, 'test/fixtures/openclaw');
const MINUTE_MS = 60_000;
const store = z.record(z.string(), jsonObject);
export type Store = z.output<typeof store>;

/** Absolute path of an agent's `sessions.json`. */
export function storePath(stateDir: string, agent = 'main'): string {
  return join(stateDir, 'agents', agent, 'sessions', 'sessions.json');
}

export async function readStore(stateDir: string, agent = 'main'): Promise<Store> {
  return store.parse(JSON.parse(await readFile(storePath(stateDir, agent), 'utf8')));
}

/**
 * A state directory with the fixture's sessions and those that the writes of these tests need, used within the last
 * hours: a gateway treats old ones otherwise.
 */
export async function makePeerStore(stateDir: string): Promise<void> {
  await cp(FIXTURE, stateDir, { recursive: true });
  // A gateway writes beside a transcript wherever it is.
  await movePaths(stateDir, '/home/dev/.openclaw', stateDir);
  const newest = Date.now() - 5 * MINUTE_MS;
  for (const agent of AGENTS) {
    const entries = moved(await readStore(stateDir, agent), newest);
    const all = agent === 'main' ? { ...entries, ...moreEntries(newest) } : entries;
    await writeFile(storePath(stateDir, agent), JSON.stringify(all, null, 2));
  }
  for (const [index, id] of TRANSCRIPTS.entries()) {
    await writeFile(join(stateDir, `agents/main/sessions/${id}.jsonl`), transcript(id, 12 + index));
  }
}

/** An equal state directory elsewhere. */
export async function copyPeerStore(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
  await movePaths(to, from, to);
}

async function movePaths(stateDir: string, from: string, to: string): Promise<void> {
  for (const agent of AGENTS) {
    const path = storePath(stateDir, agent);
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll(from, to));
  }
}

/** What a gateway needs to run by itself: no channels, no plugins, nothing of its own doing while a test looks. */
export async function writeConfig(stateDir: string, port: number): Promise<void> {
  const path = join(stateDir, 'openclaw.json');
  const config = jsonObject.parse(JSON.parse(await readFile(path, 'utf8')));
  const { defaults } = z.object({ defaults: jsonObject }).parse(config['agents']);
  const all = {
    ...config,
    agents: { defaults: { ...defaults, heartbeat: { every: '0m' } } },
    gateway: { mode: 'local', bind: 'loopback', port, auth: { mode: 'token', token: TOKEN } },
    logging: { file: join(stateDir, 'openclaw.log') },
    models: { pricing: { enabled: false } },
    plugins: { enabled: false },
    session: { maintenance: { mode: 'warn' } },
    update: { checkOnStart: false },
  };
  await writeFile(path, JSON.stringify(all, null, 2));
}

const idOf = (number: number) => `9ee40${String(number).padStart(3, '0')}-0c0c-4d4d-8e8e-0123456789ab`;
const TRANSCRIPTS = [1, 2, 3, 4, 5, 6].map(idOf);

/** Those that the writes go to, one each, so that no case depends on another. */
function moreEntries(newest: number): Store {
  const at = (minutes: number) => newest - minutes * MINUTE_MS;
  return {
    'agent:main:peer:full': {
      sessionId: idOf(1),
      updatedAt: at(60),
      label: 'Everything',
      displayName: 'All fields',
      subject: 'Fields',
      chatType: 'direct',
      channel: 'telegram',
      groupActivation: 'mention',
      origin: { label: 'Mira (@mira) id:4711', provider: 'telegram', surface: 'telegram' },
      deliveryContext: { channel: 'telegram', to: 'telegram:4711', accountId: 'a1' },
      lastChannel: 'telegram',
      lastTo: 'telegram:4711',
      lastAccountId: 'a1',
      thinkingLevel: 'low',
      verboseLevel: 'on',
      reasoningLevel: 'stream',
      responseUsage: 'tokens',
      elevatedLevel: 'ask',
      execHost: 'gateway',
      execSecurity: 'allowlist',
      execAsk: 'on-miss',
      execNode: 'shed',
      sendPolicy: 'allow',
      queueMode: 'collect',
      queueDebounceMs: 500,
      queueCap: 5,
      queueDrop: 'old',
      providerOverride: 'local',
      modelOverride: 'small-1',
      inputTokens: 100,
      outputTokens: 20,
      totalTokens: 4000,
      contextTokens: 32_000,
      compactionCount: 2,
      fastMode: true,
      traceLevel: 'on',
      pinnedAt: at(70),
      lastReadAt: at(71),
      category: 'Beds',
      status: 'done',
      startedAt: at(72),
      endedAt: at(71),
      runtimeMs: 60_000,
      systemSent: true,
      abortedLastRun: true,
      gardenMode: { beds: [1, 2] },
    },
    'agent:main:peer:plain': { sessionId: idOf(2), updatedAt: at(61) },
    'agent:main:peer:compact': {
      sessionId: idOf(3),
      updatedAt: at(62),
      totalTokens: 900,
      compactionCount: 1,
    },
    'agent:main:peer:delete': { sessionId: idOf(4), updatedAt: at(63), label: 'To delete' },
    'agent:main:peer:orphan': { sessionId: idOf(5), updatedAt: at(64) },
    'agent:main:peer:gone': { sessionId: idOf(90), updatedAt: at(65) },
    'agent:main:subagent:peer': { sessionId: idOf(6), updatedAt: at(10), spawnedBy: 'agent:main:main' },
  };
}

/** The same distances in time, up to `newest` in milliseconds since the epoch. */
function moved(entries: Store, newest: number): Store {
  const times = Object.values(entries).flatMap(({ updatedAt }) =>
    typeof updatedAt === 'number' ? [updatedAt] : [],
  );
  const by = newest - Math.max(...times);
  return Object.fromEntries(
    Object.entries(entries).map(([key, entry]) => {
      const later = (name: string) => {
        const value = entry[name];
        return typeof value === 'number' ? { [name]: value + by } : {};
      };
      return [key, { ...entry, ...later('updatedAt'), ...later('archivedAt') }];
    }),
  );
}

function transcript(id: string, messages: number): string {
  const time = (index: number) => new Date(Date.UTC(2026, 2, 2, 8, 0, index)).toISOString();
  const lines: unknown[] = [{ type: 'session', version: 3, id, timestamp: time(0), cwd: '/home/dev/garden' }];
  for (let index = 1; index <= messages; index++) {
    lines.push({
      type: 'message',
      id: String(index).padStart(8, '0'),
      parentId: index === 1 ? null : String(index - 1).padStart(8, '0'),
      timestamp: time(index),
      message: {
        role: index % 2 === 1 ? 'user' : 'assistant',
        content: [
          { type: 'text', text: `Row ${index} of the beds: ${'carrots, '.repeat(index * 4)}and peas` },
        ],
        timestamp: Date.parse(time(index)),
      },
    });
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
