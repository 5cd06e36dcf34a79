import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import { rename } from 'node:fs/promises';
import * as fc from 'fast-check';
import { filterFor } from '../../../../../server/domain/recordFilter.ts';
import { OWN_SENTENCES } from '../../../../../server/sources/ownSentences.ts';
import type { SessionSource } from '../../../../../server/sources/source.ts';
import { tempFolder } from '../../../../support/tempFolder.ts';
import { openclawSource, outline, pageOf, readBackward, readForward } from '../../reading.ts';
import {
  addEvents,
  bytesBelow,
  databasePath,
  header,
  openAgentDatabase,
  talk,
  writeAgentDatabase,
  type EventLike,
  type SessionLike,
} from './agentDatabase.ts';
import { openWriter } from './writer.ts';

const KEY = 'agent:main:main';
const PATH = 'sessions/agent%3Amain%3Amain';

interface Set {
  readonly dir: string;
  readonly source: SessionSource;
  readonly path: string;
}

async function withEvents(
  t: TestContext,
  events: readonly EventLike[],
  more: Partial<SessionLike> = {},
  schema = 23,
): Promise<Set> {
  const dir = await tempFolder(t);
  const path = writeAgentDatabase(dir, 'main', [{ key: KEY, id: 's1', events, ...more }], schema);
  return { dir, source: openclawSource(dir), path };
}

function change(path: string, work: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(path);
  work(db);
  db.close();
}

const message = (id: string, parentId: string | null, role: string, content: unknown, more: object = {}) => ({
  type: 'message',
  id,
  parentId,
  timestamp: '2026-09-01T12:00:00.000Z',
  message: { role, content, ...more },
});

