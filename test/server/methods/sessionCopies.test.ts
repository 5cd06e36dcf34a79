import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import * as z from 'zod';
import * as copies from '../../../server/protocol/sessionCopyMethods.ts';
import * as history from '../../../server/protocol/sessionHistoryMethods.ts';
import * as lifecycle from '../../../server/protocol/sessionLifecycleMethods.ts';
import type { Session } from '../../../server/protocol/session.ts';
import { sessionsGet, sessionsStats } from '../../../server/protocol/sessionQueryMethods.ts';
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
    const [here, there] = [await caller(t), await caller(t)];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ task: words, context: object, acts: fc.array(act, { maxLength: 10 }) }), {
          minLength: 1,
          maxLength: 3,
        }),
        async (sessions) => {
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
          const { content } = await exported(here, ids);
          const imported = await there(copies.sessionsImport, { content });
          assert.deepEqual(
            imported.sessions.map(({ from, id }) => [from, id]),
            ids.map((id) => [id, id]),
          );
          for (const id of ids) {
            assert.deepEqual(kept(await there(sessionsGet, { id })), kept(await here(sessionsGet, { id })));
            assert.deepEqual(await eventsOf(there, id), await eventsOf(here, id));
          }
          assert.equal((await exported(there, ids)).content.length > 0, true);
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
