import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as z from 'zod';
import { createServer } from '../../server/server.ts';
import { migrationApply, migrationPlan, type MigrationItem } from '../../server/protocol/migrationMethods.ts';
import type { Method } from '../../server/protocol/method.ts';

/*
 * How long a migration takes: OpenClaw's file era (sessions.json and transcripts of 21 lines) to Lockstep's store, and
 * from there into the file era again. The gateway's own import of 10,000 such sessions took 142 s on a like machine.
 */

const SESSIONS = Number(process.env['LOCKSTEP_BENCH_MIGRATED'] ?? 10_000);
const LINES = 21;

function say(words: string): void {
  process.stdout.write(`${words}\n`);
}

const folder = await mkdtemp(join(process.env['LOCKSTEP_BENCH_DIR'] ?? tmpdir(), 'lockstep-migration-'));
const home = join(folder, 'home');
const server = createServer({
  env: { LOCKSTEP_HOME: home },
  userHome: join(folder, 'user'),
  logger: { log: () => undefined },
});
try {
  makeStateDir(join(folder, 'state'));
  say(`${SESSIONS} sessions, ${SESSIONS * LINES} lines\n`);
  say('| what | plan s | apply s, backup included | of that CPU s | longest part s | in all s |');
  say('| --- | ---: | ---: | ---: | ---: | ---: |');
  await migrate('file era to the store', { path: join(folder, 'state') });
  await migrate('the same again', { path: join(folder, 'state') });
  await migrate('the store to the file era', {
    path: 'lockstep:',
    to: 'openclaw',
    stateDir: join(folder, 'other'),
  });
} finally {
  server.dispose();
  await rm(folder, { recursive: true, force: true });
}

async function call<P extends z.ZodType, R extends z.ZodType>(
  method: Method<P, R>,
  params: z.input<P>,
): Promise<z.output<R>> {
  const outcome = await server.registry.call(method.name, params);
  if (!outcome.ok) throw new Error(outcome.error.message);
  return method.result.parse(outcome.result);
}

async function migrate(name: string, params: z.input<typeof migrationPlan.params>): Promise<void> {
  const begun = performance.now();
  const items: MigrationItem[] = [];
  for (let cursor: string | undefined; ;) {
    const part = await call(migrationPlan, { ...params, cursor });
    items.push(...part.items);
    cursor = part.nextCursor;
    if (cursor === undefined) break;
  }
  const planned = performance.now();
  const cpuBefore = process.cpuUsage();
  let longest = 0;
  for (let cursor: string | undefined; ;) {
    const partBegun = performance.now();
    const part = await call(migrationApply, cursor === undefined ? { ...params, items } : { cursor });
    longest = Math.max(longest, performance.now() - partBegun);
    cursor = part.nextCursor;
    if (cursor !== undefined) continue;
    const { migrated, already, skipped, errors } = part.stats;
    if (migrated + already !== SESSIONS || skipped.length + errors.length > 0)
      throw new Error(`${migrated} were migrated: ${JSON.stringify([...skipped, ...errors].slice(0, 3))}`);
    break;
  }
  const done = performance.now();
  const cpu = process.cpuUsage(cpuBefore);
  const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(1);
  say(
    `| ${name} | ${seconds(begun, planned)} | ${seconds(planned, done)} | ${((cpu.user + cpu.system) / 1e6).toFixed(1)} | ${seconds(0, longest)} | ${seconds(begun, done)} |`,
  );
}

function makeStateDir(state: string): void {
  const sessions = join(state, 'agents', 'main', 'sessions');
  mkdirSync(sessions, { recursive: true });
  const store: Record<string, unknown> = {};
  const words = 'The test failed since the value was read before it was set. '.repeat(6);
  const at = Date.parse('2026-03-01T08:00:00.000Z');
  for (let index = 0; index < SESSIONS; index++) {
    const number = index.toString(16).padStart(12, '0');
    const id = `5e550001-0c0c-4d4d-8e8e-${number}`;
    const time = (line: number) => new Date(at + index * 60_000 + line * 1000).toISOString();
    const lines: object[] = [
      { type: 'session', version: 3, id, timestamp: time(0), cwd: `/home/dev/projects/p${index % 30}` },
    ];
    for (let line = 1; line < LINES; line++) {
      const isUser = line % 2 === 1;
      const usage = { input: 900 + line, output: 80, cacheRead: 0, cacheWrite: 0, totalTokens: 980 + line };
      lines.push({
        type: 'message',
        id: line.toString(16).padStart(8, '0'),
        parentId: line === 1 ? null : (line - 1).toString(16).padStart(8, '0'),
        timestamp: time(line),
        message: {
          role: isUser ? 'user' : 'assistant',
          content: [{ type: 'text', text: `Step ${line} of session ${index}. ${words}` }],
          timestamp: at + index * 60_000 + line * 1000,
          ...(isUser ? {} : { provider: 'example', model: 'large-1', usage, stopReason: 'stop' }),
        },
      });
    }
    writeFileSync(join(sessions, `${id}.jsonl`), `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
    store[`agent:main:task-${index}`] = {
      sessionId: id,
      updatedAt: at + index * 60_000 + LINES * 1000,
      label: `Task ${index}`,
      displayName: `Task number ${index}`,
      inputTokens: 9000,
      outputTokens: 800,
      totalTokens: 9800,
      model: 'large-1',
      modelProvider: 'example',
    };
  }
  writeFileSync(join(sessions, 'sessions.json'), JSON.stringify(store, null, 2), { mode: 0o600 });
}
