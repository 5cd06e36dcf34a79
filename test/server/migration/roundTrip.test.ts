import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import type { Session } from '../../../server/protocol/session.ts';
import type { SessionEvent } from '../../../server/protocol/event.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { migrator } from './migrator.ts';
import { asJson, jsonOf, objectIn } from './shapes.ts';

const RUNS = Number(process.env['LOCKSTEP_MIGRATION_RUNS'] ?? 5);

const time = fc
  .integer({ min: Date.UTC(2020, 0), max: Date.UTC(2026, 0) })
  .map((at) => new Date(at).toISOString());
const words = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', 'line\nline', '\u2028', '"quoted" \\', '🎈 café'),
);
const uuid = fc.uuid({ version: 4 });
const unknown = fc.dictionary(
  fc.constantFrom('x', 'y_z', 'later', '10', 'é'),
  fc.jsonValue({ maxDepth: 3 }),
  { maxKeys: 3 },
);
const label = fc.option(fc.stringMatching(/^[A-Za-z0-9 äöü-]{1,30}$/), { nil: undefined });
const count = fc.integer({ min: 0, max: 1_000_000 });

const message = fc.record(
  {
    role: fc.constantFrom('user', 'assistant', 'system', 'tool', 'other'),
    content: fc.oneof(words, fc.constant(null)),
    timestamp: time,
    tool_calls: fc.constant([{ id: 'c1', function: { name: 'look', arguments: '{"a":1}' } }]),
    tool_call_id: fc.constantFrom('c1', 'c2'),
    name: words,
    images: fc.array(words, { maxLength: 2 }),
    extra: fc.jsonValue({ maxDepth: 3 }),
  },
  { requiredKeys: ['role', 'content', 'timestamp'] },
);
const messageFile = fc
  .record({
    messages: fc.array(message, { maxLength: 8 }),
    created_at: time,
    updated_at: time,
    label,
    more: unknown,
  })
  .map(({ messages, created_at, updated_at, label: own, more }) => ({
    ...more,
    messages,
    metadata: { ...(own === undefined ? {} : { label: own }), display_name: 'A name', more },
    created_at,
    updated_at,
  }));

const sessionFile = fc.record(
  {
    mode: fc.constantFrom('developer', 'chat'),
    task: words,
    status: fc.constantFrom('active', 'paused', 'completed', 'failed', 'timeout', 'odd'),
    createdAt: time,
    updatedAt: time,
    iterations: fc.integer({ min: 0, max: 30 }),
    maxIterations: fc.integer({ min: 1, max: 50 }),
    context: unknown,
    history: fc.array(
      fc.record(
        {
          type: fc.constantFrom('start', 'iteration', 'message', 'note', 'Odd One'),
          timestamp: time,
          data: unknown,
          extra: words,
        },
        { requiredKeys: ['type', 'timestamp', 'data'] },
      ),
      { maxLength: 6 },
    ),
    result: fc.jsonValue({ maxDepth: 3 }),
    error: words,
    metadata: fc.record(
      {
        model: fc.constantFrom('large-1', 'small-2'),
        cost: fc.constantFrom(0, 0.125, 3),
        tokens: fc.record({ prompt: count, completion: count, total: count }),
        later: fc.jsonValue({ maxDepth: 2 }),
      },
      { requiredKeys: [] },
    ),
    later: fc.jsonValue({ maxDepth: 3 }),
  },
  {
    requiredKeys: [
      'mode',
      'task',
      'status',
      'createdAt',
      'updatedAt',
      'iterations',
      'maxIterations',
      'context',
      'history',
    ],
  },
);

