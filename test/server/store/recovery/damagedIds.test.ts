import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { tempFolder } from '../../../support/tempFolder.ts';
import { firstStep } from '../conformance.ts';
import { NOW, note, recovered } from './recovered.ts';
import { importable, openStore, recover, rowsOf } from './stores.ts';

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

describe('what recovery makes of a store', () => {
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
});
