import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { v7 as uuidv7 } from 'uuid';
import { parseExport } from '../../../../server/domain/sessionExport.ts';
import * as state from '../../../../server/domain/sessionState.ts';
import type { Decide } from '../../../../server/domain/sessionStep.ts';
import { inTurns } from '../../../../server/methods/inTurns.ts';
import { exportPart } from '../../../../server/methods/sessionExport.ts';
import { Counters } from '../../../../server/platform/counters.ts';
import { systemFileSystem } from '../../../../server/platform/fileSystem.ts';
import { sessionsStart } from '../../../../server/protocol/sessionLifecycleMethods.ts';
import { recoverStore, type Recovery } from '../../../../server/store/recovery/recover.ts';
import { SqliteSessionStore } from '../../../../server/store/sqliteSessionStore.ts';
import { nextRevision, StoreFile } from '../../../../server/store/storeFile.ts';

/** Milliseconds since the epoch, in the past: when stores are filled, the same for the same seed. */
export const NOW = Date.parse('2024-03-04T05:06:07.890Z');

/** How many damaged files are tried; the other tests that draw what they try do so in proportion. */
export const FILES = Number(process.env['LOCKSTEP_RECOVERY_FILES'] ?? 24);

export interface OpenStore {
  readonly path: string;
  readonly file: StoreFile;
  readonly store: SqliteSessionStore;
}

export function openStore(folder: string, now: () => number = Date.now): OpenStore {
  const path = join(folder, `${randomUUID()}.db`);
  const file = new StoreFile({ path, fileSystem: systemFileSystem, counters: new Counters() });
  return { path, file, store: new SqliteSessionStore(file, { now }) };
}

/** Takes a session out for good, as when the trash is emptied. Its pages are free then, with all that is in them. */
export function destroy({ file }: OpenStore, id: string): Promise<void> {
  return file.write((connection) => {
    connection.sql('DELETE FROM sessions WHERE id = ?').run(id);
    connection.sql('INSERT INTO removals VALUES (?, ?)').run(id, nextRevision(connection));
  });
}

export function recover(from: string, to: string, now = Date.now()): Promise<Recovery> {
  return recoverStore(from, to, { fileSystem: systemFileSystem, now });
}

export interface Rows {
  readonly sessions: readonly Readonly<Record<string, unknown>>[];
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly removals: readonly Readonly<Record<string, unknown>>[];
}

/** All that a store keeps, as SQLite gives it. */
export function rowsOf(path: string): Rows {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const all = (sql: string) => db.prepare(sql).all();
    return {
      sessions: all('SELECT * FROM sessions ORDER BY id'),
      events: all('SELECT * FROM events ORDER BY session_id, seq'),
      removals: all('SELECT * FROM removals ORDER BY id'),
    };
  } finally {
    db.close();
  }
}

/**
 * Exports each session of a recovered store, as another store would import it. `now` is the time of the import. Gives how many there were.
 * @throws where an import would refuse what was exported
 */
export async function importable(path: string, now: number): Promise<number> {
  // Only what is out of the trash is exported; and a label may be taken meanwhile.
  const db = new DatabaseSync(path);
  db.exec('UPDATE sessions SET trashed_at = NULL, label = NULL WHERE trashed_at IS NOT NULL');
  const ids = db
    .prepare('SELECT id FROM sessions ORDER BY id')
    .all()
    .map(({ id }) => String(id));
  db.close();
  const file = new StoreFile({ path, fileSystem: systemFileSystem, counters: new Counters() });
  const store = new SqliteSessionStore(file, { now: Date.now });
  try {
    const parts: string[] = [];
    let cursor: string | undefined;
    do {
      const part = await exportPart({ ids, format: 'jsonl', cursor }, store);
      parts.push(part.content);
      cursor = part.nextCursor;
    } while (cursor !== undefined);
    const imported = await inTurns(parseExport(parts.join(''), now));
    assert.deepEqual(
      imported.map(({ state: { session } }) => session.id),
      ids,
    );
    return imported.length;
  } finally {
    file.close();
  }
}

/** Numbers that look random and are the same for the same seed (the generator is mulberry32). */
export function randomNumbers(seed: number): (below: number) => number {
  let at = seed >>> 0;
  return (below) => {
    at = (at + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(at ^ (at >>> 15), at | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/**
 * Fills a store as agents do: `sessions` sessions with some tens of events each, a few large ones, some labels, some
 * sessions removed.
 */
export async function fill(open: OpenStore, sessions: number, random: (below: number) => number) {
  const { store } = open;
  const ids: string[] = [];
  const removed: string[] = [];
  for (let index = 0; index < sessions; index++) {
    const label = random(3) === 0 ? { label: `label ${index} of ${sessions}` } : {};
    const params = sessionsStart.params.parse({
      task: `Task ${index}: ${'do it well '.repeat(random(20) + 1)}`,
      mode: 'developer',
      context: { number: index, words: 'ä€😀'.repeat(random(30)) },
      metadata: { tags: ['a', 'b'] },
      workspace: `/home/ada/${random(4)}`,
      ...label,
    });
    const bytes = Uint8Array.from({ length: 16 }, () => random(256));
    const id = uuidv7({ random: bytes, msecs: NOW - random(1_000_000) });
    await store.create(state.start(params, id, NOW - 1_000_000));
    ids.push(id);
    for (let event = random(40) + 3; event > 0; event--) {
      const large = random(25) === 0 ? 'large '.repeat(random(5000)) : '';
      await store.update(id, step(id, random, large));
    }
    if (random(6) === 0 && index < sessions - 1)
      await store.update(id, state.complete({ id, result: { done: index } }));
    // Never the last one.
    const other = ids[random(sessions - 1)];
    if (random(8) !== 0 || other === undefined || removed.includes(other)) continue;
    await destroy(open, other);
    removed.push(other);
  }
  return { ids, removed };
}

function step(id: string, random: (below: number) => number, large: string): Decide {
  const text = `${large}${'word '.repeat(random(60))}`;
  switch (random(5)) {
    case 0:
      return state.iterate({ id, data: { text } });
    case 1:
      return state.recordToolCall({ id, name: `tool${random(3)}`, input: { text }, output: 'ok' });
    case 2:
      return state.updateContext({ id, patch: { [`key${random(5)}`]: random(1000) } });
    case 3:
      return state.addMessage({ id, role: 'user', content: `${text}.`, usage: usage(random) });
    default:
      return state.addEvent({ id, type: 'note', data: { text } });
  }
}

function usage(random: (below: number) => number) {
  const [input, output] = [random(1000), random(1000)];
  return { input, output, cacheRead: 0, cacheWrite: 0, costUsd: random(100) / 8, model: 'm1' };
}
