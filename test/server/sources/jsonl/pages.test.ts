import assert from 'node:assert/strict';
import { appendFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { MAX_PAGE_BYTES } from '../../../../server/sources/jsonl/linePage.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { writeLines } from '../files.ts';
import { countingOpen } from './countingOpen.ts';
import { claudeSource, outline, pageOf, piSource, readBackward, readForward } from '../reading.ts';

const PATH = 'p/s.jsonl';

/** A source over one session of Claude Code that has this content. */
async function sessionOf(t: test.TestContext, content: string | Buffer | readonly unknown[]) {
  const folder = await tempFolder(t);
  const file = join(folder, 'projects', PATH);
  const isText = typeof content === 'string' || Buffer.isBuffer(content);
  await writeLines(file, isText ? [] : content);
  if (isText) await writeFile(file, content);
  return { file, source: claudeSource(folder) };
}

function said(text: string, uuid = text): object {
  return { type: 'user', uuid, message: { role: 'user', content: text } };
}

function line(text: string): string {
  return `${JSON.stringify(said(text))}\n`;
}

test('the end of a session is given where nothing is asked for', async (t) => {
  const { source } = await sessionOf(
    t,
    ['one', 'two', 'three'].map((text) => said(text)),
  );
  const page = await pageOf(source, PATH, { limit: 2 });
  assert.deepEqual(outline(page.items), ['user: two', 'user: three']);
  assert.deepEqual([page.atStart, page.atEnd], [false, true]);
  const earlier = await pageOf(source, PATH, { limit: 2, before: page.start });
  assert.deepEqual(outline(earlier.items), ['user: one']);
  assert.deepEqual([earlier.end, earlier.atStart, earlier.atEnd], [page.start, true, false]);
});

test('a position inside a line stands for the start of the next one', async (t) => {
  const { source } = await sessionOf(t, line('one') + line('two') + line('three'));
  const second = line('one').length;
  const third = second + line('two').length;
  const forward = await pageOf(source, PATH, { from: second + 1 });
  assert.deepEqual([forward.start, outline(forward.items)], [third, ['user: three']]);
  const backward = await pageOf(source, PATH, { before: second + 1 });
  assert.deepEqual([backward.end, outline(backward.items)], [third, ['user: one', 'user: two']]);
});

test('a position inside the line that is being written stands for where that line begins', async (t) => {
  const { file, source } = await sessionOf(t, line('one') + line('two').slice(0, -5));
  const end = line('one').length;
  const forward = await pageOf(source, PATH, { from: end + 3 });
  assert.deepEqual([forward.start, forward.end, forward.items, forward.atEnd], [end, end, [], true]);
  const backward = await pageOf(source, PATH, { before: end + 3 });
  assert.deepEqual([backward.end, outline(backward.items)], [end, ['user: one']]);
  await appendFile(file, line('two').slice(-5));
  const next = await pageOf(source, PATH, { from: forward.end, generation: forward.generation });
  assert.deepEqual(outline(next.items), ['user: two']);
});

test('a position beyond the end is answered with the end', async (t) => {
  const { source } = await sessionOf(t, line('one') + line('two'));
  for (const query of [{ from: 9_999 }, { before: 9_999 }]) {
    const page = await pageOf(source, PATH, { ...query, limit: 1 });
    assert.deepEqual(outline(page.items), ['user: two']);
    assert.equal(page.atEnd, true);
  }
});

test('an empty session has one empty page', async (t) => {
  const { source } = await sessionOf(t, '');
  const page = await pageOf(source, PATH);
  assert.deepEqual([page.items, page.start, page.end, page.atStart, page.atEnd], [[], 0, 0, true, true]);
});

test('who follows from the end gets exactly the lines that are appended, once they are whole', async (t) => {
  const { file, source } = await sessionOf(t, line('one'));
  let { end, generation, atEnd } = await pageOf(source, PATH);
  const next = async () => {
    const page = await pageOf(source, PATH, { from: end, generation });
    ({ end, generation, atEnd } = page);
    return outline(page.items);
  };
  const before = generation;
  assert.deepEqual(await next(), []);
  await appendFile(file, line('two') + line('three'));
  assert.deepEqual(await next(), ['user: two', 'user: three']);
  const bytes = Buffer.from(line('größer 漢字'));
  await appendFile(file, bytes.subarray(0, 58));
  assert.deepEqual([await next(), atEnd], [[], true]);
  await appendFile(file, bytes.subarray(58));
  assert.deepEqual(await next(), ['user: größer 漢字']);
  assert.deepEqual(await next(), []);
  assert.equal(generation, before);
});

test('a session that was cut shorter is given anew from its end, under another generation', async (t) => {
  const { file, source } = await sessionOf(t, line('one') + line('two') + line('three'));
  const first = await pageOf(source, PATH);
  await truncate(file, line('one').length);
  const cut = await pageOf(source, PATH, { from: first.end, generation: first.generation });
  assert.deepEqual(outline(cut.items), ['user: one']);
  assert.notEqual(cut.generation, first.generation);
  await appendFile(file, line('four'));
  const followed = await pageOf(source, PATH, { from: cut.end, generation: cut.generation });
  assert.deepEqual(outline(followed.items), ['user: four']);
  assert.equal(followed.generation, cut.generation);
});

test('a session whose file was replaced is given anew from its end, under another generation', async (t) => {
  const { file, source } = await sessionOf(t, line('one') + line('two'));
  const first = await pageOf(source, PATH);
  await writeFile(`${file}.new`, line('one') + line('other') + line('more'));
  await rename(`${file}.new`, file);
  const page = await pageOf(source, PATH, { from: first.end, limit: 2, generation: first.generation });
  assert.deepEqual(outline(page.items), ['user: other', 'user: more']);
  assert.notEqual(page.generation, first.generation);
});

test('a session that was rewritten in place to a newer version is given anew from its end', async (t) => {
  const folder = await tempFolder(t);
  const file = join(folder, 'sessions', PATH);
  const entry = { type: 'message', message: { role: 'user', content: 'hello' } };
  await writeLines(file, [{ type: 'session', id: 's', cwd: '/' }, entry]);
  const first = await pageOf(piSource(folder), PATH);
  await writeLines(file, [
    { type: 'session', version: 3, id: 's', cwd: '/' },
    { ...entry, id: 'a', parentId: null },
  ]);
  const page = await pageOf(piSource(folder), PATH, { from: first.end, generation: first.generation });
  assert.deepEqual(outline(page.items), ['other session', 'user: hello']);
  assert.notEqual(page.generation, first.generation);
});

test('only a line feed ends a line, with or without a carriage return before it', async (t) => {
  const { source } = await sessionOf(t, `${line('a\u2028b').trimEnd()}\r\n\r\n  \n${line('c')}`);
  assert.deepEqual(outline((await pageOf(source, PATH)).items), ['user: a\u2028b', 'user: c']);
});

test('a byte order mark at the start and bytes that are not UTF-8 do no harm', async (t) => {
  const { source } = await sessionOf(
    t,
    Buffer.concat([
      Buffer.from('\uFEFF'),
      Buffer.from(line('one')),
      Buffer.from(line('xy').replaceAll('xy', '\\u0000 y')),
      Buffer.from([0, 0, 0, 0x0a]),
      Buffer.from('{"type":"user","message":{"content":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}}\n'),
    ]),
  );
  assert.deepEqual(outline((await pageOf(source, PATH)).items), [
    'user: one',
    'user: \0 y',
    'warning at line 3: This line is not JSON: it has no readable text.',
    'user: ��',
  ]);
});

test('a line of many megabytes is a note with its size, from both sides, and the rest is read', async (t) => {
  const { source } = await sessionOf(
    t,
    line('one') + `${JSON.stringify(said('x'.repeat(9 * 1024 * 1024), 'u'))}\n` + line('two'),
  );
  const expected = ['user: one', 'warning at line 2: This line is too long to show (9.0 MiB).', 'user: two'];
  assert.deepEqual(outline(await readForward(source, PATH, 1)), expected);
  assert.deepEqual(outline(await readBackward(source, PATH, 1)), expected);
  assert.deepEqual(outline(await readForward(source, PATH, 1000)), expected);
  assert.deepEqual(outline(await readBackward(source, PATH, 1000)), expected);
});

test('a page ends before it gets larger than four megabytes, from both sides', async (t) => {
  const texts = Array.from({ length: 70 }, (_, index) => String(index % 10).repeat(150_000));
  const { source } = await sessionOf(
    t,
    texts.map((text, index) => said(text, `u${index}`)),
  );
  const first = await pageOf(source, PATH, { from: 0 });
  const last = await pageOf(source, PATH);
  for (const { items, start, end } of [first, last]) {
    assert.ok(end - start <= MAX_PAGE_BYTES, `${end - start} bytes`);
    assert.equal(items.length, 27, 'and holds all that fit');
  }
  assert.deepEqual([first.atEnd, last.atStart, last.atEnd], [false, false, true]);
  assert.deepEqual(await readForward(source, PATH, 1000), await readBackward(source, PATH, 1000));
});

test('a page from anywhere in a large session reads what is on it, and little around it', async (t) => {
  const folder = await tempFolder(t);
  const lines = Array.from({ length: 40_000 }, (_, index) => said('x'.repeat(1000), `u${index}`));
  const file = await writeLines(join(folder, 'projects', PATH), lines);
  const { size } = await pageOf(claudeSource(folder), PATH, { limit: 1 });
  const middle = Math.floor(size / 2);
  for (const query of [{}, { from: middle }, { before: middle }, { from: size - 5000 }, { before: 5000 }]) {
    const { open, bytes } = countingOpen();
    const page = await pageOf(claudeSource(folder, { open }), PATH, { ...query, limit: 200 });
    const read = bytes.get(file) ?? 0;
    assert.ok(page.items.length > 0);
    // What is on it may be read twice, backward and forward; and chunks, of which one has a part only.
    assert.ok(read < 2 * (page.end - page.start) + 1024 * 1024, `${read} bytes for ${page.end - page.start}`);
    assert.equal(page.size, size);
  }
});

test('a value nested deeper than anything could show is a note', async (t) => {
  const deep = (depth: number) => `{"type":"x","data":${'['.repeat(depth)}${']'.repeat(depth)}}\n`;
  const { source } = await sessionOf(t, deep(50) + deep(100_000) + line('one'));
  assert.deepEqual(outline((await pageOf(source, PATH)).items), [
    'other x',
    'warning at line 2: This line is nested too deeply to show: {"type":"…',
    'user: one',
  ]);
});

const anyLine = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'binary', maxLength: 400 }).map((text) => ({ text })) },
  { weight: 1, arbitrary: fc.constant({ text: 'ü漢🎉'.repeat(40_000) }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ raw: '' }, { raw: '  ' }, { raw: '{"type":"user"' }, { raw: '"é"' }),
  },
);

