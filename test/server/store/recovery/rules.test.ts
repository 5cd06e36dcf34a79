import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import * as state from '../../../../server/domain/sessionState.ts';
import { APPLICATION_ID, schemaSteps } from '../../../../server/store/schema.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { firstStep } from '../conformance.ts';
import { destroy, NOW, openStore, recover, rowsOf, type OpenStore } from './stores.ts';

const SECONDS = Math.floor(NOW / 1000);

/** A store that is written with `write` and then changed with SQL, against all rules; recovered. */
async function recovered(
  t: TestContext,
  write: (open: OpenStore) => Promise<void>,
  change: (db: DatabaseSync) => void = () => undefined,
) {
  const open = openStore(await tempFolder(t));
  await write(open);
  open.file.close();
  alter(open.path, change);
  const to = `${open.path}.new`;
  const recovery = await recover(open.path, to);
  const db = new DatabaseSync(to, { readOnly: true });
  t.after(() => db.close());
  const state = { ...db.prepare('SELECT revision, fence FROM store_state').get() };
  return { recovery, state, ...rowsOf(to), from: open.path, to };
}

function alter(path: string, change: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  try {
    change(db);
  } finally {
    db.close();
  }
}

/** Replaces the text everywhere in the file, by one of the same length. */
async function replaceBytes(path: string, text: string, by: string): Promise<number> {
  assert.equal(Buffer.byteLength(text), Buffer.byteLength(by));
  const bytes = await readFile(path);
  let replaced = 0;
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) {
    bytes.write(by, at);
    replaced++;
  }
  await writeFile(path, bytes);
  return replaced;
}

const note = (id: string, text: string) => state.addEvent({ id, type: 'note', data: { text } });

