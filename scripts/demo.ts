import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { createServer } from '../server/server.ts';
import type { CallParamsOf, Method } from '../server/protocol/method.ts';
import * as history from '../server/protocol/sessionHistoryMethods.ts';
import { locksAcquire, MAX_TTL_MS } from '../server/protocol/lockMethods.ts';
import * as lifecycle from '../server/protocol/sessionLifecycleMethods.ts';
import { ONE_PIXEL, withDiscountWork } from './demo/discountCodes.ts';
import { layoutShifts } from './demo/pictures.ts';
import { PROJECT_FILES } from './demo/projectFiles.ts';
import { runsUntilOneFails } from './demo/testOutput.ts';
import { makeDemoAgent } from './demo/workflow.ts';

const FIXTURES = fileURLToPath(new URL('../test/fixtures/', import.meta.url));
const DISCOUNT_CODES = '5d0c3f52-8a4e-4b53-9d27-61f0c2a7e913.jsonl';
/** The folder that the example transcripts speak of; in the copy it is the demo's own. */
const FIXTURE_PROJECT = '/home/dev/projects';

/** The variables by which the server finds the store and the agents' folders. */
type AgentVariable =
  | 'LOCKSTEP_HOME'
  | 'CLAUDE_CONFIG_DIR'
  | 'PI_CODING_AGENT_DIR'
  | 'OPENCLAW_STATE_DIR'
  | 'CODEX_HOME'
  | 'XDG_STATE_HOME';

/** Everything that the server looks at, in one folder: neither a demo nor a test shows or touches anyone's own. */
export function agentFolders(folder: string): Readonly<Record<AgentVariable, string>> {
  return {
    LOCKSTEP_HOME: join(folder, 'lockstep'),
    CLAUDE_CONFIG_DIR: join(folder, 'claude'),
    PI_CODING_AGENT_DIR: join(folder, 'pi'),
    OPENCLAW_STATE_DIR: join(folder, 'openclaw'),
    CODEX_HOME: join(folder, 'codex'),
    XDG_STATE_HOME: join(folder, 'state'),
  };
}

export interface Demo {
  /** The folder to open. */
  readonly workspace: string;
  readonly env: Readonly<Record<AgentVariable, string>>;
}

