import assert from 'node:assert/strict';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import * as z from 'zod';
import * as state from '../../../../server/domain/sessionState.ts';
import { LockstepError } from '../../../../server/domain/errors.ts';
import type { Recovery } from '../../../../server/store/recovery/recover.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { damagedFiles, type Intact } from './damage.ts';
import { hasSqliteRecover, sqliteRecover, type SavedBySqlite } from './sqliteRecover.ts';
import {
  FILES,
  fill,
  importable,
  NOW,
  openStore,
  randomNumbers,
  recover,
  rowsOf,
  type Rows,
} from './stores.ts';

const SEED = Number(process.env['LOCKSTEP_RECOVERY_SEED'] ?? Date.now() % 1_000_000);

const lostData = z.object({ reason: z.string(), missing: z.int().optional() });

interface Base extends Intact {
  /** Ids of its sessions, also of those that were removed for good. */
  readonly ids: ReadonlySet<string>;
}

/** Stores of 100 to 200 pages: without a log, with little in it, and with much, which hides most of the file. */
async function bases(folder: string, random: (below: number) => number): Promise<Base[]> {
  const made: Base[] = [];
  for (const [name, checkpointed, logged] of [
    ['no log', 36, 0],
    ['little in the log', 40, 3],
    ['much in the log', 25, 400],
  ] as const) {
    const open = openStore(folder, () => NOW - 1_000_000);
    const { ids } = await fill(open, checkpointed, random);
    open.file.close();
    const [id = ''] = ids.slice(-1);
    for (let event = 0; event < logged; event++) {
      const text = 'word '.repeat(random(200));
      await open.store.update(id, state.addEvent({ id, type: 'note', data: { text } }));
    }
    const log = logged > 0 ? await readFile(`${open.path}-wal`) : undefined;
    made.push({ name, file: await readFile(open.path), log, ids: new Set(ids) });
    open.file.close();
  }
  return made;
}

describe('recovery of a damaged store', () => {
  it('never crashes, changes nothing, tells the truth, and saves all that SQLite would, to be exported and imported', async (t) => {
    const folder = await tempFolder(t);
    const random = randomNumbers(SEED);
    const stores = await bases(folder, random);
    const whole = join(folder, 'whole.db');
    await writeFile(whole, stores[0]?.file ?? '');
    const compared = await hasSqliteRecover(whole);
    const sum = { files: 0, unusable: 0, sessions: 0, rebuilt: 0, events: 0, damaged: 0, lost: 0 };
    const theirs = { sessions: 0, events: 0 };
    for (const base of stores) {
      const { length } = base.file;
      t.diagnostic(`${base.name}: ${length / 4096} pages, ${base.log?.length ?? 0} bytes of log`);
    }
    for (const { name, file, log } of damagedFiles(stores, FILES, random)) {
      const says = `${name}, LOCKSTEP_RECOVERY_SEED=${SEED}`;
      const from = join(folder, 'damaged.db');
      const to = join(folder, 'new.db');
      await writeFile(from, file);
      if (log) await writeFile(`${from}-wal`, log);
      let recovery: Recovery | undefined;
      try {
        recovery = await recover(from, to, NOW);
      } catch (error) {
        assert.ok(error instanceof LockstepError, `${says}: ${String(error)}`);
        assert.equal(error.code, 'STORE_CORRUPT', says);
      }
      assert.ok(file.equals(await readFile(from)), `${says}: the file was changed`);
      if (log) assert.ok(log.equals(await readFile(`${from}-wal`)), `${says}: the log was changed`);
      const rows = recovery ? rowsOf(to) : { sessions: [], events: [], removals: [] };
      if (recovery) {
        agrees(recovery, to, rows, says);
        const given = await importable(to, NOW).catch((error: unknown) =>
          assert.fail(`${says}: ${String(error)}`),
        );
        assert.equal(given, rows.sessions.length, says);
      }
      if (compared) {
        const copy = join(folder, 'copy.db');
        await copyFile(from, copy);
        if (log) await copyFile(`${from}-wal`, `${copy}-wal`);
        const saved = await sqliteRecover(copy);
        holdsAllOf(saved, rows, stores, says);
        theirs.sessions += saved.sessions.size;
        theirs.events += saved.events.size;
        for (const suffix of ['', '-wal', '-shm']) await rm(copy + suffix, { force: true });
      }
      sum.files++;
      if (!recovery) sum.unusable++;
      sum.sessions += recovery?.sessions.saved ?? 0;
      sum.rebuilt += recovery?.sessions.rebuilt ?? 0;
      sum.events += recovery?.events.saved ?? 0;
      sum.damaged += recovery?.events.damaged ?? 0;
      sum.lost += recovery?.events.lost ?? 0;
      for (const path of [from, `${from}-wal`, to, `${to}-wal`, `${to}-shm`]) await rm(path, { force: true });
    }
    t.diagnostic(`LOCKSTEP_RECOVERY_SEED=${SEED}, ours: ${JSON.stringify(sum)}`);
    t.diagnostic(
      compared
        ? `sqlite3's .recover: ${JSON.stringify(theirs)}`
        : 'No sqlite3 on the PATH has a .recover that works: nothing was compared with it.',
    );
  });
});