describe('what recovery makes of a store', () => {
  it('never gives a fence again: neither one that was found, nor one that may have been lost', async (t) => {
    const withFence = (fence: number) =>
      recovered(
        t,
        async ({ store }) => void (await store.create(firstStep())),
        (db) => db.exec(`UPDATE store_state SET fence = ${fence}`),
      );
    assert.equal((await withFence(7)).state['fence'], SECONDS);
    assert.equal((await withFence(SECONDS + 500)).state['fence'], SECONDS + 500);
    const unbelievable = await withFence(2 ** 60);
    assert.equal(unbelievable.state['fence'], SECONDS);
  });

  it('goes on above the fences of leases, and leaves leases and waiters behind', async (t) => {
    const { state: after, to } = await recovered(
      t,
      async ({ store }) => void (await store.create(firstStep())),
      (db) =>
        db.exec(`INSERT INTO leases SELECT id, 't', ${SECONDS + 9}, '{}', 1, 1, 1 FROM sessions;
          INSERT INTO lease_tickets (session_id, owner, until) SELECT id, '{}', 1 FROM sessions;`),
    );
    assert.equal(after['fence'], SECONDS + 9);
    const db = new DatabaseSync(to, { readOnly: true });
    t.after(() => db.close());
    assert.deepEqual(db.prepare('SELECT 1 FROM leases UNION SELECT 1 FROM lease_tickets').all(), []);
  });

  it('has another id, and a revision that is not lower', async (t) => {
    let id: unknown;
    const { to, state: after } = await recovered(
      t,
      async ({ store }) => void (await store.create(firstStep())),
      (db) => {
        db.exec('UPDATE store_state SET revision = 3; UPDATE sessions SET revision = 41;');
        db.exec("INSERT INTO removals VALUES ('gone', 57)");
        id = db.prepare('SELECT id FROM store_state').get()?.['id'];
      },
    );
    assert.equal(after['revision'], 57);
    const db = new DatabaseSync(to, { readOnly: true });
    t.after(() => db.close());
    assert.notEqual(db.prepare('SELECT id FROM store_state').get()?.['id'], id);
    assert.deepEqual(
      rowsOf(to).removals.map((row) => ({ ...row })),
      [{ id: 'gone', revision: 57 }],
    );
  });

  it('gives labels and revisions that several have to one, and the others new revisions', async (t) => {
    const {
      sessions,
      recovery,
      state: after,
    } = await recovered(
      t,
      async ({ store }) => {
        for (let number = 0; number < 3; number++) await store.create(firstStep());
      },
      (db) =>
        db.exec(`DROP INDEX sessions_by_label; DROP INDEX sessions_by_revision;
          UPDATE sessions SET label = 'mine', revision = 5`),
    );
    assert.equal(sessions.filter(({ label }) => label === 'mine').length, 1);
    assert.equal(sessions.filter(({ label }) => label === null).length, 2);
    assert.deepEqual(new Set(sessions.map(({ revision }) => revision)), new Set([5, 6, 7]));
    assert.equal(after['revision'], 7);
    assert.match(recovery.problems.join('\n'), /lost its label "mine"/);
  });

  it('lets a session in the trash keep a label that another has now', async (t) => {
    const { sessions, recovery } = await recovered(
      t,
      async ({ store }) => {
        await store.create(firstStep({ label: 'mine' }));
        await store.create(firstStep());
      },
      (db) =>
        db.exec(`UPDATE sessions SET trashed_at = 1 WHERE label IS NOT NULL;
          UPDATE sessions SET label = 'mine'`),
    );
    assert.deepEqual(
      sessions.map(({ label }) => label),
      ['mine', 'mine'],
    );
    assert.deepEqual(recovery.problems, []);
  });

  it('makes a session anew from its events where its row is gone', async (t) => {
    let [id, done] = ['', ''];
    const { sessions, events, recovery } = await recovered(
      t,
      async ({ store }) => {
        ({ id } = await store.create(firstStep({ task: '\nFix it\nnow', mode: 'tester', maxIterations: 9 })));
        await store.update(id, state.iterate({ id, data: {} }));
        await store.update(id, state.recordToolCall({ id, name: 'bash', input: 1, output: 2 }));
        await store.update(id, state.updateContext({ id, patch: { a: 1 } }));
        ({ id: done } = await store.create(firstStep({ task: 'Done' })));
        await store.update(done, state.complete({ id: done, result: 1 }));
      },
      (db) => db.exec('DELETE FROM sessions'),
    );
    assert.deepEqual(recovery.sessions, { saved: 0, rebuilt: 2 });
    assert.deepEqual(recovery.events, { saved: 6, damaged: 0, lost: 0 });
    assert.equal(events.length, 6);
    const [first, second] = [id, done].map((one) => sessions.find((row) => row['id'] === one));
    assert.equal(first?.['title'], 'Fix it');
    assert.equal(first?.['task'], '\nFix it\nnow');
    assert.equal(first?.['mode'], 'tester');
    assert.equal(first?.['status'], 'paused');
    assert.equal(first?.['iterations'], 1);
    assert.equal(first?.['max_iterations'], 9);
    assert.equal(first?.['tool_calls'], 1);
    assert.equal(first?.['tools_used'], '["bash"]');
    assert.equal(first?.['last_seq'], 4);
    assert.equal(second?.['status'], 'completed');
    assert.ok(Number(second?.['ended_at']) > 0);
    assert.match(recovery.problems.join('\n'), /was made anew from its 4 events/);
  });

  it('titles a session of which no task was found', async (t) => {
    const { sessions, events } = await recovered(
      t,
      async ({ store }) => {
        const { id } = await store.create(firstStep());
        await store.update(id, note(id, 'x'));
      },
      (db) => db.exec('DELETE FROM sessions; DELETE FROM events WHERE seq = 1'),
    );
    assert.deepEqual(
      sessions.map(({ title, task, status }) => ({ title, task, status })),
      [{ title: 'Recovered session', task: '', status: 'paused' }],
    );
    assert.deepEqual(
      events.map(({ seq, type }) => [seq, type]),
      [
        [1, 'lost'],
        [2, 'note'],
      ],
    );
  });

  it('names the columns that could not be read, and takes them from the history', async (t) => {
    const { sessions, recovery } = await recovered(
      t,
      async ({ store }) => {
        const { id } = await store.create(firstStep({ context: { old: true }, maxIterations: 5 }));
        await store.update(id, state.updateContext({ id, patch: { a: 1 } }));
        await store.update(id, state.iterate({ id, data: {} }));
      },
      (db) =>
        db.exec(`UPDATE sessions SET context = '{"half', metadata = '[]', status = 'odd', iterations = -4,
          error = CAST(x'ff41' AS TEXT), created_at = 999999999999999999`),
    );
    const [row] = sessions;
    assert.equal(row?.['status'], 'paused');
    assert.equal(row?.['iterations'], 1);
    assert.equal(row?.['metadata'], '{}');
    assert.equal(row?.['error'], '\ufffdA');
    assert.deepEqual(recovery.sessions, { saved: 1, rebuilt: 0 });
    assert.match(
      recovery.problems.join('\n'),
      /: status, iterations, context, error, metadata, created_at could not be read/,
    );
  });

  it('keeps an event that cannot be read as one of the type lost, with its text', async (t) => {
    const { events, recovery } = await recovered(
      t,
      async ({ store }) => {
        const { id } = await store.create(firstStep());
        for (const text of ['a', 'b', 'c', 'd']) await store.update(id, note(id, text));
      },
      (db) =>
        db.exec(`UPDATE events SET data = '{"text":' WHERE seq = 2;
          UPDATE events SET type = 'No Type' WHERE seq = 3;
          UPDATE events SET data = '[' || '"' || replace(hex(zeroblob(1500000)), '00', char(1)) WHERE seq = 4;`),
    );
    assert.deepEqual(recovery.events, { saved: 2, damaged: 3, lost: 0 });
    const data = events.map((row): unknown => JSON.parse(String(row['data'])));
    assert.deepEqual(data[1], { reason: 'damaged in the store', type: 'note', text: '{"text":' });
    assert.deepEqual(data[2], { reason: 'damaged in the store', type: 'No Type', text: '{"text":"b"}' });
    assert.deepEqual(
      events.map(({ type }) => type),
      ['start', 'lost', 'lost', 'lost', 'note'],
    );
    const length = Buffer.byteLength(String(events[3]?.['data']));
    assert.ok(length > 256 * 1024 && length <= 1024 * 1024, `${length} bytes`);
  });

  it('fills gaps of a history, also at its end', async (t) => {
    const { events, recovery, sessions } = await recovered(
      t,
      async ({ store }) => {
        const { id } = await store.create(firstStep());
        for (let number = 2; number <= 9; number++) await store.update(id, note(id, String(number)));
      },
      (db) => db.exec('DELETE FROM events WHERE seq IN (1, 4, 5, 8, 9)'),
    );
    assert.deepEqual(
      events.map(({ seq, type }) => `${String(seq)} ${String(type)}`),
      ['1 lost', '2 note', '3 note', '4 lost', '5 lost', '6 note', '7 note', '8 lost', '9 lost'],
    );
    assert.deepEqual(recovery.events, { saved: 4, damaged: 0, lost: 5 });
    assert.equal(sessions[0]?.['last_seq'], 9);
    assert.match(recovery.problems.join('\n'), /5 events could not be found/);
  });

  it('does not believe a single number that tells of very many events', async (t) => {
    const of = (change: string) =>
      recovered(
        t,
        async ({ store }) => {
          const { id } = await store.create(firstStep());
          for (let number = 2; number <= 4; number++) await store.update(id, note(id, String(number)));
        },
        (db) => db.exec(change),
      );
    const seqs = ({ events }: { events: readonly Readonly<Record<string, unknown>>[] }) =>
      events.map(({ seq, type }) => `${String(seq)} ${String(type)}`);

    const damaged = await of('UPDATE sessions SET last_seq = 4000000000');
    assert.deepEqual(seqs(damaged), ['1 start', '2 note', '3 note', '4 note']);
    assert.equal(damaged.recovery.events.lost, 0);
    assert.match(damaged.recovery.problems.join('\n'), /far more events/);

    const many = await of('UPDATE sessions SET last_seq = 50000');
    assert.deepEqual(seqs(many), ['1 start', '2 note', '3 note', '4 note', '5 lost']);
    assert.equal(many.recovery.events.lost, 49_996);

    const apart = await of('UPDATE events SET seq = 3000000 WHERE seq = 3');
    assert.deepEqual(seqs(apart), ['1 start', '2 note', '3 lost', '4 note', '5 note']);
    assert.match(apart.recovery.problems.join('\n'), /have a new seq/);

    const confirmed = await of(
      'UPDATE events SET seq = 30000 WHERE seq = 4; UPDATE sessions SET last_seq = 30000',
    );
    assert.equal(confirmed.events.length, 30_000);
    assert.equal(confirmed.recovery.events.lost, 29_996);
  });

  it('puts a damaged id right, in a row and in an event', async (t) => {
    const open = openStore(await tempFolder(t));
    const ids: string[] = [];
    for (let number = 0; number < 2; number++) {
      const { id } = await open.store.create(firstStep({ task: `task ${number}` }));
      for (let event = 0; event < 3; event++) await open.store.update(id, note(id, `${number}-${event}`));
      ids.push(id);
    }
    open.file.close();
    const [one = '', other = ''] = ids;
    const expected = rowsOf(open.path);
    // The row of the one, and the last event of the other, with what follows the id in each record.
    assert.equal(await replaceBytes(open.path, `${one}session`, `${one.slice(0, 35)}\u0007session`), 1);
    const bytes = await readFile(open.path);
    const at = bytes.indexOf('{"text":"1-2"}');
    const idAt = bytes.lastIndexOf(other, at);
    bytes[idAt + 30] = 0xff;
    await writeFile(open.path, bytes);

    const { problems, ...figures } = await recover(open.path, `${open.path}.new`);
    const rows = rowsOf(`${open.path}.new`);
    assert.deepEqual(rows.events, expected.events);
    assert.deepEqual(rows.sessions, expected.sessions);
    assert.deepEqual(figures.events, { saved: 8, damaged: 0, lost: 0 });
    assert.match(problems.join('\n'), new RegExp(`The id of session ${one} was damaged`));
    assert.match(problems.join('\n'), new RegExp(`Events of session ${other} had a damaged id`));
  });

  it('keeps what has a damaged id that is near no other, under an id that can be typed', async (t) => {
    const { sessions, events } = await recovered(
      t,
      async ({ store }) => {
        const { id } = await store.create(firstStep());
        await store.update(id, note(id, 'x'));
      },
      (db) =>
        db.exec(`UPDATE sessions SET id = 'a' || char(7) || 'b', last_seq = 1;
          UPDATE events SET session_id = CAST(x'63ff9041' AS TEXT), seq = 1 WHERE seq = 2;
          DELETE FROM events WHERE type = 'start'`),
    );
    assert.deepEqual(
      sessions.map(({ id }) => id),
      ['a_b', 'cÿ_A'],
    );
    assert.deepEqual(
      events.map((row) => [row['session_id'], row['type']]),
      [
        ['a_b', 'lost'],
        ['cÿ_A', 'note'],
      ],
    );
  });

  it('puts what had been removed into the trash, where it cannot be told from what was lost', async (t) => {
    const open = openStore(await tempFolder(t));
    const kept = await open.store.create(firstStep());
    const large = 'x'.repeat(3000);
    const gone = await open.store.create(firstStep({ task: large }));
    for (let event = 0; event < 50; event++) await open.store.update(gone.id, note(gone.id, large));
    await destroy(open, gone.id);
    open.file.close();
    const bytes = await readFile(open.path);
    // The number of the first page of the free list.
    bytes.writeUInt32BE(0xffff, 32);
    await writeFile(open.path, bytes);
    const { problems } = await recover(open.path, `${open.path}.new`);
    const { sessions } = rowsOf(`${open.path}.new`);
    assert.deepEqual(
      sessions.filter((row) => row['trashed_at'] === null).map(({ id }) => id),
      [kept.id],
    );
    assert.deepEqual(
      sessions.filter((row) => row['trashed_at'] !== null).map(({ id }) => id),
      [gone.id],
    );
    assert.match(problems.join('\n'), /list of free pages is damaged/);
    assert.match(problems.join('\n'), /1 session that had been removed came back/);
  });

  it('uses whole pages of a log that SQLite would not read any more', async (t) => {
    const open = openStore(await tempFolder(t));
    const { id } = await open.store.create(firstStep());
    for (let event = 0; event < 30; event++) await open.store.update(id, note(id, String(event)));
    const copy = `${open.path}.copy`;
    await copyFile(open.path, copy);
    const log = await readFile(`${open.path}-wal`);
    open.file.close();
    const frames = (log.length - 32) / 4120;
    for (const damage of [5, log.length - 32 - Math.floor(frames / 2) * 4120]) {
      const damaged = Buffer.from(log);
      damaged[damage] = 0x99;
      await writeFile(`${copy}-wal`, damaged);
      const to = `${copy}.${damage}`;
      const { events, problems } = await recover(copy, to);
      assert.deepEqual(events, { saved: 31, damaged: 0, lost: 0 }, problems.join('\n'));
      assert.match(problems.join('\n'), /of the pages after the damage were used/);
    }
    // And what the log alone tells.
    const alone = join(await tempFolder(t), 'gone.db');
    await writeFile(`${alone}-wal`, log);
    const { events, problems } = await recover(alone, `${alone}.new`);
    assert.equal(events.saved, 31);
    assert.match(problems.join('\n'), /is gone; only its log is there/);
  });

  it('reads stores of every older schema', async (t) => {
    for (let version = 1; version < schemaSteps.length; version++) {
      const path = join(await tempFolder(t), 'old.db');
      alter(path, (db) => {
        for (const step of schemaSteps.slice(0, version)) db.exec(step);
        db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version};
          INSERT INTO sessions SELECT 'old', 'session', 'label', 'title', 'mode', 'task', 'active', 1, 50, NULL, NULL,
            NULL, NULL, NULL, '{}', NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL, 0, 0, 0, '[]', '[]', '{}', 0, NULL,
            1, 2, 3, NULL, NULL, 1, 1 ${', NULL'.repeat(version - 1)};
          INSERT INTO events VALUES ('old', 1, 2, 'start', '{}')`);
      });
      const { problems, events } = await recover(path, `${path}.new`);
      assert.deepEqual(problems, [], `schema ${version}`);
      assert.deepEqual(events, { saved: 1, damaged: 0, lost: 0 });
      const [row] = rowsOf(`${path}.new`).sessions;
      assert.equal(row?.['label'], 'label');
      assert.equal(row?.['trashed_at'], null);
    }
  });

  it('refuses a store of a newer Lockstep, of which it would lose what it does not know', async (t) => {
    const open = openStore(await tempFolder(t));
    await open.store.create(firstStep());
    open.file.close();
    alter(open.path, (db) => db.exec('ALTER TABLE sessions ADD COLUMN mood TEXT; PRAGMA user_version = 99'));
    await assert.rejects(recover(open.path, `${open.path}.new`), { code: 'STORE_NEWER' });
  });

  it('says at most 100 sentences, and how many more there are', async (t) => {
    const { recovery } = await recovered(
      t,
      async ({ store }) => {
        for (let number = 0; number < 130; number++) await store.create(firstStep());
      },
      (db) => db.exec("UPDATE sessions SET context = 'x'"),
    );
    assert.equal(recovery.problems.length, 100);
    assert.equal(recovery.problems.at(-1), 'There are 31 more problems like these.');
  });
});