const block = fc.oneof(
  words.map((text) => ({ type: 'text', text })),
  words.map((thinking) => ({ type: 'thinking', thinking, signature: 'x' })),
  unknown.map((input) => ({ type: 'toolCall', id: 'c1', name: 'look', arguments: input })),
  fc.constant({ type: 'image', data: 'iVBORw0KGgo=', mimeType: 'image/png' }),
);
const line = fc
  .record({
    timestamp: time,
    more: unknown,
    what: fc.oneof(
      fc.record({
        type: fc.constant('message'),
        message: fc.record(
          {
            role: fc.constantFrom('user', 'assistant', 'system', 'toolResult', 'odd'),
            content: fc.oneof(words, fc.array(block, { maxLength: 3 })),
            toolCallId: fc.constantFrom('c1', 'c9'),
            provider: fc.constant('example'),
            model: fc.constant('large-1'),
            usage: fc.record({
              input: count,
              output: count,
              cost: fc.record({ total: fc.constantFrom(0, 0.5) }),
            }),
            later: fc.jsonValue({ maxDepth: 2 }),
          },
          { requiredKeys: ['role', 'content'] },
        ),
      }),
      fc.record({
        type: fc.constantFrom('compaction', 'branch_summary'),
        summary: words,
        tokensBefore: count,
      }),
      fc.record({
        type: fc.constantFrom('model_change', 'custom', 'label', 'Future Type'),
        customType: words,
        data: unknown,
      }),
    ),
  })
  .map(({ timestamp, more, what }) => ({ ...more, ...what, timestamp }));
const fileEra = fc.record({
  entry: fc
    .record({ updatedAt: fc.integer({ min: 1e12, max: 17e11 }), label, totalTokens: count, more: unknown })
    .map(({ label: own, more, ...rest }) => ({
      ...more,
      ...rest,
      ...(own === undefined ? {} : { label: own }),
    })),
  header: fc.record({ timestamp: time, more: unknown }),
  lines: fc.array(line, { maxLength: 8 }),
});

type Content = { session: Partial<Session>; events: Omit<SessionEvent, 'seq'>[] };

/** What has to be the same wherever a session is: all but its id, its revision and the note of whence it came. */
async function contents({
  sessions,
  events,
}: Awaited<ReturnType<typeof migrator>>): Promise<Map<string, Content>> {
  const all = new Map<string, Content>();
  for (const { id, revision: _revision, metadata, ...session } of await sessions()) {
    const { migratedFrom, ...own } = metadata;
    const name = JSON.stringify(objectIn(migratedFrom)['id']);
    all.set(name, {
      session: { ...session, metadata: own },
      events: (await events(id)).map(({ seq: _, ...event }) => event),
    });
  }
  return all;
}

/** Old format to a store, that to the file era, and that to another store. */
async function holdsOnTheWay(t: TestContext, path: string): Promise<Content[]> {
  const first = await migrator(t);
  const done = await first.apply({ path, backup: false });
  assert.deepEqual([done.stats.errors, done.stats.skipped], [[], []]);
  const before = await contents(first);
  const stateDir = join(await tempFolder(t), 'state');
  const away = await first.apply({ path: 'lockstep:', to: 'openclaw', stateDir, backup: false });
  assert.equal(away.stats.migrated, before.size);
  // Into its own store again there is nothing to do.
  assert.equal((await first.apply({ path: stateDir, backup: false })).stats.already, before.size);
  const second = await migrator(t);
  const back = await second.apply({ path: stateDir, backup: false });
  assert.deepEqual([back.stats.migrated, back.stats.errors], [before.size, []]);
  const ids = (values: Iterable<Content>) =>
    [...values]
      .map((one) => JSON.stringify(one))
      .sort((a, b) => (a < b ? -1 : 1))
      .map(jsonOf);
  assert.deepEqual(ids((await contents(second)).values()), ids(before.values()));
  // And once more into the file era: the same files, to the letter.
  const other = join(await tempFolder(t), 'state');
  await second.apply({ path: 'lockstep:', to: 'openclaw', stateDir: other, backup: false });
  const folderOf = (dir: string) => join(dir, 'agents', 'main', 'sessions');
  const names = (await readdir(folderOf(stateDir))).filter((name) => name.endsWith('.jsonl'));
  for (const name of names) {
    const [one, two] = await Promise.all(
      [stateDir, other].map((dir) => readFile(join(folderOf(dir), name), 'utf8')),
    );
    assert.equal(two?.replaceAll(/"revision":\d+/g, ''), one?.replaceAll(/"revision":\d+/g, ''));
  }
  return [...before.values()];
}

