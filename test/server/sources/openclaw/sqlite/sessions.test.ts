import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import {
  sessionsList,
  sessionsPreview,
  sessionsResolve,
} from '../../../../../server/protocol/openclawMethods.ts';
import { LockstepError } from '../../../../../server/domain/errors.ts';
import { tempFolder } from '../../../../support/tempFolder.ts';
import { openclawAt, writeStore } from '../stateDirectory.ts';
import {
  addEvents,
  bytesBelow,
  databasePath,
  header,
  openAgentDatabase,
  talk,
  UPDATED,
  writeAgentDatabase,
  type SessionLike,
} from './agentDatabase.ts';
import { openWriter } from './writer.ts';

const MAIN = 'agent:main:main';
const CHILD = 'agent:main:subagent:one';

const ENVELOPE = '[Telegram Mira id:7 2026-09-01 12:00 UTC] ';

const SESSIONS: readonly SessionLike[] = [
  {
    key: MAIN,
    id: 's1',
    entry: {
      inputTokens: 20,
      totalTokens: 30,
      model: 'opus',
      modelProvider: 'anthropic',
      delivery: {
        kind: 'external',
        route: { channel: 'telegram' },
        context: { channel: 'telegram', to: 'telegram:7', accountId: 'default', threadId: 3 },
        origin: { label: 'Mira', provider: 'telegram' },
      },
    },
    events: talk(`${ENVELOPE}Is the greenhouse warm?`, 'Yes, 21 degrees.'),
  },
  {
    key: CHILD,
    id: 's2',
    updatedAt: UPDATED - 1000,
    entry: { delivery: { kind: 'none' } },
    columns: { spawned_by: 'main', label: 'lookup', display_name: 'Lookup', status: 'done' },
    events: talk('look it up'),
  },
  { key: 'agent:main:old', id: 's3', updatedAt: UPDATED - 2000, columns: { archived_at: UPDATED } },
  { key: 'global', id: 's4', updatedAt: UPDATED - 3000 },
  {
    key: 'whatsapp:group:9@g.us',
    id: 's5',
    updatedAt: UPDATED - 4000,
    entry: { room: 'shed', provider: 'whatsapp' },
  },
];

async function stateDir(t: TestContext, sessions = SESSIONS, schema = 23): Promise<string> {
  const dir = await tempFolder(t);
  writeAgentDatabase(dir, 'main', sessions, schema);
  return dir;
}

