import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { sessionsFind } from '../../../server/protocol/sessionQueryMethods.ts';
import { destroySome } from '../../../server/store/trashEmptying.ts';
import { firstStep } from './conformance.ts';
import { newStore } from './storeFiles.ts';

describe('the trash of a store file', () => {
  const HISTORY = 12_000;

  /** A trashed session with a long history, beside short ones. */
  async function withTrash(t: TestContext) {
    const opened = await newStore(t);
    const { id } = await opened.store.create(firstStep());
    const db = new DatabaseSync(opened.path);
    db.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${HISTORY})
       INSERT INTO events SELECT ?, i, 5, 'note', '{}' FROM n`,
    ).run(id);
    db.prepare('UPDATE sessions SET last_seq = ? WHERE id = ?').run(HISTORY, id);
    for (let index = 0; index < 3; index++)
      await opened.store.remove((await opened.store.create(firstStep())).id);
    await opened.store.remove(id);
    // The long one came last, also where all came within a millisecond.
    db.prepare('UPDATE sessions SET trashed_at = trashed_at + 1000 WHERE id = ?').run(id);
    db.close();
    return { ...opened, id };
  }

  it('is emptied in steps that are short also for a long history, and others write between them', async (t) => {
    const { store, path, id } = await withTrash(t);
    const left: number[] = [];
    const db = new DatabaseSync(path);
    t.after(() => db.close());
    const emptying = store.emptyTrash(Date.now() + 60_000);
    const progress = { isDone: false };
    void emptying.then(() => (progress.isDone = true));
    while (!progress.isDone) {
      await setImmediate();
      await store.create(firstStep());
      left.push(Number(db.prepare('SELECT count(*) AS n FROM events WHERE session_id = ?').get(id)?.['n']));
    }
    assert.equal(await emptying, 4);
    const steps = new Set(left);
    assert.ok(steps.size > 2, `seen: ${[...steps].join(', ')}`);
    assert.equal(left.at(-1), 0);
  });

  it('neither shows nor gives back a session of which a part is destroyed, and goes on with it', async (t) => {
    const { file, store, path, id } = await withTrash(t);
    // As after a kill between two steps.
    await file.write((connection) => destroySome(connection, Date.now() + 60_000));
    const db = new DatabaseSync(path);
    const count = () => Number(db.prepare('SELECT count(*) AS n FROM events').get()?.['n']);
    assert.ok(count() > 0 && count() < HISTORY, `${count()} events`);
    await assert.rejects(store.restore(id), { code: 'SESSION_NOT_FOUND' });
    assert.deepEqual((await store.find(sessionsFind.params.parse({ trashed: true }))).sessions, []);
    assert.equal(await store.emptyTrash(1), 1);
    assert.equal(count(), 0);
    db.close();
  });
});
