import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { firstStep } from '../conformance.ts';
import { NOW, recovered } from './recovered.ts';
import { rowsOf } from './stores.ts';

const SECONDS = Math.floor(NOW / 1000);

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
});
