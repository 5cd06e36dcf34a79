import assert from 'node:assert/strict';
import { appendFile, rename, truncate, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { transcriptsFind, transcriptsPage } from '../../../server/protocol/transcriptMethods.ts';
import { jsonLines } from '../sources/files.ts';
import { REF, answered, called, findAll, said, withSession } from './transcriptSession.ts';

describe('find', () => {
  it('counts in each part of what a person reads, whatever the case', async (t) => {
    const { call } = await withSession(t, [
      said('Needle, needle and NEEDLE'),
      called('t', { command: 'grep needle', needle: 'a key is no text' }),
      answered('t', 'a "needle"\nin needles'),
      answered('earlier', 'needle'),
      { type: 'needle', uuid: 'x', needle: [{ a: 'needle' }] },
      said('none'),
    ]);
    const { hits, last } = await findAll(call, REF, 'needLE');
    assert.deepEqual(
      hits.map(({ position: _, ...hit }) => hit),
      [
        { id: 'Needle, needle and NEEDLE:0', part: 'text', count: 3 },
        { id: 'call t:0', part: 'input', count: 1 },
        { id: 'result t:0', callId: 't', part: 'output', count: 2 },
        { id: 'result earlier:0', callId: 'earlier', part: 'output', count: 1 },
        { id: 'x', part: 'data', count: 4 },
      ],
    );
    assert.deepEqual([last?.start, last?.next], [0, undefined]);
    const some = await call(transcriptsFind, { ref: REF, text: 'needle', kinds: ['tool_call'] });
    assert.deepEqual(
      some.hits.map(({ part }) => part),
      ['input', 'output', 'output'],
      'results are shown in their calls',
    );
  });

  it('counts an item that was written again once, as it was written last', async (t) => {
    const { call } = await withSession(t, [said('needle needle', 'a'), said('between'), said('needle', 'a')]);
    assert.deepEqual((await findAll(call, REF, 'needle')).hits, [
      { id: 'a:0', position: 0, part: 'text', count: 1 },
    ]);
  });

  it('finds what the server says of a record in words of its own, a letter of it too', async (t) => {
    const parts = Array.from({ length: 2234 }, () => ({ type: 'text', text: 'x' }));
    const { call } = await withSession(t, [
      said('x'),
      { type: 'user', uuid: 'many', message: { content: parts } },
      { type: 'assistant', uuid: 'h', message: { content: [{ type: 'thinking', thinking: '' }] } },
      'broken {',
    ]);
    for (const [text, id] of [
      ['1234', 'many:more'],
      ['4 more PARTS', 'many:more'],
      ['hidden', 'h:0'],
      ['not json: broken', '@'],
    ] as const) {
      const { hits } = await findAll(call, REF, text);
      assert.deepEqual(
        hits.map((hit) => hit.id.startsWith(id)),
        [true],
        text,
      );
    }
  });

  it('finds across escapes, line ends and what a person would call the same letters', async (t) => {
    const { call } = await withSession(t, [
      '{"type":"user","uuid":"a","message":{"content":"\\u0043af\\u00e9 \\"quoted\\"\\nnext"}}\r',
      said('CAFÉ "QUOTED"\nNEXT'),
      said('ΟΔΟΣ'),
    ]);
    assert.equal((await findAll(call, REF, 'café "quoted"\nnext')).hits.length, 2);
    assert.equal((await findAll(call, REF, 'cafÉ')).hits.length, 2);
    assert.equal((await findAll(call, REF, 'οδος')).hits.length, 1);
  });

  it('goes through a large transcript in parts, and none is read twice or left out', async (t) => {
    const lines = Array.from({ length: 60 }, (_, index) =>
      said(
        `${index % 7 === 0 ? 'needle ' : ''}${'x'.repeat(index % 20 === 0 ? 1024 * 1024 : 50_000)}`,
        `u${index}`,
      ),
    );
    const { call } = await withSession(t, lines);
    const rare = await findAll(call, REF, 'needle');
    assert.deepEqual(
      rare.hits.map(({ id }) => id),
      [0, 7, 14, 21, 28, 35, 42, 49, 56].map((index) => `u${index}:0`),
    );
    assert.ok(rare.parts > 1, `${rare.parts} parts`);
    const common = await findAll(call, REF, 'xxxx');
    assert.equal(new Set(common.hits.map(({ id }) => id)).size, 60);
    assert.equal(common.hits.length, 60);
    const last = common.hits.at(-1);
    const there = await call(transcriptsPage, { ref: REF, from: last?.position ?? 0, limit: 1 });
    assert.equal(there.items[0]?.id, last?.id, 'a hit tells where to go');
  });

  it('waits for the end of a line that is being written, and goes on there', async (t) => {
    const { call, file } = await withSession(t, [said('one needle')]);
    const half = JSON.stringify(said('two needles'));
    await appendFile(file, half.slice(0, 30));
    const first = await call(transcriptsFind, { ref: REF, text: 'needle' });
    assert.deepEqual([first.hits.length, first.next], [1, undefined]);
    await appendFile(file, `${half.slice(30)}\n`);
    const { size: from, generation } = first;
    const second = await call(transcriptsFind, { ref: REF, text: 'needle', from, generation });
    assert.deepEqual(
      second.hits.map(({ id }) => id),
      ['two needles:0'],
    );
  });

  it('begins anew where it is told to go on beyond the end', async (t) => {
    const { call } = await withSession(t, [said('needle')]);
    const { start, hits } = await call(transcriptsFind, { ref: REF, text: 'needle', from: 99_999 });
    assert.deepEqual([start, hits.length], [0, 1]);
  });

  it('begins anew where the transcript was replaced or cut meanwhile', async (t) => {
    const { call, file } = await withSession(t, [said('needle'), said('more'), said('and more')]);
    const { generation, size: from } = await call(transcriptsFind, { ref: REF, text: 'needle' });
    await truncate(file, jsonLines([said('needle')]).length);
    const cut = await call(transcriptsFind, { ref: REF, text: 'needle', from, generation });
    assert.deepEqual([cut.start, cut.hits.length, cut.generation === generation], [0, 1, false]);
    await writeFile(`${file}.new`, jsonLines([said('a needle'), said('another needle')]));
    await rename(`${file}.new`, file);
    const again = await call(transcriptsFind, {
      ref: REF,
      text: 'needle',
      from: cut.size,
      generation: cut.generation,
    });
    assert.deepEqual([again.start, again.hits.length, again.generation === cut.generation], [0, 2, false]);
  });
});
