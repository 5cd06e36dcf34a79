import assert from 'node:assert/strict';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import * as state from '../../../../server/domain/sessionState.ts';
import { openDatabaseFile } from '../../../../server/store/recovery/databaseFile.ts';
import { isNewer } from '../../../../server/store/recovery/newerSchema.ts';
import { collectProblems } from '../../../../server/store/recovery/problems.ts';
import { findTables } from '../../../../server/store/recovery/storeTables.ts';
import { APPLICATION_ID, schemaSteps } from '../../../../server/store/schema.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { firstStep } from '../conformance.ts';
import { destroy, importable, openStore, recover, rowsOf, type OpenStore } from './stores.ts';

/** When all stores here are recovered. */
const NOW = Date.now();
const PAGE = 4096;
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
  const recovery = await recover(open.path, to, NOW);
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

/** Where the file's header and the statements of its schema have bytes that are not zero. */
function placesOfSchema(file: Buffer, page: number): number[] {
  const places = Array.from({ length: PAGE }, (_, at) => page * PAGE + at);
  const isSchema = file.subarray(page * PAGE, (page + 1) * PAGE).includes('CREATE ');
  return places.filter((at) => at < 100 || (isSchema && file[at] !== 0));
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
      [{ title: 'Recovered session', task: '(not readable)', status: 'paused' }],
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

  it('gives a session of which no event was found one that says so', async (t) => {
    for (const lastSeq of [0, 1, 4_000_000_000]) {
      const { events, recovery, sessions, to } = await recovered(
        t,
        async ({ store }) => void (await store.create(firstStep({}, NOW - 7))),
        (db) => db.exec(`DELETE FROM events; UPDATE sessions SET last_seq = ${lastSeq}`),
      );
      assert.deepEqual(
        events.map(({ seq, type, timestamp, data }) => [seq, type, timestamp, data]),
        [[1, 'lost', NOW - 7, '{"reason":"not found in the damaged store"}']],
      );
      assert.equal(sessions[0]?.['last_seq'], 1);
      assert.deepEqual(recovery.events, { saved: 0, damaged: 0, lost: 1 });
      assert.match(recovery.problems.join('\n'), /1 event could not be found/);
      assert.equal(await importable(to, NOW), 1);
    }
  });

  it('brings status and end to agree, whichever of them was readable', async (t) => {
    const of = async (change: string) => {
      const { sessions, to, recovery } = await recovered(
        t,
        async ({ store }) => {
          const { id } = await store.create(firstStep({}, NOW - 9000));
          await store.update(id, state.complete({ id, result: 1 }));
        },
        (db) => db.exec(`UPDATE sessions SET updated_at = ${NOW - 5}, ${change}`),
      );
      assert.equal(await importable(to, NOW), 1);
      assert.match(recovery.problems.join('\n'), /could not be read/);
      return [sessions[0]?.['status'], sessions[0]?.['ended_at']];
    };
    assert.deepEqual(await of('ended_at = NULL'), ['completed', NOW - 5]);
    assert.deepEqual(await of("status = 'active', ended_at = 77"), ['active', null]);
    assert.deepEqual(await of("status = 'odd', ended_at = 77"), ['completed', 77]);
    assert.deepEqual(
      await of("status = 'odd', ended_at = 77, error = 'e'; DELETE FROM events WHERE seq = 2"),
      ['failed', 77],
    );
    assert.deepEqual(await of("status = 'odd', ended_at = 77; DELETE FROM events WHERE seq = 2"), [
      'completed',
      77,
    ]);
    assert.deepEqual(await of("status = 'odd', ended_at = -1"), ['completed', NOW - 5]);
  });

  it('holds what it mends to what can be imported', async (t) => {
    const day = 24 * 60 * 60 * 1000;
    const { sessions, to, events, recovery } = await recovered(
      t,
      async ({ store }) => {
        const { id } = await store.create(
          firstStep({ label: 'mine', workspace: '/w', userId: 'u' }, NOW - 9),
        );
        await store.update(id, note(id, 'x'));
      },
      (db) =>
        db.exec(`UPDATE sessions SET task = '', title = '', mode = replace(hex(zeroblob(200)), '00', 'äb'),
          label = 'a' || char(27) || 'b', user_id = '', error = char(65279) || replace(hex(zeroblob(200000)), '00', '€'),
          parent_id = 'p' || char(1), forked_from = json('{"id":"\u0001","seq":1}'),
          tokens_total = 9007199254740991, tool_calls = 1000000000001, cost_usd = 1e10,
          tools_used = json_array('ok', replace(hex(zeroblob(300)), '00', 'x'), ''),
          context = '{"a":' || replace(hex(zeroblob(300)), '00', '[') || replace(hex(zeroblob(300)), '00', ']') || '}',
          created_at = -1, updated_at = ${NOW + 2 * day}, archived_at = ${NOW + day - 1};
          UPDATE events SET timestamp = ${NOW + 2 * day} WHERE seq = 2`),
    );
    const [row] = sessions;
    assert.equal(await importable(to, NOW), 1);
    assert.equal(row?.['task'], 'Fix the tests');
    assert.equal(row['title'], 'Fix the tests');
    assert.equal(row['mode'], 'äb'.repeat(85));
    for (const name of ['label', 'user_id', 'parent_id', 'forked_from', 'cost_usd'])
      assert.equal(row[name], null, name);
    assert.equal(Buffer.byteLength(String(row['error'])), 256 * 1024 - 1);
    for (const name of ['tokens_total', 'tool_calls']) assert.equal(row[name], 0, name);
    assert.ok(String(row['error']).startsWith('\ufeff€'));
    assert.equal(row['tools_used'], '["ok"]');
    assert.equal(row['context'], '{}');
    assert.deepEqual(
      ['created_at', 'updated_at', 'archived_at'].map((name) => row[name]),
      [NOW - 9, NOW - 9, NOW + day - 1],
    );
    assert.deepEqual(
      events.map(({ timestamp }) => timestamp),
      [NOW - 9, NOW - 9],
    );
    assert.match(
      recovery.problems.join('\n'),
      /: label, title, mode, task, user_id, parent_id, context, error, tokens_total, cost_usd, tool_calls, tools_used, forked_from, created_at, updated_at could not be read/,
    );
  });

  it('holds what it makes anew to what can be imported, whatever its events tell', async (t) => {
    const { sessions, events, to } = await recovered(
      t,
      async ({ store }) => {
        const { id } = await store.create(firstStep());
        await store.update(id, note(id, 'x'));
      },
      (db) =>
        db.exec(`DELETE FROM sessions;
          UPDATE events SET data = json_object('task', replace(hex(zeroblob(200000)), '00', 'äb'), 'mode', '')
            WHERE seq = 1;
          UPDATE events SET data = json_object('text', replace(hex(zeroblob(400000)), '00', '€')) WHERE seq = 2`),
    );
    assert.equal(Buffer.byteLength(String(sessions[0]?.['task'])), 256 * 1024 - 1);
    assert.equal(sessions[0]?.['mode'], 'unknown');
    assert.equal(events[1]?.['type'], 'lost');
    assert.equal(await importable(to, NOW), 1);

    const surrogate = await recovered(
      t,
      async ({ store }) => void (await store.create(firstStep())),
      (db) =>
        db.exec(
          String.raw`DELETE FROM sessions; UPDATE events SET data = '{"task":"\ud800","mode":"\udc00"}'`,
        ),
    );
    assert.equal(surrogate.sessions[0]?.['task'], '\ufffd');
    assert.equal(await importable(surrogate.to, NOW), 1);
  });

  it('leaves a parent out of which it has half the name', async (t) => {
    const { sessions } = await recovered(
      t,
      async ({ store }) => void (await store.create(firstStep())),
      (db) =>
        db.exec("UPDATE sessions SET parent_id = CAST(x'ff41' AS TEXT), user_id = CAST(x'ff41' AS TEXT)"),
    );
    assert.equal(sessions[0]?.['parent_id'], null);
    assert.equal(sessions[0]?.['user_id'], '\ufffdA');
  });

  it('does not lose the other rows of a page over a pointer that leads nowhere', async (t) => {
    for (const pointer of [0, 0xffff]) {
      const open = openStore(await tempFolder(t));
      const { id } = await open.store.create(firstStep());
      for (let number = 2; number <= 6; number++) await open.store.update(id, note(id, String(number)));
      open.file.close();
      const bytes = await readFile(open.path);
      const page = Math.floor(bytes.indexOf('{"text":"2"}') / 4096) * 4096;
      assert.equal(bytes[page], 13);
      bytes.writeUInt16BE(pointer, page + 8 + 2);
      await writeFile(open.path, bytes);
      const { events, pages } = await recover(open.path, `${open.path}.new`);
      assert.deepEqual(events, { saved: 5, damaged: 0, lost: 1 });
      assert.equal(pages.unreadable, 1);
    }
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

  it('says that it gave a session another id, which its children follow, and which no other has', async (t) => {
    const { sessions, events, recovery, to } = await recovered(
      t,
      async ({ store }) => {
        for (const task of ['one', 'two', 'three', 'child']) {
          const { id } = await store.create(firstStep({ task }));
          await store.update(id, note(id, task));
        }
      },
      (db) => {
        const ids = { one: "'a' || char(10) || 'b'", two: "'a' || char(9) || 'b'", three: "'a_b'" };
        for (const [task, id] of Object.entries(ids)) {
          db.exec(`UPDATE events SET session_id = ${id}
              WHERE session_id = (SELECT id FROM sessions WHERE task = '${task}');
            UPDATE sessions SET id = ${id} WHERE task = '${task}'`);
        }
        db.exec(`UPDATE sessions SET parent_id = ${ids.one}, forked_from = json_object('id', ${ids.two}, 'seq', 1)
          WHERE task = 'child'`);
      },
    );
    const idOf = (task: string) => sessions.find((row) => row['task'] === task)?.['id'];
    assert.equal(idOf('three'), 'a_b');
    assert.deepEqual(new Set([idOf('one'), idOf('two')]), new Set(['a_b_2', 'a_b_3']));
    for (const task of ['one', 'two', 'three']) {
      const own = events.filter((row) => row['session_id'] === idOf(task));
      assert.deepEqual(own[1]?.['data'], `{"text":"${task}"}`);
    }
    const child = sessions.find((row) => row['task'] === 'child');
    assert.equal(child?.['parent_id'], idOf('one'));
    assert.equal(child?.['forked_from'], `{"id":"${String(idOf('two'))}","seq":1}`);
    assert.deepEqual(recovery.events, { saved: 8, damaged: 0, lost: 0 });
    assert.deepEqual(
      recovery.problems.filter((problem) => problem.includes('a_b')).sort(),
      ['a_b_2', 'a_b_3'].map(
        (id) => `Session ${id} has a new id: its own had control characters, or was too long.`,
      ),
    );
    assert.equal(await importable(to, NOW), 4);
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
    for (const change of [
      'ALTER TABLE sessions ADD COLUMN mood TEXT',
      'CREATE TABLE moods (mood TEXT)',
      'CREATE INDEX sessions_by_agent ON sessions (agent_id)',
      'DROP INDEX sessions_in_trash',
      'DROP INDEX sessions_in_trash; CREATE INDEX sessions_in_trash ON sessions (trashed_at, id)',
      "CREATE TRIGGER no_end BEFORE DELETE ON sessions BEGIN SELECT raise(ABORT, 'no'); END",
    ]) {
      const newer = `${open.path}.newer`;
      await copyFile(open.path, newer);
      alter(newer, (db) => db.exec(`${change}; PRAGMA user_version = ${schemaSteps.length + 1}`));
      await assert.rejects(recover(newer, `${newer}.new`), { code: 'STORE_NEWER' }, change);
      // With another fault in the header, its version may be one, too: refused, nothing would be saved at all.
      for (const at of [18, 22, 56, 70, 80]) {
        const wrong = await readFile(newer);
        wrong[at] = 7;
        await writeFile(`${newer}.wrong`, wrong);
        await recover(`${newer}.wrong`, `${newer}.saved`);
        await rm(`${newer}.saved`);
      }
      // What is not known in a store that says it is not newer is damage, or somebody's own.
      alter(newer, (db) => db.exec(`PRAGMA user_version = ${schemaSteps.length}`));
      await recover(newer, `${newer}.same`);
      await rm(`${newer}.same`);
    }
  });

  it('takes a wrong byte in the version for no newer Lockstep, also where another is wrong', async (t) => {
    for (const version of schemaSteps.keys()) {
      const path = join(await tempFolder(t), 'store.db');
      alter(path, (db) => {
        for (const step of schemaSteps.slice(0, version + 1)) db.exec(step);
        db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      });
      const whole = await readFile(path);
      for (const at of [60, 61, 62, 63]) {
        const wrong = Buffer.from(whole);
        wrong[at] = 0x77;
        await writeFile(path, wrong);
        await recover(path, `${path}.new`);
        await rm(`${path}.new`);
      }
      // Bytes of the header and of the schema besides.
      const places = [...Array(whole.length / PAGE).keys()]
        .flatMap((page) => placesOfSchema(whole, page))
        .filter((_, index) => index % 61 === version);
      // And one that tells how long a statement is.
      places.push(whole.indexOf('tableremovalsremovals') - 1);
      for (const [index, at] of places.entries()) {
        const wrong = Buffer.from(whole);
        wrong[at] = (whole[at] ?? 0) ^ (1 << (index % 6));
        wrong[63] = schemaSteps.length + 1;
        await writeFile(path, wrong);
        const database = await openDatabaseFile(path, collectProblems(), () => undefined);
        try {
          const tally = {
            used: new Set<number>(),
            unreadable: new Set<number>(),
            missing: new Set<number>(),
          };
          const tables = await findTables(database, tally, () => undefined);
          assert.equal(isNewer(database, tables), false, `byte ${at} of schema ${version + 1}`);
        } finally {
          database.close();
        }
      }
    }
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
