import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type * as z from 'zod';
import * as history from '../../../server/protocol/sessionHistoryMethods.ts';
import * as lifecycle from '../../../server/protocol/sessionLifecycleMethods.ts';
import * as query from '../../../server/protocol/sessionQueryMethods.ts';
import { sourcesList, sourcesSessions } from '../../../server/protocol/sourceMethods.ts';
import { storeBackup, storeRecover } from '../../../server/protocol/storeMethods.ts';
import { transcriptsPage } from '../../../server/protocol/transcriptMethods.ts';
import { caller } from './caller.ts';

const start = { task: 'Fix the tests', mode: 'developer' };
const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

describe('session methods', () => {
  it('say whether a session can be resumed, and what stands in the way', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, { ...start, maxIterations: 1 });
    const resumable = () => call(query.sessionsIsResumable, { id });
    assert.deepEqual(await resumable(), { resumable: false, reason: 'It is active already.' });
    await call(lifecycle.sessionsPause, { id });
    assert.deepEqual(await resumable(), { resumable: true });
    await call(lifecycle.sessionsResume, { id });
    for (let time = 0; time < 2; time++) await call(lifecycle.sessionsIterate, { id });
    assert.match((await resumable()).reason ?? '', /used up/);
    await call(lifecycle.sessionsFail, { id, error: 'x' });
    assert.deepEqual(await resumable(), { resumable: false, reason: 'It is failed, which is final.' });
  });

  it('refuse text that would be cut off at a NUL, and labels that are not one line', async (t) => {
    const call = await caller(t);
    const nul = { code: 'INVALID_PARAMS', message: /must not hold a NUL character/ };
    await assert.rejects(call(query.sessionsFind, { text: 'a\0b' }), nul);
    await assert.rejects(call(storeBackup, { to: '/tmp/a\0b' }), nul);
    await assert.rejects(call(storeRecover, { from: '/tmp/a\0b' }), nul);
    const control = { code: 'INVALID_PARAMS', message: /must not hold control characters/ };
    await assert.rejects(call(lifecycle.sessionsStart, { ...start, label: 'a\nb' }), control);
    await assert.rejects(call(lifecycle.sessionsStart, { ...start, parentId: 'a\0b' }), control);
  });

  it('give an agent what it needs to go on', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, {
      ...start,
      maxIterations: 4,
      context: { phase: 'a' },
    });
    await call(lifecycle.sessionsIterate, { id });
    await call(history.sessionsRecordLearning, { id, insight: 'It rains', expertiseFile: 'weather.md' });
    const context = await call(history.sessionsContext, { id, recent: 2 });
    assert.deepEqual([context.iterations, context.remaining, context.context], [1, 3, { phase: 'a' }]);
    assert.deepEqual(
      context.recentHistory.map(({ type }) => type),
      ['iteration', 'learning'],
    );
    assert.deepEqual(context.recentHistory[1]?.data, { insight: 'It rains', expertiseFile: 'weather.md' });
    assert.deepEqual((await call(history.sessionsContext, { id, recent: 0 })).recentHistory, []);
  });

  it('change title, label and metadata, and refuse to change nothing', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, { ...start, metadata: { a: 1, b: 2 } });
    const updated = await call(lifecycle.sessionsUpdate, {
      id,
      title: 'Better',
      label: 'x',
      metadata: { a: null },
    });
    assert.deepEqual([updated.title, updated.label, updated.metadata], ['Better', 'x', { b: 2 }]);
    assert.equal((await call(lifecycle.sessionsUpdate, { id, label: null })).label, undefined);
    await assert.rejects(call(lifecycle.sessionsUpdate, { id }), { code: 'INVALID_PARAMS' });
  });

  it('keep the reasons of pause and resume', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, start);
    await call(lifecycle.sessionsPause, { id, reason: 'lunch' });
    await call(lifecycle.sessionsResume, { id, reason: 'back', addIterations: 3 });
    const { events } = await call(history.sessionsEvents, { id, afterSeq: 1 });
    assert.deepEqual(
      events.map(({ data }) => data),
      [{ reason: 'lunch' }, { reason: 'back', addIterations: 3 }],
    );
  });

  it('say that a session which was given more iterations only has to be resumed', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, { ...start, maxIterations: 1 });
    for (let time = 0; time < 2; time++) await call(lifecycle.sessionsIterate, { id });
    await call(lifecycle.sessionsUpdate, { id, addIterations: 5 });
    await assert.rejects(call(lifecycle.sessionsIterate, { id }), {
      code: 'ITERATION_LIMIT',
      message: /has 5 iterations now: resume it/,
      actions: [{ kind: 'command', label: 'Resume', method: 'sessions.resume', params: { id } }],
    });
    assert.equal((await call(lifecycle.sessionsResume, { id })).status, 'active');
  });

  it('say that an id is not found, whatever it looks like', async (t) => {
    const call = await caller(t);
    for (const id of ['', '.', '01890000-0000-7000-8000-000000000000', '\u0000']) {
      await assert.rejects(call(query.sessionsGet, { id }), { code: 'SESSION_NOT_FOUND' });
      await assert.rejects(call(lifecycle.sessionsIterate, { id }), { code: 'SESSION_NOT_FOUND' });
    }
  });

  it('count tokens and cost, and refuse numbers that would break the sums', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, { ...start, workspace: '/w' });
    const message = (usage: z.input<typeof history.usage>) =>
      call(history.sessionsAddMessage, { id, role: 'assistant', content: 'x', usage });
    await message({ input: 1e9, output: 1e9, costUsd: 0.5 });
    await message({ input: 1, cacheRead: 2, costUsd: 0.25 });
    const stats = await call(query.sessionsStats, { workspace: '/w' });
    assert.deepEqual(
      [stats.tokens.input, stats.tokens.total, stats.costUsd, stats.messages],
      [1e9 + 1, 2e9 + 3, 0.75, 2],
    );
    assert.equal((await call(query.sessionsStats, { workspace: '/other' })).total, 0);
    for (const usage of [
      { input: Number.MAX_SAFE_INTEGER },
      { costUsd: 1e300 },
      { output: -1 },
      { input: 0.5 },
    ]) {
      await assert.rejects(message(usage), { code: 'INVALID_PARAMS' });
    }
  });

  it('take 1 MiB of JSON, and not a byte more', async (t) => {
    const call = await caller(t);
    const whole = 1024 * 1024;
    const context = { text: 'x'.repeat(whole - '{"text":""}'.length) };
    const { id } = await call(lifecycle.sessionsStart, { ...start, context });
    assert.deepEqual((await call(query.sessionsGet, { id })).context, context);
    const more = { text: `${context.text}x` };
    await assert.rejects(call(lifecycle.sessionsStart, { ...start, context: more }), {
      code: 'INVALID_PARAMS',
    });
    await assert.rejects(call(history.sessionsAddEvent, { id, type: 'note', data: more }), {
      code: 'INVALID_PARAMS',
    });
    // Characters are counted as the bytes that they take.
    const wide = { text: 'é'.repeat(whole / 2) };
    await assert.rejects(call(history.sessionsAddEvent, { id, type: 'note', data: wide }), {
      code: 'INVALID_PARAMS',
    });
  });

  it('refuse JSON that is nested too deeply, saying so', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, { ...start, context: { a: nested(199) } });
    for (const levels of [200, 5000]) {
      const tooDeep = { code: 'INVALID_PARAMS', message: /nested at most 200 levels/ };
      await assert.rejects(
        call(history.sessionsAddEvent, { id, type: 'x', data: { a: nested(levels) } }),
        tooDeep,
      );
      await assert.rejects(
        call(history.sessionsUpdateContext, { id, patch: { a: nested(levels) } }),
        tooDeep,
      );
      const toolCall = { id, name: 'x', input: nested(levels + 1), output: '' };
      await assert.rejects(call(history.sessionsRecordToolCall, toolCall), tooDeep);
    }
  });

  it('answer with less than was asked for rather than with more than fits', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, start);
    for (let index = 0; index < 12; index++) {
      await call(history.sessionsAddEvent, { id, type: 'big', data: { text: 'x'.repeat(1_000_000) } });
    }
    const seqs: number[] = [];
    let afterSeq = 0;
    let pages = 0;
    for (let more = true; more; pages++) {
      const page = await call(history.sessionsEvents, { id, afterSeq, limit: 1000 });
      seqs.push(...page.events.map(({ seq }) => seq));
      more = page.nextSeq !== undefined;
      afterSeq = page.nextSeq ?? 0;
    }
    assert.deepEqual(
      seqs,
      Array.from({ length: 13 }, (_, index) => index + 1),
    );
    assert.ok(pages > 1);
  });
});