describe('sessions of a database', () => {
  test('are listed as those of a sessions.json are, and nothing is left behind', async (t) => {
    const dir = await stateDir(t);
    const before = bytesBelow(dir);
    const { sessions, path, warnings } = await openclawAt(dir).call(sessionsList, {
      includeDerivedTitles: true,
      includeLastMessage: true,
      agentId: 'main',
    });
    assert.deepEqual(
      sessions.map(({ key, derivedTitle }) => [key, derivedTitle]),
      [
        [MAIN, 'Is the greenhouse warm?'],
        [CHILD, 'Lookup'],
        ['agent:main:whatsapp:group:9@g.us', 's5 (2026-09-01)'],
      ],
    );
    const {
      sessionId,
      updatedAt,
      totalTokens,
      model,
      lastChannel,
      lastTo,
      lastThreadId,
      channel,
      origin,
      lastMessagePreview,
    } = sessions[0] ?? assert.fail();
    assert.deepEqual(
      {
        sessionId,
        updatedAt,
        totalTokens,
        model,
        lastChannel,
        lastTo,
        lastThreadId,
        channel,
        origin,
        lastMessagePreview,
      },
      {
        sessionId: 's1',
        updatedAt: UPDATED,
        totalTokens: 30,
        model: 'opus',
        lastChannel: 'telegram',
        lastTo: 'telegram:7',
        lastThreadId: 3,
        channel: 'telegram',
        origin: { label: 'Mira', provider: 'telegram' },
        lastMessagePreview: 'Yes, 21 degrees.',
      },
    );
    assert.deepEqual(
      [sessions[1]?.label, sessions[1]?.spawnedBy, sessions[1]?.status, sessions[2]?.groupChannel],
      ['lookup', MAIN, 'done', 'shed'],
    );
    assert.deepEqual([path, warnings], [databasePath(dir, 'main'), undefined]);
    assert.deepEqual(bytesBelow(dir), before);
  });

  test('are filtered, previewed and resolved', async (t) => {
    const { call, fails } = openclawAt(await stateDir(t));
    const keys = async (params: object) => (await call(sessionsList, params)).sessions.map(({ key }) => key);
    assert.deepEqual(await keys({ spawnedBy: MAIN }), [CHILD]);
    assert.deepEqual(await keys({ archived: true }), ['agent:main:old']);
    assert.deepEqual(await keys({ includeGlobal: true, limit: 1, offset: 2 }), ['global']);
    assert.deepEqual(await keys({ search: 'LOOKUP' }), [CHILD]);
    const { previews } = await call(sessionsPreview, { keys: ['main', CHILD, 'agent:main:old', 'no'] });
    assert.deepEqual(previews, [
      {
        key: 'main',
        status: 'ok',
        items: [
          { role: 'user', text: 'Is the greenhouse warm?' },
          { role: 'assistant', text: 'Yes, 21 degrees.' },
        ],
      },
      { key: CHILD, status: 'ok', items: [{ role: 'user', text: 'look it up' }] },
      { key: 'agent:main:old', status: 'empty', items: [] },
      { key: 'no', status: 'missing', items: [] },
    ]);
    assert.equal((await call(sessionsResolve, { sessionId: 's2' })).key, CHILD);
    assert.equal((await call(sessionsResolve, { label: 'lookup' })).key, CHILD);
    assert.equal((await fails(sessionsResolve, { key: 'x' })).code, 'SESSION_NOT_FOUND');
  });

  test('have the title and the preview of what came after the last reset', async (t) => {
    const [, first, answer] = talk('before', 'answered');
    const reset = { type: 'reset', id: 'r', parentId: 'm1', reason: 'reset' };
    const after = {
      ...first,
      type: 'message',
      id: 'm9',
      parentId: 'r',
      message: { role: 'user', content: 'after' },
    };
    const events = [header(), first, answer, reset, after].flatMap((event) => event ?? []);
    const { call } = openclawAt(await stateDir(t, [{ key: MAIN, id: 's1', events }]));
    const { sessions } = await call(sessionsList, { includeDerivedTitles: true });
    assert.equal(sessions[0]?.derivedTitle, 'after');
    const { previews } = await call(sessionsPreview, { keys: [MAIN] });
    assert.deepEqual(previews[0]?.items, [{ role: 'user', text: 'after' }]);
  });

  test('have the title of a message that is compressed, and none of one that unpacks without end', async (t) => {
    const dir = await stateDir(t, [
      { key: MAIN, id: 's1', events: talk(`Long ${'words '.repeat(2000)}`) },
      { key: CHILD, id: 's2', events: talk('bomb'.repeat(20_000_000)) },
    ]);
    const { sessions } = await openclawAt(dir).call(sessionsList, { includeDerivedTitles: true });
    const titles = new Map(sessions.map(({ key, derivedTitle }) => [key, derivedTitle]));
    assert.match(titles.get(MAIN) ?? '', /^Long words words .*…$/);
    assert.equal(titles.get(CHILD), 's2 (2026-09-01)');
  });

  test('are seen as soon as a living gateway has committed them', async (t) => {
    const dir = await stateDir(t);
    const openclaw = openclawAt(dir);
    const label = async () => (await openclaw.call(sessionsList, { search: MAIN })).sessions[0]?.label;
    assert.equal(await label(), undefined);
    const writer = await openWriter(t, databasePath(dir, 'main'));
    for (const name of ['one', 'two', 'three']) {
      await writer.run(`UPDATE session_nodes SET label = '${name}' WHERE session_key = '${MAIN}'`);
      assert.equal(await label(), name);
    }
  });

  test('stand beside those of files, agent by agent, and the newer of two under one key counts', async (t) => {
    const dir = await stateDir(t);
    await writeStore(dir, 'work', { 'agent:work:main': { sessionId: 'w1', updatedAt: UPDATED + 5 } });
    await writeStore(dir, 'main', {
      [MAIN]: { sessionId: 'left-behind', updatedAt: UPDATED },
      [CHILD]: { sessionId: 'newer', updatedAt: UPDATED + 1 },
      'agent:main:only-here': { sessionId: 'f1', updatedAt: UPDATED - 9000 },
    });
    const { sessions } = await openclawAt(dir).call(sessionsList);
    assert.deepEqual(
      sessions.map(({ key, sessionId }) => [key, sessionId]),
      [
        ['agent:work:main', 'w1'],
        [CHILD, 'newer'],
        [MAIN, 's1'],
        ['agent:main:whatsapp:group:9@g.us', 's5'],
        ['agent:main:only-here', 'f1'],
      ],
    );
  });

  test('whose entries are damaged are listed with what their rows tell, and a warning', async (t) => {
    const dir = await stateDir(t);
    const db = new DatabaseSync(databasePath(dir, 'main'));
    db.prepare('UPDATE session_nodes SET entry_json = ? WHERE session_key = ?').run('{"sessionId', MAIN);
    db.prepare('UPDATE session_nodes SET entry_json = ? WHERE session_key = ?').run('['.repeat(5000), CHILD);
    db.close();
    const { sessions, warnings } = await openclawAt(dir).call(sessionsList);
    assert.deepEqual(
      sessions.slice(0, 2).map(({ key, sessionId, label }) => [key, sessionId, label]),
      [
        [MAIN, 's1', undefined],
        [CHILD, 's2', 'lookup'],
      ],
    );
    assert.match(warnings?.[0]?.message ?? '', /^2 of its entries cannot be read.*: agent:main:main, /);
  });

  test('of a newer schema are listed with a notice where their columns are there', async (t) => {
    const dir = await stateDir(t, SESSIONS, 24);
    const db = new DatabaseSync(databasePath(dir, 'main'));
    db.exec('ALTER TABLE session_nodes DROP COLUMN label; ALTER TABLE session_nodes ADD COLUMN mood TEXT');
    db.close();
    const { sessions, warnings } = await openclawAt(dir).call(sessionsList, { includeDerivedTitles: true });
    assert.deepEqual([sessions.length, sessions[0]?.derivedTitle], [3, 'Is the greenhouse warm?']);
    assert.deepEqual(
      warnings?.map(({ code, agentId }) => [code, agentId]),
      [['STORE_NEWER', 'main']],
    );
    assert.match(
      warnings?.[0]?.message ?? '',
      /schema 24; this Lockstep knows schemas up to 23.*Update Lockstep/,
    );
  });

  test('of a newer schema that lacks their columns are not guessed at', async (t) => {
    const dir = await stateDir(t, SESSIONS, 24);
    await writeStore(dir, 'work', { 'agent:work:main': { sessionId: 'w1', updatedAt: 1 } });
    const db = new DatabaseSync(databasePath(dir, 'main'));
    db.exec('ALTER TABLE session_nodes RENAME COLUMN entry_json TO entry_cbor');
    db.close();
    const { call, fails } = openclawAt(dir);
    const { sessions, warnings } = await call(sessionsList);
    assert.deepEqual(
      [sessions.map(({ key }) => key), warnings?.[0]?.code],
      [['agent:work:main'], 'STORE_NEWER'],
    );
    assert.equal((await fails(sessionsList, { agentId: 'main' })).code, 'STORE_NEWER');
    assert.equal((await fails(sessionsResolve, { key: 'main' })).code, 'STORE_NEWER');
  });

  test('of a database that is being made are none, and one that is none is told', async (t) => {
    const dir = await tempFolder(t);
    const db = openAgentDatabase(dir, 'main');
    db.exec('DROP TABLE session_nodes');
    db.close();
    new DatabaseSync(databasePath(await stateDir(t), 'main')).close();
    const { warnings } = await openclawAt(dir).call(sessionsList);
    assert.deepEqual(
      warnings?.map(({ code, message }) => [code, /no table of sessions/.test(message)]),
      [['STORE_UNAVAILABLE', true]],
    );
  });

  test('of 10,000 rows are listed without blocking; a list of 100 with titles is measured', async (t) => {
    const dir = await tempFolder(t);
    const db = openAgentDatabase(dir, 'main');
    db.exec(`BEGIN;
      CREATE TEMP TABLE numbers AS WITH RECURSIVE n(n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM n WHERE n < 9999) SELECT n FROM n;
      INSERT INTO session_nodes (session_key, current_session_id, entry_json, updated_at)
        SELECT 'agent:main:webchat:' || n, 's' || n, json_object('inputTokens', n, 'skillsSnapshot',
          json_object('prompt', hex(zeroblob(600)))), ${UPDATED} + n FROM numbers;
      INSERT INTO transcript_events (session_id, seq, event_json)
        SELECT 's' || n, 0, '{"type":"session"}' FROM numbers UNION ALL
        SELECT 's' || n, 1, json_object('type', 'message', 'id', 'm', 'message',
          json_object('role', 'user', 'content', 'Question ' || n)) FROM numbers;
      INSERT INTO session_transcript_active_events SELECT 's' || n, 0, 1, 0 FROM numbers;
      INSERT INTO session_transcript_index_state SELECT 's' || n, 1, 0 FROM numbers;
      COMMIT`);
    db.close();
    const openclaw = openclawAt(dir);
    const list = async (): Promise<number> => {
      const begun = performance.now();
      const { sessions, totalCount } = await openclaw.call(sessionsList, {
        includeDerivedTitles: true,
        includeLastMessage: true,
      });
      assert.deepEqual(
        [sessions.length, totalCount, sessions[0]?.derivedTitle],
        [100, 10_000, 'Question 9999'],
      );
      return performance.now() - begun;
    };
    const first = await list();
    const warm = [await list(), await list(), await list()].sort((a, b) => a - b);
    const writer = new DatabaseSync(databasePath(dir, 'main'));
    addEvents(writer, 's9999', [{ type: 'custom', id: 'c' }]);
    const changed = await list();
    writer.close();
    t.diagnostic(
      `list of 100 of 10,000 with titles: first ${first.toFixed(0)} ms, warm ${warm[1]?.toFixed(1)} ms, after a change ${changed.toFixed(0)} ms`,
    );
  });

  test('of whatever entries and events are fit for the wire', async (t) => {
    const dir = await tempFolder(t);
    const db = openAgentDatabase(dir, 'main');
    db.exec(`DROP TABLE session_nodes; DROP TABLE transcript_events;
      CREATE TABLE session_nodes (session_key, current_session_id, entry_json, updated_at, status, label, spawned_by);
      CREATE TABLE transcript_events (session_id, seq, event_json, event_zstd, event_utf8_bytes)`);
    const anyCell = fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
      fc.json({ maxDepth: 3 }),
      fc.constantFrom(
        'main',
        MAIN,
        'global',
        '',
        '{"delivery":{"context":7}}',
        '{"updatedAt":"x","label":{}}',
      ),
      fc.constantFrom(null, 0, -1, 1.5, 1e300, 2n ** 62n, -(2n ** 62n)),
      fc.uint8Array({ maxLength: 30 }),
    );
    const anyEvent = fc.tuple(
      fc.oneof(fc.nat(9), anyCell),
      fc.oneof(
        anyCell,
        fc.record({ type: fc.constant('message'), message: fc.anything() }).map((event) => {
          try {
            return JSON.stringify(event);
          } catch {
            return '{';
          }
        }),
      ),
      anyCell,
    );
    const property = fc.asyncProperty(
      fc.array(fc.tuple(anyCell, anyCell, anyCell, anyCell, anyCell, anyCell), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.array(anyEvent, { maxLength: 5 }),
      async (rows, events) => {
        db.exec('DELETE FROM session_nodes; DELETE FROM transcript_events');
        for (const [key, entry, updated, status, label, spawner] of rows)
          db.prepare('INSERT INTO session_nodes VALUES (?, ?, ?, ?, ?, ?, ?)').run(
            key,
            's',
            entry,
            updated,
            status,
            label,
            spawner,
          );
        for (const [seq, json, packed] of events)
          db.prepare('INSERT INTO transcript_events VALUES (?, ?, ?, ?, 1)').run('s', seq, json, packed);
        const openclaw = openclawAt(dir);
        const { sessions } = await openclaw.call(sessionsList, {
          includeDerivedTitles: true,
          includeLastMessage: true,
          includeGlobal: true,
          includeUnknown: true,
        });
        const keys = sessions.map(({ key }) => key);
        // Events without a number that is one are refused, and with them their only session.
        if (keys.length > 0)
          await openclaw
            .call(sessionsPreview, { keys })
            .catch((error: unknown) => assert.ok(error instanceof LockstepError, String(error)));
      },
    );
    await fc.assert(property, { numRuns: 100 });
    db.close();
  });
});