/** The figures of the report are those of the new store, which is whole. */
function agrees(recovery: Recovery, path: string, { sessions, events }: Rows, says: string): void {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    assert.deepEqual({ ...db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' }, says);
    assert.deepEqual(db.prepare('PRAGMA foreign_key_check').all(), [], says);
    const gaps = db
      .prepare(
        `SELECT id, last_seq, count(seq) AS count, max(seq) AS highest, min(seq) AS lowest
         FROM sessions LEFT JOIN events ON session_id = id GROUP BY id
         HAVING count <> last_seq OR count = 0 OR highest <> count OR lowest <> 1`,
      )
      .all();
    assert.deepEqual(gaps, [], says);
  } finally {
    db.close();
  }
  const { saved, rebuilt } = recovery.sessions;
  assert.equal(saved + rebuilt, sessions.length, says);
  let [damaged, filled, lost] = [0, 0, 0];
  for (const { type, data } of events) {
    if (type !== 'lost') continue;
    if (isMissing(data)) {
      filled++;
      lost += lostData.parse(JSON.parse(String(data))).missing ?? 1;
    } else damaged++;
  }
  assert.deepEqual(recovery.events, { saved: events.length - damaged - filled, damaged, lost }, says);
  assert.ok(recovery.pages.unreadable <= recovery.pages.total, says);
  assert.ok(recovery.problems.length <= 100, says);
}

/**
 * Each row that SQLite saved is in ours. An id that is none of the store's has a wrong byte: its row is under the
 * right one, or under the wrong one.
 */
function holdsAllOf(saved: SavedBySqlite, ours: Rows, bases: readonly Base[], says: string): void {
  const known = bases.flatMap(({ ids }) => [...ids]);
  const sessions = new Set(ours.sessions.map(({ id }) => String(id)));
  // What only stands for an event that is missing is no event that was saved.
  const events = new Set(
    ours.events
      .filter(({ type, data }) => type !== 'lost' || !isMissing(data))
      .map((row) => `${String(row['session_id'])} ${String(row['seq'])}`),
  );
  const missing: string[] = [];
  for (const id of saved.sessions) {
    if (!isId(id) || sessions.has(id)) continue;
    if (!known.includes(id) && known.some((other) => isSimilar(id, other) && sessions.has(other))) continue;
    missing.push(`session ${id}`);
  }
  for (const key of saved.events) {
    const [id = '', seq = ''] = key.split(' ');
    if (!isId(id) || !(Number(seq) >= 1 && Number(seq) < 10_000) || events.has(key)) continue;
    const isElsewhere = known.some((other) => isSimilar(id, other) && events.has(`${other} ${seq}`));
    if (!known.includes(id) && isElsewhere) continue;
    missing.push(`event ${key}`);
  }
  assert.deepEqual(missing, [], says);
}

/** Whether the data of a `lost` event say that nothing of it was found. */
function isMissing(data: unknown): boolean {
  return lostData.parse(JSON.parse(String(data))).reason === 'not found in the damaged store';
}

function isId(text: string): boolean {
  return text.length === 36 && !/[\p{Cc}\ufffd]/u.test(text);
}

function isSimilar(one: string, other: string): boolean {
  return Array.from(one).filter((character, index) => character !== other[index]).length <= 2;
}