describe("transcripts of Lockstep's own sessions", () => {
  it('show every kind of event as what it is', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, { ...start, maxIterations: 1 });
    await call(lifecycle.sessionsIterate, { id, data: {} });
    const usage = { input: 3, output: 4, model: 'some-model', costUsd: 0.1 };
    await call(history.sessionsAddMessage, { id, role: 'assistant', content: 'Hello', usage });
    const input = { command: 'ls' };
    await call(history.sessionsRecordToolCall, {
      id,
      name: 'bash',
      input,
      output: { code: 1 },
      isError: true,
      durationMs: 5,
    });
    await call(history.sessionsRecordLearning, { id, insight: 'It rains' });
    await call(history.sessionsAddEvent, { id, type: 'custom.type', data: { x: 1 } });
    await call(history.sessionsAddEvent, { id, type: 'error', data: { anything: true } });
    await call(lifecycle.sessionsEndIteration, { id, outcome: 'ok' });
    await call(lifecycle.sessionsPause, { id, reason: 'lunch' });
    await call(lifecycle.sessionsComplete, { id, result: 'Done' });
    const { items, ...page } = await call(transcriptsPage, { ref: `lockstep:${id}` });
    assert.deepEqual(page, { start: 1, end: 11, atStart: true, atEnd: true, size: 11, generation: id });
    assert.deepEqual(
      items.map(({ timestamp: _, id: __, ...item }) => item),
      [
        { position: 1, kind: 'lifecycle', event: 'start', text: 'Fix the tests' },
        { position: 2, kind: 'iteration', phase: 'begin', number: 1 },
        {
          position: 3,
          kind: 'message',
          role: 'assistant',
          text: 'Hello',
          tokens: { input: 3, output: 4, cacheRead: 0, cacheWrite: 0, total: 7 },
          model: 'some-model',
          costUsd: 0.1,
        },
        {
          position: 4,
          kind: 'tool_call',
          name: 'bash',
          input,
          result: { output: '{\n  "code": 1\n}', isError: true, durationMs: 5 },
        },
        { position: 5, kind: 'learning', insight: 'It rains' },
        { position: 6, kind: 'other', type: 'custom.type', data: { x: 1 } },
        { position: 7, kind: 'lifecycle', event: 'error', text: '{"anything":true}' },
        { position: 8, kind: 'iteration', phase: 'end', number: 1, text: 'ok' },
        { position: 9, kind: 'lifecycle', event: 'pause', text: 'lunch' },
        { position: 10, kind: 'lifecycle', event: 'complete', text: 'Done' },
      ],
    );
  });

  it('are paged from any point in both directions, each event once', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, start);
    for (let index = 0; index < 24; index++)
      await call(history.sessionsAddEvent, { id, type: 'note', data: { index } });
    const ref = `lockstep:${id}`;
    const all = Array.from({ length: 25 }, (_, index) => index + 1);
    for (const limit of [1, 3, 7, 25, 1000]) {
      const forward: number[] = [];
      for (let from = 0, more = true; more;) {
        const page = await call(transcriptsPage, { ref, from, limit });
        forward.push(...page.items.map(({ position }) => position));
        more = !page.atEnd;
        from = page.end;
      }
      assert.deepEqual(forward, all);
      const backward: number[] = [];
      for (let before: number | undefined, more = true; more;) {
        const page = await call(transcriptsPage, { ref, limit, ...(before === undefined ? {} : { before }) });
        backward.unshift(...page.items.map(({ position }) => position));
        more = !page.atStart;
        before = page.start;
      }
      assert.deepEqual(backward, all);
    }
    const beyond = await call(transcriptsPage, { ref, from: 100 });
    assert.deepEqual([beyond.items, beyond.start, beyond.end, beyond.atEnd], [[], 26, 26, true]);
    const other = await call(transcriptsPage, {
      ref,
      from: 3,
      limit: 2,
      generation: 'of another transcript',
    });
    assert.deepEqual([other.end, other.generation], [26, id], 'the end, under the generation that holds');
  });

  it('are of sessions that exist, of origins that are known', async (t) => {
    const call = await caller(t);
    for (const ref of [
      'lockstep:no-such',
      'nobody:x',
      'x',
      ':',
      'pi:../../etc/passwd',
      'claude-code:/etc/passwd',
    ]) {
      await assert.rejects(call(transcriptsPage, { ref }), { code: 'SESSION_NOT_FOUND' });
    }
    await assert.rejects(call(transcriptsPage, { ref: 'x', from: 1, before: 2 }), { code: 'INVALID_PARAMS' });
  });
});

describe('source methods', () => {
  it('tell where each agent keeps its sessions, and list those that were asked for', async (t) => {
    const call = await caller(t);
    const { sources } = await call(sourcesList, {});
    assert.deepEqual(
      sources.map(({ kind, found }) => [kind, found]),
      [
        ['openclaw', false],
        ['claude-code', false],
        ['pi', false],
      ],
    );
    assert.deepEqual(await call(sourcesSessions, { kinds: ['pi'] }), {
      sessions: [],
      totals: { pi: 0 },
      problems: [],
    });
  });
});