describe('a transcript in a database', () => {
  test('shows the branch that OpenClaw continues, and says what is left out', async (t) => {
    const { dir, source } = await withEvents(
      t,
      [
        header(),
        message('a', null, 'user', 'one'),
        message('b', 'a', 'assistant', [{ type: 'text', text: 'left behind' }]),
        message('c', 'a', 'assistant', [
          { type: 'thinking', thinking: 'hm' },
          { type: 'toolCall', id: 't1', name: 'read', arguments: { path: 'x' } },
        ]),
        message('d', 'c', 'toolResult', [{ type: 'text', text: 'contents' }], { toolCallId: 't1' }),
        { type: 'compaction', id: 'e', parentId: 'd', summary: 'so far', tokensBefore: 900 },
        { type: 'custom_message', id: 'f', parentId: 'e', customType: 'note', content: 'Remember.' },
        message('g', 'f', 'system', 'Be brief.'),
        { type: 'custom', id: 'h', parentId: 'g', customType: 'model-snapshot', data: {} },
        { type: 'reset', id: 'i', parentId: 'h', reason: 'new' },
        message('j', 'i', 'user', 'two'),
      ],
      { leftOut: [2] },
    );
    const before = bytesBelow(dir);
    const page = await pageOf(source, PATH);
    assert.deepEqual(outline(page.items), [
      'info: This is the branch that OpenClaw continues. Entri…',
      'user: one',
      'thinking: hm',
      'read -> contents',
      'compaction of 900 tokens: so far',
      'user, injected: Remember.',
      'system: Be brief.',
      'other model-snapshot',
      'info: A new conversation begins: the agent no longer kn…',
      'user: two',
    ]);
    assert.deepEqual([page.start, page.end, page.atStart, page.atEnd], [1, 11, true, true]);
    assert.deepEqual(bytesBelow(dir), before);
  });

  test('is the same, however it is cut into pages', async (t) => {
    const texts = Array.from({ length: 25 }, (_, index) => `text ${index} ${'x'.repeat(index * 90)}`);
    const { source } = await withEvents(t, talk(...texts), { leftOut: [4, 5, 9] });
    const whole = await pageOf(source, PATH);
    assert.equal(whole.items.length, 25 - 3 + 1 + 2); // with the notes: what is left out, and two that go on elsewhere
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (limit) => {
        assert.deepEqual(await readForward(source, PATH, limit), whole.items);
        assert.deepEqual(await readBackward(source, PATH, limit), whole.items);
      }),
      { numRuns: 12 },
    );
  });

  test('is looked through without reading what cannot hold what is looked for', async (t) => {
    const texts = Array.from(
      { length: 40 },
      (_, index) => `${index === 33 ? 'a needle ' : ''}${'x'.repeat(100_000)}`,
    );
    const { source } = await withEvents(t, talk(...texts), { leftOut: [4] });
    const found = await source.page(PATH, {
      from: 0,
      limit: 1000,
      scan: { filter: filterFor('Needle', OWN_SENTENCES) },
    });
    const said = found.items.filter(({ kind }) => kind === 'message');
    assert.deepEqual(
      said.map(({ position }) => position),
      [34],
    );
    let from = 0;
    let items = 0;
    for (let atEnd = false; !atEnd;) {
      const part = await source.page(PATH, { from, limit: 1000, scan: {} });
      assert.ok(part.end > from);
      items += part.items.filter(({ kind }) => kind === 'message').length;
      ({ end: from, atEnd } = part);
    }
    assert.equal(items, 39);
  });

  test('is followed while it grows, and goes on from an earlier entry', async (t) => {
    const { source, path } = await withEvents(t, talk('one', 'two'));
    const first = await pageOf(source, PATH);
    const writer = await openWriter(t, path);
    const insert = (seq: number, event: object) =>
      writer.run(`BEGIN; INSERT INTO transcript_events (session_id, seq, event_json) VALUES ('s1', ${seq}, '${JSON.stringify(event)}');
        DELETE FROM session_transcript_active_events WHERE event_seq = 2;
        INSERT INTO session_transcript_active_events VALUES ('s1', 1, ${seq}, 1);
        UPDATE session_transcript_index_state SET indexed_seq = ${seq}; COMMIT`);
    await insert(3, message('m2', 'm0', 'assistant', 'another'));
    const { generation, end } = first;
    const next = await pageOf(source, PATH, { from: end, generation });
    assert.equal(next.generation, generation);
    assert.deepEqual(outline(next.items), ['assistant: another']);
    const again = await pageOf(source, PATH, { from: next.end, generation });
    assert.deepEqual([again.items, again.start, again.end, again.atEnd], [[], next.end, next.end, true]);
    const afresh = await pageOf(source, PATH);
    assert.deepEqual(outline(afresh.items).slice(1), ['user: one', 'assistant: another']);
  });

  test('has another generation after it was rewritten, cut, or replaced', async (t) => {
    const { source, path, dir } = await withEvents(t, talk('one', 'two', 'three'));
    const { generation, end } = await pageOf(source, PATH);
    change(path, (db) => {
      db.exec(`DELETE FROM session_transcript_active_events WHERE event_seq = 3; DELETE FROM transcript_events WHERE seq = 3;
        UPDATE session_transcript_index_state SET indexed_seq = 2`);
    });
    const cut = await pageOf(source, PATH, { from: end, generation });
    assert.notEqual(cut.generation, generation);
    assert.deepEqual(outline(cut.items), ['user: one', 'assistant: two']);
    change(path, (db) => db.exec("INSERT INTO transcript_rewrite_watermarks VALUES ('s1', 'g2')"));
    const rewritten = await pageOf(source, PATH, { from: 1, generation: cut.generation });
    assert.notEqual(rewritten.generation, cut.generation);
    const other = writeAgentDatabase(dir, 'other', [{ key: KEY, id: 's1', events: talk('one', 'two') }]);
    await rename(other, path);
    const replaced = await pageOf(source, PATH, { from: 1, generation: rewritten.generation });
    assert.notEqual(replaced.generation, rewritten.generation);
  });

  test('shows every entry in the order of making while its index is not whole', async (t) => {
    const { source, path } = await withEvents(t, talk('one', 'two', 'three'), { leftOut: [2] });
    change(path, (db) => db.exec('UPDATE session_transcript_index_state SET needs_rebuild = 1'));
    const { items } = await pageOf(source, PATH);
    assert.deepEqual(outline(items), ['other session', 'user: one', 'assistant: two', 'user: three']);
    change(path, (db) => db.exec('DROP TABLE session_transcript_active_events'));
    assert.deepEqual((await pageOf(source, PATH)).items, items);
  });

  test('has a note for each event that cannot be read', async (t) => {
    const { source, path } = await withEvents(t, talk('one', 'two', 'three', 'four', 'five'));
    change(path, (db) => {
      const set = db.prepare('UPDATE transcript_events SET event_json = ?, event_zstd = ? WHERE seq = ?');
      set.run('{"type":"mess', null, 1);
      set.run(null, Buffer.from('28b52ffd00', 'hex'), 2);
      set.run(null, null, 3);
      set.run('7', null, 4);
    });
    assert.deepEqual(outline((await pageOf(source, PATH)).items), [
      'warning: This event is not JSON: {"type":"mess',
      'warning: This event is compressed and cannot be unpacked, …',
      'warning: This event is too large to show, or is no text.',
      'warning: This event is not a record of a session: 7',
      'user: five',
    ]);
  });

  test('holds 4 MiB a page, however well that is compressed', async (t) => {
    const texts = Array.from({ length: 8 }, () => 'y'.repeat(1_500_000));
    const { source } = await withEvents(t, talk(...texts));
    const page = await pageOf(source, PATH);
    assert.deepEqual([page.items.length, page.start, page.atEnd], [2, 7, true]);
    assert.equal((await readBackward(source, PATH, 100)).length, 8);
    assert.equal((await readForward(source, PATH, 100)).length, 8);
  });

  test('that was put away, or never was, is a note', async (t) => {
    const { source, path } = await withEvents(t, []);
    const empty = await pageOf(source, PATH);
    assert.deepEqual(outline(empty.items), ['info: OpenClaw keeps no transcript of this session.']);
    change(path, (db) =>
      db.exec("INSERT INTO session_transcript_cold_archives VALUES ('s1', 's1.jsonl.zst', 42)"),
    );
    const { items } = await pageOf(source, PATH);
    assert.match(outline(items)[0] ?? '', /^info: OpenClaw has put this transcript away, into cold/);
    change(path, (db) => addEvents(db, 's1', talk('back')));
    const back = await pageOf(source, PATH, { from: empty.end, generation: empty.generation });
    assert.notEqual(back.generation, empty.generation);
    assert.deepEqual(outline(back.items), ['user: back']);
  });

  test('of a newer schema has a note, and none where its events are in another form', async (t) => {
    const { source, path } = await withEvents(t, talk('one'), {}, 24);
    assert.deepEqual(outline((await pageOf(source, PATH)).items), [
      'info: A newer OpenClaw keeps this session (schema 24; L…',
      'user: one',
    ]);
    change(path, (db) => db.exec('ALTER TABLE transcript_events RENAME COLUMN event_json TO body'));
    assert.deepEqual(outline((await pageOf(source, PATH)).items), [
      'info: The database keeps no transcripts in a form that …',
    ]);
  });

  test('of whatever events and queries is fit for the wire, or refused with a code', async (t) => {
    const dir = await tempFolder(t);
    const db = openAgentDatabase(dir, 'main');
    db.exec(`INSERT INTO session_nodes (session_key, current_session_id, entry_json, updated_at) VALUES ('${KEY}', 's1', '{}', 1);
      DELETE FROM session_transcript_index_state`);
    const anyText = fc.oneof(
      fc.json({ maxDepth: 4 }),
      fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
      fc
        .record({
          type: fc.constantFrom(
            'message',
            'reset',
            'custom',
            'custom_message',
            'session',
            'compaction',
            'label',
          ),
          id: fc.constantFrom('a', 'b', 7, null),
          parentId: fc.constantFrom('a', null, {}),
          timestamp: fc.constantFrom('2026-09-01T12:00:00Z', 'x', 1e300),
          message: fc.oneof(
            fc.json().map((text): unknown => JSON.parse(text)),
            fc.record({ role: fc.constantFrom('user', 'system', 'assistant', 'x'), content: fc.json() }),
          ),
          content: fc.json().map((text): unknown => JSON.parse(text)),
          reason: fc.constantFrom('new', 7),
        })
        .map((event) => JSON.stringify(event)),
    );
    const anyPosition = fc.option(fc.oneof(fc.nat(12), fc.constant(Number.MAX_SAFE_INTEGER)), {
      nil: undefined,
    });
    const anyQuery = fc.record({
      from: anyPosition,
      before: anyPosition,
      limit: fc.integer({ min: 1, max: 9 }),
    });
    const property = fc.asyncProperty(
      fc.array(fc.tuple(fc.option(anyText), fc.option(fc.uint8Array({ maxLength: 40 }))), { maxLength: 8 }),
      fc.boolean(),
      anyQuery,
      async (events, isIndexed, query) => {
        db.exec('DELETE FROM transcript_events; DELETE FROM session_transcript_active_events');
        for (const [seq, [json, packed]] of events.entries()) {
          db.prepare('INSERT INTO transcript_events VALUES (?, ?, ?, ?, 9)').run('s1', seq, json, packed);
          if (isIndexed && seq % 3 !== 1)
            db.prepare('INSERT INTO session_transcript_active_events VALUES (?, ?, ?, NULL)').run(
              's1',
              seq,
              seq,
            );
        }
        db.exec("INSERT OR REPLACE INTO session_transcript_index_state VALUES ('s1', 99, 0)");
        await pageOf(openclawSource(dir), PATH, query);
      },
    );
    await fc.assert(property, { numRuns: 100 });
    db.close();
    assert.ok(databasePath(dir, 'main'));
  });
});