const anyFile = fc.record({
  lines: fc.array(anyLine, { maxLength: 40 }),
  lineEnd: fc.constantFrom('\n', '\r\n'),
  pending: fc.constantFrom('', '{"type":"us', '漢'),
});

test('pages from the beginning and pages from the end give the same items in the same order', async (t) => {
  const { file, source } = await sessionOf(t, '');
  const property = fc.asyncProperty(anyFile, fc.integer({ min: 1, max: 9 }), async (content, limit) => {
    const lines = content.lines.map((each, index) =>
      'raw' in each ? each.raw : JSON.stringify(said(each.text, `u${index}`)),
    );
    await writeFile(file, lines.map((each) => each + content.lineEnd).join('') + content.pending);
    const whole = (await pageOf(source, PATH, { from: 0, limit: 1000 })).items;
    assert.deepEqual(await readForward(source, PATH, limit), whole);
    assert.deepEqual(await readBackward(source, PATH, limit), whole);
    const shown = lines.filter((each) => each.trim() !== '');
    const positions = new Set(whole.map(({ position }) => position));
    const silent = content.lines.filter((each) => 'text' in each && each.text.trim() === '').length;
    assert.equal(positions.size, shown.length - silent);
  });
  await fc.assert(property, { numRuns: 60 });
});
