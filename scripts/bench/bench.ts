import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import lockfile from 'proper-lockfile';
import { v7 as uuidv7 } from 'uuid';
import * as state from '../../server/domain/sessionState.ts';
import { exportPart } from '../../server/methods/sessionExport.ts';
import { systemClock } from '../../server/platform/clock.ts';
import { Counters } from '../../server/platform/counters.ts';
import { systemFileSystem } from '../../server/platform/fileSystem.ts';
import type { CallParamsOf } from '../../server/protocol/method.ts';
import { sessionsExport } from '../../server/protocol/sessionCopyMethods.ts';
import { sessionsFind, sessionsStats } from '../../server/protocol/sessionQueryMethods.ts';
import { sessionsStart } from '../../server/protocol/sessionLifecycleMethods.ts';
import { SqliteSessionStore } from '../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../server/store/storeFile.ts';
import { EVENTS, makeStore } from './sampleStore.ts';
import { figuresOf, measure, table, type Figures } from './measure.ts';

const SIZES = (process.env['LOCKSTEP_BENCH_SESSIONS'] ?? '10000,100000').split(',').map(Number);
const WRITERS = 8;
const WRITER_MS = 5000;
const WRITER = fileURLToPath(new URL('./writer.ts', import.meta.url));

const find = (more: CallParamsOf<typeof sessionsFind> = {}) => sessionsFind.params.parse(more);

function say(words: string): void {
  process.stdout.write(`${words}\n`);
}

function openStore(path: string): { file: StoreFile; store: SqliteSessionStore } {
  const file = new StoreFile({ path, fileSystem: systemFileSystem, counters: new Counters() });
  return { file, store: new SqliteSessionStore(file, systemClock) };
}

