import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import type { ResultOf } from '../../../server/protocol/method.ts';
import * as history from '../../../server/protocol/sessionHistoryMethods.ts';
import * as lifecycle from '../../../server/protocol/sessionLifecycleMethods.ts';
import {
  transcriptsExport,
  transcriptsFind,
  transcriptsOutline,
  transcriptsPage,
  transcriptsText,
} from '../../../server/protocol/transcriptMethods.ts';
import { jsonLines } from '../sources/files.ts';
import { caller } from './caller.ts';
import { REF, answered, called, findAll, said, withSession } from './transcriptSession.ts';

describe('a page of a transcript', () => {
  it('gives the items of some kinds, and leads on where it has none of them', async (t) => {
    const lines = Array.from({ length: 6 }, (_, index) => said(`m${index}`));
    const { call } = await withSession(t, [...lines, called('t', { command: 'ls' })]);
    const page = await call(transcriptsPage, { ref: REF, from: 0, limit: 4, kinds: ['tool_call'] });
    assert.deepEqual([page.items, page.start, page.atEnd], [[], 0, false]);
    const next = await call(transcriptsPage, { ref: REF, from: page.end, limit: 4, kinds: ['tool_call'] });
    assert.deepEqual(
      next.items.map(({ kind }) => kind),
      ['tool_call'],
    );
    assert.deepEqual([next.atEnd, next.end, page.size], [true, next.size, next.size]);
  });

  it('cuts long texts, and each can be read as a whole', async (t) => {
    const text = `${'🎉'.repeat(60)}ü`;
    const command = 'echo '.repeat(50);
    const output = 'o'.repeat(1024 * 1024);
    const data = { type: 'x-unknown', uuid: 'x', list: Array.from({ length: 100 }, (_, index) => index) };
    const { call } = await withSession(t, [
      said(text, 'm'),
      called('t', { command }),
      said('between'),
      answered('t', output),
      data,
    ]);
    const { items, generation } = await call(transcriptsPage, { ref: REF, maxText: 101 });
    const [message, between, other] = [items[0], items[2], items[3]];
    assert.equal(
      message?.kind === 'message' && message.text,
      '🎉'.repeat(50),
      'no half of a character is left',
    );
    assert.equal(between?.cut, undefined);
    const tool = items[1];
    assert.ok(tool?.kind === 'tool_call' && other?.kind === 'other');
    assert.equal(tool.result?.output, 'o'.repeat(101));
    assert.equal(tool.result.outputCut?.id, 'result t:0', 'the whole is in the record of the result');
    assert.equal(tool.result.outputCut.characters, output.length);
    const whole = async (cut: typeof tool.cut) => {
      assert.ok(cut);
      const { characters, ...place } = cut;
      const answer = await call(transcriptsText, { ref: REF, ...place, generation });
      assert.equal(answer.text.length, characters);
      return answer.text;
    };
    assert.equal(await whole(message?.cut), text);
    assert.equal(await whole(tool.cut), JSON.stringify({ command }));
    assert.equal(await whole(tool.result.outputCut), output);
    assert.equal(await whole(other.cut), JSON.stringify(data));
  });

  it('gives the whole of an item that was written again from where it was written last', async (t) => {
    const { call } = await withSession(t, [
      said('a'.repeat(200), 'm'),
      said('between'),
      said('b'.repeat(300), 'm'),
    ]);
    const { items } = await call(transcriptsPage, { ref: REF, maxText: 100 });
    assert.deepEqual([items.length, items[0]?.position, items[0]?.cut?.characters], [2, 0, 300]);
    const { position = 0, id = '', part = 'text' } = items[0]?.cut ?? {};
    assert.equal((await call(transcriptsText, { ref: REF, position, id, part })).text, 'b'.repeat(300));
  });
});

