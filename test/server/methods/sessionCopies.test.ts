import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import * as z from 'zod';
import * as copies from '../../../server/protocol/sessionCopyMethods.ts';
import * as history from '../../../server/protocol/sessionHistoryMethods.ts';
import * as lifecycle from '../../../server/protocol/sessionLifecycleMethods.ts';
import type { Session } from '../../../server/protocol/session.ts';
import { sessionsGet, sessionsStats } from '../../../server/protocol/sessionQueryMethods.ts';
import { exportPart } from '../../../server/methods/sessionExport.ts';
import { systemClock } from '../../../server/platform/clock.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemFileSystem } from '../../../server/platform/fileSystem.ts';
import type { SessionStore } from '../../../server/store/sessionStore.ts';
import { SqliteSessionStore } from '../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../server/store/storeFile.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { caller, type Caller } from './caller.ts';

const start = { task: 'Fix the tests', mode: 'developer' };

/** The whole of an export, part by part. */
async function exported(call: Caller, ids: string[], format: copies.ExportFormat = 'jsonl') {
  const parts: string[] = [];
  for (let cursor: string | undefined; ;) {
    const part = await call(copies.sessionsExport, {
      ids,
      format,
      ...(cursor === undefined ? {} : { cursor }),
    });
    parts.push(part.content);
    cursor = part.nextCursor;
    if (cursor === undefined) return { content: parts.join(''), parts: parts.length };
  }
}

/** An export by parts of another size than a server makes. */
async function inParts(
  store: SessionStore,
  ids: string[],
  partSize: number,
  format: copies.ExportFormat = 'jsonl',
): Promise<string> {
  const parts: string[] = [];
  for (let cursor: string | undefined; ;) {
    const part = await exportPart({ ids, format, cursor }, store, partSize);
    parts.push(part.content);
    cursor = part.nextCursor;
    if (cursor === undefined) return parts.join('');
    assert.notEqual(part.content, '', 'each part goes on');
  }
}

/** The lines of an export, without what the store counts by itself. */
function withoutRevisions(content: string): unknown[] {
  return content
    .trimEnd()
    .split('\n')
    .map((line): unknown =>
      JSON.parse(line, (key, value: unknown) => (key === 'revision' ? undefined : value)),
    );
}

function storeAt(t: TestContext, home: string): SessionStore {
  const path = join(home, 'lockstep.db');
  const file = new StoreFile({ path, fileSystem: systemFileSystem, counters: new Counters() });
  t.after(() => file.close());
  return new SqliteSessionStore(file, systemClock);
}

async function eventsOf(call: Caller, id: string) {
  return (await call(history.sessionsEvents, { id, limit: 1000 })).events;
}

/** All that an import keeps: the store counts revisions by itself. */
function kept({ revision: _, ...session }: Session) {
  return session;
}

const json = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)));
const object = fc
  .dictionary(fc.string({ unit: 'binary' }), json, { maxKeys: 4 })
  .map((value) => z.record(z.string(), z.unknown()).parse(JSON.parse(JSON.stringify(value))));
const words = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => text.isWellFormed());

/** Something that is done with a session; what its state refuses is left out. */
const act = fc.oneof(
  object.map((data) => (call: Caller, id: string) => call(lifecycle.sessionsIterate, { id, data })),
  words.map((outcome) => (call: Caller, id: string) => call(lifecycle.sessionsEndIteration, { id, outcome })),
  words.map((reason) => (call: Caller, id: string) => call(lifecycle.sessionsPause, { id, reason })),
  fc.constant((call: Caller, id: string) => call(lifecycle.sessionsResume, { id, addIterations: 1 })),
  words.map(
    (content) => (call: Caller, id: string) =>
      call(history.sessionsAddMessage, {
        id,
        role: 'user',
        content,
        usage: { input: 3, costUsd: 0.125, model: 'm' },
      }),
  ),
  fc.tuple(json, json).map(
    ([input, output]) =>
      (call: Caller, id: string) =>
        call(history.sessionsRecordToolCall, { id, name: 'bash', input, output }),
  ),
  object.map((patch) => (call: Caller, id: string) => call(history.sessionsUpdateContext, { id, patch })),
  object.map((metadata) => (call: Caller, id: string) => call(lifecycle.sessionsUpdate, { id, metadata })),
  fc.constant((call: Caller, id: string) => call(lifecycle.sessionsArchive, { id })),
  json.map((result) => (call: Caller, id: string) => call(lifecycle.sessionsComplete, { id, result })),
  words.map((error) => (call: Caller, id: string) => call(lifecycle.sessionsFail, { id, error })),
);