const folder = await mkdtemp(join(process.env['LOCKSTEP_BENCH_DIR'] ?? tmpdir(), 'lockstep-bench-'));
try {
  say(
    `Node ${process.versions.node}, SQLite ${process.versions['sqlite']}, ${cpus().length} × ${cpus()[0]?.model.trim()}\n`,
  );
  say(table('The disk', [await fsyncFigures(folder)]));
  for (const size of SIZES) {
    const home = join(folder, String(size));
    const { rows, peakMiB } = await storeFigures(home, size);
    say(table(`${size.toLocaleString('en')} sessions of ${EVENTS} events`, rows));
    say(`Peak memory, making the store included: ${peakMiB} MiB\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** What a mutation cannot be faster than, where the disk tells the truth. */
async function fsyncFigures(dir: string): Promise<Figures> {
  const file = openSync(join(dir, 'fsync'), 'w');
  try {
    return await measure('write of 4 KiB and fsync', 500, () => {
      writeSync(file, Buffer.alloc(4096), 0, 4096, 0);
      fsyncSync(file);
    });
  } finally {
    closeSync(file);
  }
}

async function storeFigures(home: string, size: number): Promise<{ rows: Figures[]; peakMiB: number }> {
  const path = join(home, 'lockstep.db');
  makeStore(path, size);
  const rows: Figures[] = [];
  const add = async (figures: Promise<Figures>) => void rows.push(await figures);

  await add(
    measure('open, and one read', 20, async () => {
      const { file, store } = openStore(path);
      await store.find(find({ limit: 1 }));
      file.close();
    }),
  );
  const { file, store } = openStore(path);
  const { sessions } = await store.find(find({ limit: 500, archived: true }));
  const ids = sessions.map(({ id }) => id);
  const idAt = (run: number) => ids[run % ids.length] ?? '';
  const live = (await store.find(find({ limit: 500, status: ['active'] }))).sessions.map(({ id }) => id);
  const liveAt = (run: number) => live[run % live.length] ?? '';

  await add(
    measure('page of 100, with titles and last messages', 200, () =>
      store.find(find({ limit: 100, previews: true })),
    ),
  );
  await add(measure('find by status, 100', 200, () => store.find(find({ limit: 100, status: ['paused'] }))));
  await add(
    measure('find by text that many have, 100', 100, () => store.find(find({ limit: 100, text: 'parser' }))),
  );
  await add(
    measure('find by text that one has', 30, () =>
      store.find(find({ limit: 100, text: `module ${size - 7} ` })),
    ),
  );
  await add(
    measure('find by the beginning of an id', 200, (run) =>
      store.find(find({ idPrefix: idAt(run).slice(0, 13) })),
    ),
  );
  await add(measure('counts by status', 200, () => store.counts()));
  await add(measure('stats of the whole store', 20, () => store.stats(sessionsStats.params.parse({}))));
  await add(
    measure('one mutation (append, counters and revision)', 500, (run) => {
      const id = liveAt(run);
      return store.update(id, state.addEvent({ id, type: 'note', data: { run } }));
    }),
  );
  const started = sessionsStart.params.parse({ task: 'Fix it', mode: 'developer' });
  await add(
    measure('start of a session', 300, () => store.create(state.start(started, uuidv7(), Date.now()))),
  );
  await add(
    timed('changes after one mutation', 200, async (run) => {
      const id = liveAt(run);
      const { revision } = await store.update(id, state.addEvent({ id, type: 'note', data: { run } }));
      return () => store.changes({ since: revision - 1 });
    }),
  );
  await add(
    measure('1,000 appends to one session, one after the other', 5, async () => {
      const id = liveAt(0);
      for (let index = 0; index < 1000; index++)
        await store.update(id, state.addEvent({ id, type: 'note', data: { index } }));
    }),
  );
  const exported = (await allIds(store, 1000)).slice(0, 1000);
  await add(
    measure('export of 1,000 sessions, jsonl', 5, async () => {
      const params = { ids: exported, format: 'jsonl' as const };
      for (let cursor: string | undefined; ;) {
        const part = await exportPart(sessionsExport.params.parse({ ...params, cursor }), store);
        cursor = part.nextCursor;
        if (cursor === undefined) return;
      }
    }),
  );
  file.close();
  // Before the JSON file, which takes far more.
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  rows.push(await writersFigures(path, live));
  await add(rewriteFigures(path, size));
  return { rows, peakMiB };
}

/** Times just the second half of what is done. */
async function timed(
  name: string,
  runs: number,
  prepare: (run: number) => Promise<() => Promise<unknown>>,
): Promise<Figures> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const work = await prepare(run);
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
  }
  return figuresOf(name, times);
}

async function allIds(store: SqliteSessionStore, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined; ids.length < count;) {
    const page = await store.find(
      find({ limit: 500, archived: true, ...(cursor === undefined ? {} : { cursor }) }),
    );
    ids.push(...page.sessions.map(({ id }) => id));
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  return ids;
}

/** Real processes that append as fast as they can, each to sessions of its own. */
async function writersFigures(path: string, live: readonly string[]): Promise<Figures> {
  const share = Math.floor(live.length / WRITERS);
  const writers = Array.from({ length: WRITERS }, (_, index) =>
    spawn(
      process.execPath,
      [WRITER, path, String(WRITER_MS), ...live.slice(index * share, index * share + 20)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    ),
  );
  const outputs = await Promise.all(
    writers.map(async (child) => {
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
      await once(child, 'close');
      return text;
    }),
  );
  const times = outputs.flatMap((text) => text.trim().split('\n').map(Number));
  const perSecond = Math.round((times.length / WRITER_MS) * 1000);
  return {
    ...figuresOf(`one append, while ${WRITERS} processes append`, times),
    note: `${perSecond.toLocaleString('en')}/s in all`,
  };
}

/** The same mutation where sessions are kept in one JSON file, as agents do: lock, read, change, write, sync, rename. */
async function rewriteFigures(path: string, size: number): Promise<Figures> {
  const json = `${path}.sessions.json`;
  const { file, store } = openStore(path);
  const all: Record<string, unknown> = {};
  for (let cursor: string | undefined; ;) {
    const page = await store.find(
      find({ limit: 500, archived: true, ...(cursor === undefined ? {} : { cursor }) }),
    );
    for (const session of page.sessions) all[session.id] = session;
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  file.close();
  await writeFile(json, JSON.stringify(all));
  const [id = ''] = Object.keys(all);
  return measure(
    `the same mutation as a locked rewrite of an equal sessions.json`,
    size > 20_000 ? 5 : 20,
    async () => {
      const release = await lockfile.lock(json);
      const read: unknown = JSON.parse(await readFile(json, 'utf8'));
      if (typeof read === 'object' && read !== null) Object.assign(read, { [id]: { updatedAt: Date.now() } });
      const temporary = `${json}.tmp`;
      const handle = openSync(temporary, 'w');
      writeSync(handle, JSON.stringify(read));
      fsyncSync(handle);
      closeSync(handle);
      await rename(temporary, json);
      await release();
    },
  );
}
