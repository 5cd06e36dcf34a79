import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstStep } from '../conformance.ts';
import { NOW, note, recovered } from './recovered.ts';
import { importable } from './stores.ts';

describe('what recovery makes of a store', () => {
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
});