describe('kinds', () => {
  it('give a result of a call that is elsewhere with calls, in a page and in an export', async (t) => {
    const { call } = await withSession(t, [called('t', { command: 'ls' }), answered('t', 'the output')]);
    const kinds = ['tool_call' as const];
    const first = await call(transcriptsPage, { ref: REF, from: 0, limit: 1, kinds });
    const second = await call(transcriptsPage, { ref: REF, from: first.end, limit: 1, kinds });
    assert.deepEqual(
      [first, second].map(({ items }) => items.map(({ kind }) => kind)),
      [['tool_call'], ['tool_result']],
    );
    const { content } = await call(transcriptsExport, { ref: REF, from: first.end, kinds });
    assert.match(content, /Result of the tool call t\n\n```\nthe output/);
  });
});

describe('the whole of a text', () => {
  it('is refused where the transcript holds no such text any more, with what to do', async (t) => {
    const { call, file } = await withSession(t, [said('one')]);
    const { generation } = await call(transcriptsPage, { ref: REF });
    const place = { ref: REF, position: 0, id: 'one:0', part: 'text' as const };
    assert.deepEqual(await call(transcriptsText, { ...place, generation }), { text: 'one' });
    const changed = { code: 'INVALID_PARAMS', message: /Read the page again/ };
    for (const wrong of [{ id: 'two:0' }, { part: 'output' as const }, { position: 1 }, { position: 99_999 }])
      await assert.rejects(call(transcriptsText, { ...place, ...wrong }), changed);
    await writeFile(`${file}.new`, jsonLines([said('other', 'one')]));
    await rename(`${file}.new`, file);
    await assert.rejects(call(transcriptsText, { ...place, generation }), changed);
  });
});

describe('the outline', () => {
  it('has what the person said, as lines', async (t) => {
    const { call } = await withSession(t, [
      said('Fix\n  the tests', 'a', { timestamp: '2026-09-01T12:00:00.000Z' }),
      called('t', { command: 'ls' }),
      answered('t', 'user'),
      said('<command-name>/clear</command-name>', 'b'),
      said('x'.repeat(500), 'c'),
    ]);
    const { entries, next } = await call(transcriptsOutline, { ref: REF });
    assert.deepEqual(entries.slice(0, 1), [
      {
        id: 'a:0',
        position: 0,
        kind: 'prompt',
        text: 'Fix the tests',
        timestamp: '2026-09-01T12:00:00.000Z',
      },
    ]);
    assert.deepEqual([entries.length, entries[1]?.text.length, next], [2, 200, undefined]);
  });
});

describe('the outline of pictures', () => {
  it('has words for what a person said in pictures alone', async (t) => {
    const picture = { type: 'image', source: { type: 'base64', data: 'iVBORw0KGgo=' } };
    const lines = [[picture], [picture, picture]].map((content, index) => ({
      type: 'user',
      uuid: `u${index}`,
      message: { role: 'user', content },
    }));
    const { call } = await withSession(t, lines);
    const { entries } = await call(transcriptsOutline, { ref: REF });
    assert.deepEqual(
      entries.map(({ text }) => text),
      ['[1 picture]', '[2 pictures]'],
    );
  });
});

describe('a session of Lockstep', () => {
  async function ownSession(t: TestContext, iterations: number) {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, {
      task: 'Fix the tests',
      mode: 'developer',
      maxIterations: 900,
    });
    for (let index = 1; index <= iterations; index++) {
      await call(lifecycle.sessionsIterate, { id });
      await call(history.sessionsAddMessage, { id, role: 'user', content: `Question ${index}` });
      const call1 = { name: 'bash', input: { command: 'ls' }, output: `needle ${index}` };
      await call(history.sessionsRecordToolCall, { id, ...call1 });
      await call(lifecycle.sessionsEndIteration, { id });
    }
    return { call, ref: `lockstep:${id}` };
  }

  it('is gone through like any other', async (t) => {
    const { call, ref } = await ownSession(t, 100);
    const page = await call(transcriptsPage, { ref });
    assert.deepEqual([page.size, page.end], [402, 402]);
    const one = await findAll(call, ref, 'Needle 77');
    assert.deepEqual(one.hits, [{ id: '308', position: 308, part: 'output', count: 1 }]);
    assert.equal((await findAll(call, ref, 'needle')).hits.length, 100);
    const { entries } = await call(transcriptsOutline, { ref, from: 202 });
    assert.deepEqual(
      entries.slice(0, 2).map(({ kind, number, text }) => [kind, number, text]),
      [
        ['iteration', 51, ''],
        ['prompt', undefined, 'Question 51'],
      ],
    );
    const anew = await call(transcriptsFind, { ref, text: 'needle', from: 300, generation: 'another' });
    assert.deepEqual([anew.start, anew.hits.length], [0, 100]);
    assert.equal(
      (await call(transcriptsText, { ref, position: 4, id: '4', part: 'output' })).text,
      'needle 1',
    );
  });

  it('numbers its iterations alike, wherever a part begins', async (t) => {
    const { call, ref } = await ownSession(t, 5);
    const whole = (await call(transcriptsOutline, { ref })).entries;
    for (const from of [1, 2, 3, 9, 10, 22, 4]) {
      const { entries } = await call(transcriptsOutline, { ref, from });
      assert.deepEqual(
        entries,
        whole.filter(({ position }) => position >= from),
      );
    }
  });
});

describe('an export', () => {
  it('begins with a heading, and its parts are the whole', async (t) => {
    const lines = Array.from({ length: 30 }, (_, index) =>
      said(`Message ${index} ${'x'.repeat(100_000)}`, `u${index}`),
    );
    const { call } = await withSession(t, lines);
    let content = '';
    let parts = 0;
    for (let from: number | undefined = 0; from !== undefined; parts += 1) {
      const part: ResultOf<typeof transcriptsExport> = await call(transcriptsExport, { ref: REF, from });
      content += part.content;
      from = part.next;
    }
    assert.ok(parts > 1, `${parts} parts`);
    assert.ok(content.startsWith('# claude-code:p/s.jsonl\n\n### User'), content.slice(0, 60));
    assert.deepEqual(
      [...content.matchAll(/^Message (\d+)/gm)].map(([, index]) => Number(index)),
      [...lines.keys()],
    );
  });

  it('holds the chosen kinds alone, under the head of a session of Lockstep', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, { task: 'Fix the tests', mode: 'developer' });
    await call(history.sessionsAddMessage, { id, role: 'user', content: 'Hello' });
    const { content, next } = await call(transcriptsExport, { ref: `lockstep:${id}`, kinds: ['message'] });
    assert.match(content, /^# Fix the tests\n[^]*- Status: active[^]*### User[^\n]*\n\nHello\n$/);
    assert.doesNotMatch(content, /### Started/);
    assert.equal(next, undefined);
  });
});