/** Makes a workspace with example sessions of Lockstep's own and of other agents below an empty folder. */
export async function makeDemo(folder: string): Promise<Demo> {
  const projects = join(folder, 'projects');
  const workspace = join(projects, 'shop');
  const env = agentFolders(folder);
  for (const [path, content] of Object.entries(PROJECT_FILES)) {
    const file = join(workspace, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  await copyTranscripts(join(FIXTURES, 'claude-code'), env.CLAUDE_CONFIG_DIR, projects);
  await copyTranscripts(join(FIXTURES, 'pi'), env.PI_CODING_AGENT_DIR, projects);
  await makeSessions(env, workspace);
  await makeDemoAgent(folder, env.LOCKSTEP_HOME);
  await makeLockFiles(env.OPENCLAW_STATE_DIR);
  return { workspace, env };
}

async function copyTranscripts(from: string, to: string, projects: string): Promise<void> {
  await cp(from, to, { recursive: true });
  for (const entry of await readdir(to, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const text = enriched(entry.name, await readFile(path, 'utf8'));
    await writeFile(path, text.replaceAll(FIXTURE_PROJECT, projects));
  }
}

/** The tests read the example transcripts as they are; for the eye, some have more. */
function enriched(name: string, text: string): string {
  if (name === DISCOUNT_CODES) return withDiscountWork(text);
  return text.replaceAll(ONE_PIXEL, () => layoutShifts());
}

type Step = readonly [method: Method, params: Record<string, unknown>];
const step = <M extends Method>(method: M, params: Omit<CallParamsOf<M> & object, 'id'>): Step => [
  method,
  { ...params },
];

const usage = (input: number, output: number) => ({
  input,
  output,
  cacheRead: input * 4,
  costUsd: (input * 3 + output * 15) / 1e6,
  model: 'claude-sonnet-4-5',
  provider: 'anthropic',
});

const tool = (name: string, input: unknown, output: unknown, durationMs: number, isError = false): Step =>
  step(history.sessionsRecordToolCall, { name, input, output, durationMs, isError });

const says = (role: 'user' | 'assistant', content: string, tokens?: readonly [number, number]): Step =>
  step(history.sessionsAddMessage, { role, content, ...(tokens ? { usage: usage(...tokens) } : {}) });

const iterate: Step = step(lifecycle.sessionsIterate, { data: {} });
const endIteration = (outcome: string): Step => step(lifecycle.sessionsEndIteration, { outcome });

/** What the example sessions did, in order. */
const EXAMPLES: readonly {
  readonly start: CallParamsOf<typeof lifecycle.sessionsStart>;
  readonly steps: readonly Step[];
  /** Who holds its lease. */
  readonly heldBy?: string;
}[] = [
  {
    start: { task: 'Move the price table from floats to decimals', mode: 'developer', maxIterations: 40 },
    steps: [
      iterate,
      says('assistant', 'I will begin with the schema, then the places that read it.', [5200, 410]),
      tool('bash', { command: 'rg -l "price" src' }, 'src/cart.ts\nsrc/prices.ts\nsrc/invoice.ts', 41),
      endIteration('schema changed'),
      iterate,
      tool(
        'edit',
        {
          path: 'src/prices.ts',
          oldText: 'prices: Record<string, number> = { tea: 12.99, cup: 12 };',
          newText: 'prices: Record<string, number> = { tea: 1299, cup: 1200 };',
        },
        'Replaced 1 place.',
        12,
      ),
      endIteration('prices.ts changed'),
      step(lifecycle.sessionsPause, { reason: 'Waiting for the review of the schema' }),
    ],
    heldBy: 'nightly-runner',
  },
  {
    start: { task: 'Raise test coverage of the cart to 90 %', mode: 'tester', maxIterations: 2 },
    steps: [
      iterate,
      tool('bash', { command: 'npm test -- --coverage' }, 'Statements: 71.4 %', 8120),
      endIteration('71 %'),
      iterate,
      tool('bash', { command: 'npm test -- --coverage' }, 'Statements: 83.9 %', 8344),
      endIteration('84 %'),
      iterate,
    ],
  },
  {
    start: {
      task: 'Update the dependencies of the shop',
      mode: 'maintainer',
      maxIterations: 10,
      label: 'weekly-update',
    },
    steps: [
      iterate,
      tool('bash', { command: 'npm outdated' }, 'typescript  6.0.3  7.0.2', 1403),
      step(lifecycle.sessionsComplete, { result: 'All dependencies are current; the tests pass.' }),
    ],
  },
  {
    start: { task: 'Find out why the search takes two seconds', mode: 'developer', maxIterations: 15 },
    steps: [
      iterate,
      tool('bash', { command: 'node --cpu-prof search.js' }, 'Error: Cannot find module search.js', 77, true),
      step(lifecycle.sessionsFail, { error: 'The profile could not be made: the entry point has moved.' }),
    ],
  },
  {
    start: { task: 'Fix the flaky checkout test', mode: 'developer', maxIterations: 50 },
    steps: [
      says(
        'user',
        'The checkout test fails about once in ten runs. Find out why and mend the cause, not the test.',
      ),
      iterate,
      says('assistant', 'I run the test until it fails, to see what differs.', [3100, 220]),
      tool(
        'bash',
        { command: 'for i in $(seq 20); do npm test -- checkout || break; done' },
        runsUntilOneFails(4),
        48211,
        true,
      ),
      says(
        'assistant',
        'The second item is added before the first request has ended. The test does not wait, and neither does the code:\n\n```ts\nvoid addItem(first);\nawait addItem(second);\n```\n\nThe floating promise is the cause.',
        [4400, 350],
      ),
      step(history.sessionsRecordLearning, {
        insight: 'Cart writes have to be awaited: the store answers in any order.',
        expertiseFile: 'docs/testing.md',
      }),
      endIteration('cause found'),
      iterate,
      tool(
        'edit',
        {
          path: 'src/cart.ts',
          oldText:
            'export async function addBoth(first: Item, second: Item): Promise<void> {\n  void addItem(first);\n  await addItem(second);\n}',
          newText:
            'export async function addBoth(first: Item, second: Item): Promise<void> {\n  await addItem(first);\n  await addItem(second);\n}',
        },
        'Replaced 1 place.',
        9,
      ),
      tool(
        'bash',
        { command: 'for i in $(seq 50); do npm test -- checkout || break; done' },
        '50 runs passed.',
        120_455,
      ),
      endIteration('50 runs passed'),
      iterate,
      says(
        'assistant',
        'The same pattern is in `src/wishlist.ts:4`:\n\n```ts\nfor (const item of items) void addItem(item);\n```\n\n| Place | Writes | Awaited |\n| --- | ---: | --- |\n| `src/cart.ts` | 2 | yes, since the last iteration |\n| `src/wishlist.ts` | 1 for each item | **no** |\n\nI look at that next.',
        [5100, 180],
      ),
    ],
  },
];

/** Locks as OpenClaw leaves them: two by a process that is gone, one by this one, which lives as long as the demo. */
async function makeLockFiles(stateDir: string): Promise<void> {
  const folder = join(stateDir, 'agents', 'main', 'sessions');
  await mkdir(folder, { recursive: true });
  const dead = spawnSync(process.execPath, ['--version']).pid;
  const hourAgo = new Date(Date.now() - 60 * 60_000).toISOString();
  for (const [name, lock] of [
    ['sessions.json.lock', { pid: dead, createdAt: hourAgo }],
    ['4f0c7b5e-95d1-4c0a-8f0e-2f5a3c1d9b77.jsonl.lock', { pid: dead, createdAt: hourAgo }],
    [
      '9a1d2c3b-0e4f-4a5b-9c6d-7e8f90a1b2c3.jsonl.lock',
      { pid: process.pid, createdAt: new Date().toISOString() },
    ],
  ] as const) {
    await writeFile(join(folder, name), JSON.stringify(lock));
  }
}

async function makeSessions(env: Demo['env'], workspace: string): Promise<void> {
  const server = createServer({ env, userHome: workspace, logger: { log: () => undefined } });
  const call = async (method: Method, params: object): Promise<unknown> => {
    const outcome = await server.registry.call(method.name, params);
    if (!outcome.ok) throw new Error(`${method.name}: ${outcome.error.message}`);
    return outcome.result;
  };
  // Held by this process, which lives as long as the demo; never renewed, and never given back.
  const acquire = (session: string, name: string) =>
    call(locksAcquire, { session, name, ownerPid: process.pid, ttlMs: MAX_TTL_MS });
  try {
    for (const { start, steps, heldBy } of EXAMPLES) {
      const { id } = z
        .looseObject({ id: z.string() })
        .parse(await call(lifecycle.sessionsStart, { ...start, workspace }));
      for (const [method, params] of steps) await call(method, { ...params, id });
      if (heldBy !== undefined) await acquire(id, heldBy);
    }
  } finally {
    server.dispose();
  }
}
