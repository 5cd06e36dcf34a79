import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from '../../server/server.ts';
import { figuresOf, measure, table, type Figures } from './measure.ts';
import { makeStateDirectory } from './sampleStateDirectory.ts';

/*
 * OpenClaw's methods over a state directory of its file era. Its own gateways took, on a like machine, for the list 277
 * (2026.2.9) and 759 ms (2026.7.1) at 10,000 sessions, and for a patch 4,550 and 1,389 ms.
 */

const SIZES = (process.env['LOCKSTEP_BENCH_OPENCLAW'] ?? '1000,10000').split(',').map(Number);
const LIST = { limit: 100, includeDerivedTitles: true, includeLastMessage: true };

const folder = await mkdtemp(join(process.env['LOCKSTEP_BENCH_DIR'] ?? tmpdir(), 'lockstep-bench-'));
try {
  for (const size of SIZES) {
    const dir = join(folder, String(size));
    const storePath = await makeStateDirectory(dir, size);
    const rows = await figures(dir, storePath, size);
    process.stdout.write(`${table(`OpenClaw's file era, ${size.toLocaleString('en')} sessions`, rows)}\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

function serverOf(dir: string): Server {
  const home = join(folder, 'home');
  const env = { HOME: home, LOCKSTEP_HOME: join(home, 'lockstep'), OPENCLAW_STATE_DIR: dir };
  return createServer({ env, userHome: home, logger: { log: () => undefined } });
}

async function call(server: Server, method: string, params: object): Promise<void> {
  const outcome = await server.registry.call(method, params);
  if (!outcome.ok) throw new Error(outcome.error.message);
}

async function figures(dir: string, storePath: string, size: number): Promise<Figures[]> {
  const rows: Figures[] = [];
  const colds: number[] = [];
  for (let run = 0; run < 6; run++) {
    const server = serverOf(dir);
    const begun = performance.now();
    await call(server, 'sessions.list', LIST);
    if (run > 0) colds.push(performance.now() - begun);
    server.dispose();
  }
  rows.push(figuresOf('first list of a server: 100, with titles and last messages', colds));

  const server = serverOf(dir);
  const list = () => call(server, 'sessions.list', LIST);
  const patch = (run: number) =>
    call(server, 'sessions.patch', { key: `agent:main:bench:${run % size}`, label: `bench ${run}` });
  rows.push(await measure('list of 100, with titles and last messages', 50, list));
  rows.push(await measure('one patch', 20, patch));
  const after: number[] = [];
  for (let run = 0; run < 20; run++) {
    await patch(1000 + run);
    const begun = performance.now();
    await list();
    after.push(performance.now() - begun);
  }
  rows.push(figuresOf('the same list, right after a patch', after));
  server.dispose();
  rows.push(await measure('one read, parse, rewrite and sync of the file', 20, () => rewrite(storePath)));
  return rows;
}

/** What no patch can be faster than, where the whole is one file. */
function rewrite(path: string): void {
  const store: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  writeSync(file, JSON.stringify(store, null, 2));
  fsyncSync(file);
  closeSync(file);
  renameSync(temporary, path);
}
