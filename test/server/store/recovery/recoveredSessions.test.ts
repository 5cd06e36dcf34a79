import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as state from '../../../../server/domain/sessionState.ts';
import { firstStep } from '../conformance.ts';
import { NOW, note, recovered } from './recovered.ts';
import { importable } from './stores.ts';

describe('what recovery makes of a store', () => {
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