describe('on the way from an old format to Lockstep, to the file era and back', () => {
  it('files with messages keep every message, time, label and unknown field', async (t) => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(uuid, messageFile), { minLength: 1, maxLength: 4, selector: ([id]) => id }),
        async (files) => {
          const project = await tempFolder(t);
          await mkdir(join(project, '.sessions'));
          for (const [id, file] of files)
            await writeFile(join(project, '.sessions', `${id}.json`), JSON.stringify(file));
          const all = await holdsOnTheWay(t, project);
          for (const [, file] of files) {
            const { messages, ...original } = file;
            const found = all.filter(
              ({ session }) =>
                JSON.stringify(session.metadata?.['original']) === JSON.stringify(asJson(original)),
            );
            assert.ok(found.some(({ events }) => isKept(messages, events)));
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('folders of sessions keep their history, tokens and unknown fields', async (t) => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(uuid, sessionFile), { minLength: 1, maxLength: 4, selector: ([id]) => id }),
        async (files) => {
          const project = await tempFolder(t);
          for (const [id, file] of files) {
            await mkdir(join(project, `session_${id}`));
            await writeFile(join(project, `session_${id}`, 'session.json'), JSON.stringify({ id, ...file }));
          }
          const all = await holdsOnTheWay(t, project);
          for (const [id, written] of files) {
            const file = written;
            const found = all.find(({ session }) => objectIn(session.metadata?.['original'])['id'] === id);
            const { history, context, result, ...original } = file;
            assert.ok(found);
            assert.deepEqual(found.session.metadata?.['original'], asJson({ id, ...original }));
            assert.deepEqual(found.session.context, asJson(context));
            assert.deepEqual(found.session.result, result === undefined ? undefined : asJson(result));
            const { tokens } = file.metadata ?? {};
            if (tokens) assert.equal(found.session.tokens?.total, tokens.total);
            const own = history[0]?.type === 'start' ? found.events : found.events.slice(1);
            assert.deepEqual(
              own.map(({ timestamp }) => timestamp),
              history.map(({ timestamp }) => timestamp),
            );
            for (const [index, { data }] of history.entries())
              for (const [name, value] of Object.entries(data))
                assert.deepEqual(own[index]?.data[name], asJson(value));
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("OpenClaw's sessions keep their entries and every line", async (t) => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(uuid, fileEra), { minLength: 1, maxLength: 4, selector: ([id]) => id }),
        async (sessions) => {
          const stateDir = join(await tempFolder(t), 'old');
          const folder = join(stateDir, 'agents', 'main', 'sessions');
          await mkdir(folder, { recursive: true });
          const store = Object.fromEntries(
            sessions.map(([id, { entry }]) => [`agent:main:k-${id}`, { ...entry, sessionId: id }]),
          );
          await writeFile(join(folder, 'sessions.json'), JSON.stringify(store));
          for (const [id, { header, lines }] of sessions) {
            const all = [{ type: 'session', version: 3, id, ...header }, ...lines];
            await writeFile(
              join(folder, `${id}.jsonl`),
              `${all.map((one) => JSON.stringify(one)).join('\n')}\n`,
            );
          }
          const all = await holdsOnTheWay(t, stateDir);
          for (const [id, { lines }] of sessions) {
            const found = all.find(
              ({ session }) => objectIn(session.metadata?.['original'])['key'] === `agent:main:k-${id}`,
            );
            const { entry } = objectIn(found?.session.metadata?.['original']);
            assert.deepEqual(entry, asJson(store[`agent:main:k-${id}`]));
            assert.equal(found?.events.length, lines.length + 1);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });
});

/** Whether each message stands in its event, value for value. */
function isKept(messages: readonly Record<string, unknown>[], [, ...events]: Content['events']): boolean {
  return (
    events.length === messages.length &&
    messages.every((message, index) => {
      const { timestamp, data = {}, type } = events[index] ?? {};
      if (timestamp !== message['timestamp']) return false;
      if (type === 'migrated.message') return same(data['original'], message);
      const { role, content, timestamp: _, tool_call_id, ...rest } = message;
      const metadata = objectIn(data['metadata']);
      if (type === 'tool_call')
        return same(data['output'], content) && data['callId'] === tool_call_id && same(metadata, rest);
      const { content: other = data['content'], ...more } = metadata;
      const all = tool_call_id === undefined ? rest : { ...rest, tool_call_id };
      return data['role'] === role && same(other, content) && same(more, all);
    })
  );
}

function same(a: unknown, b: unknown): boolean {
  try {
    assert.deepEqual(a, asJson(b));
    return true;
  } catch {
    return false;
  }
}