describe('export and import', () => {
  it('carry sessions of any kind to another store just as they were', async (t) => {
    const homes = [await tempFolder(t), await tempFolder(t)] as const;
    const [here, there] = [await caller(t, homes[0]), await caller(t, homes[1])];
    const [storeHere, storeThere] = [storeAt(t, homes[0]), storeAt(t, homes[1])];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ task: words, context: object, acts: fc.array(act, { maxLength: 10 }) }), {
          minLength: 1,
          maxLength: 3,
        }),
        // Down to parts that have no room for anything beside one line.
        fc.integer({ min: 1, max: 2000 }),
        async (sessions, partSize) => {
          const ids: string[] = [];
          for (const { task, context, acts } of sessions) {
            const parentId = ids.at(-1);
            const { id } = await here(lifecycle.sessionsStart, {
              ...start,
              task,
              context,
              label: `label-${crypto.randomUUID()}`,
              maxIterations: 2,
              ...(parentId === undefined ? {} : { parentId }),
            });
            ids.push(id);
            for (const one of acts) {
              await one(here, id).catch((error: unknown) => {
                const code = error instanceof Error && 'code' in error ? error.code : error;
                assert.ok(code === 'ILLEGAL_TRANSITION' || code === 'ITERATION_LIMIT', String(code));
              });
            }
          }
          const content = await inParts(storeHere, ids, partSize);
          const { content: inOne } = await exported(here, ids);
          assert.equal(content, inOne);
          const imported = await there(copies.sessionsImport, { content });
          assert.deepEqual(
            imported.sessions.map(({ from, id }) => [from, id]),
            ids.map((id) => [id, id]),
          );
          for (const id of ids) {
            assert.deepEqual(kept(await there(sessionsGet, { id })), kept(await here(sessionsGet, { id })));
            assert.deepEqual(await eventsOf(there, id), await eventsOf(here, id));
          }
          const again = await inParts(storeThere, ids, partSize);
          assert.deepEqual(withoutRevisions(again), withoutRevisions(content));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('keep that an iteration is under way', async (t) => {
    const [here, there] = [await caller(t), await caller(t)];
    const { id } = await here(lifecycle.sessionsStart, start);
    await here(lifecycle.sessionsIterate, { id });
    await there(copies.sessionsImport, await exported(here, [id]).then(({ content }) => ({ content })));
    assert.equal((await there(lifecycle.sessionsEndIteration, { id })).status, 'active');
  });

  it('go through large histories in parts, of which none is lost and none comes twice', async (t) => {
    const call = await caller(t);
    const large = await call(lifecycle.sessionsStart, start);
    const small = await call(lifecycle.sessionsStart, start);
    for (let index = 0; index < 12; index++)
      await call(history.sessionsAddMessage, {
        id: large.id,
        role: 'user',
        content: `${index}`.repeat(500_000),
      });
    const { content, parts } = await exported(call, [large.id, small.id, large.id]);
    assert.ok(parts > 1, `${parts} parts`);
    const lines = content.trimEnd().split('\n');
    assert.equal(lines.length, 1 + 2 + 13 + 1 + 1);
    assert.deepEqual(JSON.parse(lines.at(-1) ?? ''), { end: { sessions: 2, events: 14 } });
    const markdown = await exported(call, [large.id, small.id], 'markdown');
    assert.equal(markdown.content.match(/^### User/gm)?.length, 12);
  });

  it('tell each session once, also where a part ends right after its line, in both formats', async (t) => {
    const home = await tempFolder(t);
    const call = await caller(t, home);
    const store = storeAt(t, home);
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) {
      const { id } = await call(lifecycle.sessionsStart, { ...start, title: `Number ${index}` });
      await call(lifecycle.sessionsIterate, { id });
      ids.push(id);
    }
    for (const partSize of [1, 100, 600, 1000]) {
      for (const format of copies.exportFormat.options) {
        const whole = await exported(call, ids, format);
        assert.equal(await inParts(store, ids, partSize, format), whole.content);
      }
    }
  });

  it('carry a session whose own line is longer than a part', async (t) => {
    const [here, there] = [await caller(t), await caller(t)];
    // Almost the most that each of them may have.
    const big = 'x'.repeat(1_048_000);
    const { id } = await here(lifecycle.sessionsStart, {
      ...start,
      task: '\u0001'.repeat(174_000),
      title: 't',
      context: {},
      metadata: { big },
    });
    await here(history.sessionsUpdateContext, { id, patch: { big } });
    // Few: with each call all of that is written.
    for (let index = 0; index < 10; index++)
      await here(history.sessionsRecordToolCall, {
        id,
        name: `${index}`.padEnd(256, '\u0001'),
        input: 1,
        output: 1,
      });
    await here(lifecycle.sessionsComplete, { id, result: big });
    const first = await here(copies.sessionsExport, { ids: [id] });
    assert.ok(first.content.length > 4 * 1024 * 1024);
    const { content } = await exported(here, [id]);
    await there(copies.sessionsImport, { content });
    assert.deepEqual(kept(await there(sessionsGet, { id })), kept(await here(sessionsGet, { id })));
  });

  it('drop a parent that is neither in the export nor in the store', async (t) => {
    const [here, there] = [await caller(t), await caller(t)];
    const parent = await here(lifecycle.sessionsStart, start);
    const child = await here(lifecycle.sessionsStart, { ...start, parentId: parent.id });
    const { content } = await exported(here, [child.id]);
    await there(copies.sessionsImport, { content });
    assert.equal((await there(sessionsGet, { id: child.id })).parentId, undefined);
    const [again] = (await here(copies.sessionsImport, { content })).sessions;
    assert.equal((await here(sessionsGet, { id: again?.id ?? '' })).parentId, parent.id);
  });

  it('refuse what is too long with how long it may be', async (t) => {
    const call = await caller(t);
    const content = '\n'.repeat(copies.MAX_IMPORT_CHARACTERS + 1);
    await assert.rejects(call(copies.sessionsImport, { content }), {
      code: 'INVALID_PARAMS',
      message: /content.*at most 67108864 characters \(64 Mi\).*fewer sessions/,
    });
  });

  it('leave out what is written while an export goes on, so that it stays whole', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, start);
    const add = () => call(history.sessionsAddMessage, { id, role: 'user', content: 'x'.repeat(900_000) });
    for (let index = 0; index < 6; index++) await add();
    const first = await call(copies.sessionsExport, { ids: [id] });
    await add();
    const second = await call(copies.sessionsExport, { ids: [id], cursor: first.nextCursor ?? '' });
    const content = first.content + second.content;
    const other = await caller(t);
    await other(copies.sessionsImport, { content });
    assert.equal((await eventsOf(other, id)).length, 7);
  });

  it('refuse ids that are not there, and cursors that are none, before anything is given out', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, start);
    await assert.rejects(call(copies.sessionsExport, { ids: [id, 'gone'] }), { code: 'SESSION_NOT_FOUND' });
    await assert.rejects(call(copies.sessionsExport, { ids: [id], cursor: 'x' }), { code: 'INVALID_PARAMS' });
  });

  it('take nothing of an import that is not whole', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, start);
    const { content } = await exported(call, [id]);
    await assert.rejects(call(copies.sessionsImport, { content: content.slice(0, -20) }), {
      code: 'INVALID_PARAMS',
    });
    assert.equal((await call(sessionsStats, {})).total, 1);
  });

  it('write markdown in which people find what was said and done', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, { ...start, title: 'A *title*' });
    await call(lifecycle.sessionsIterate, { id });
    await call(history.sessionsAddMessage, { id, role: 'assistant', content: 'Hello **there**' });
    await call(history.sessionsRecordToolCall, {
      id,
      name: 'bash',
      input: { command: 'ls' },
      output: '```\nx\n```',
    });
    await call(history.sessionsRecordLearning, { id, insight: 'It rains' });
    await call(lifecycle.sessionsPause, { id, reason: 'lunch' });
    const { content } = await exported(call, [id], 'markdown');
    for (const expected of [
      /^# A \\\*title\\\*$/m,
      /^- Status: paused$/m,
      /^## Iteration 1/m,
      /^### Assistant .*\n\nHello \*\*there\*\*$/m,
      /^### Tool: bash .*\n\n```json\n\{\n {2}"command": "ls"\n\}\n```\n\n````\n```\nx\n```\n````$/m,
      /^### Learned .*\n\nIt rains$/m,
      /^### Paused .*\n\nlunch$/m,
    ]) {
      assert.match(content, expected);
    }
  });
});
