import assert from 'node:assert/strict';
import { appendFile, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { LIST_READ_BYTES } from '../../../../server/sources/source.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { jsonLines, writeLines } from '../files.ts';
import { claudeSource, listOf, piSource } from '../reading.ts';
import { countingOpen } from './countingOpen.ts';

function said(text: string, timestamp: string): object {
  return { type: 'user', timestamp, message: { role: 'user', content: text } };
}

const FIVE_MEGABYTES = Array.from({ length: 5000 }, (_, index) =>
  said(index === 0 ? 'The first question' : 'x'.repeat(1000), new Date(index * 1000).toISOString()),
);

test('a list reads at most 64 KiB of a file, however large', async (t) => {
  const folder = await tempFolder(t);
  const claude = await writeLines(join(folder, 'projects/p/large.jsonl'), FIVE_MEGABYTES);
  const pi = await writeLines(join(folder, 'sessions/p/large.jsonl'), FIVE_MEGABYTES);
  for (const [path, sourceOf] of [[claude, claudeSource] as const, [pi, piSource] as const]) {
    const { open, bytes } = countingOpen();
    const { sessions } = await listOf(sourceOf(folder, { open }));
    assert.equal(bytes.get(path), LIST_READ_BYTES);
    assert.equal(sessions[0]?.partial, true);
    assert.equal(sessions[0].damagedLines, 0, 'a line that was cut in the middle is not a damaged one');
  }
});

test('the head gives the title and the beginning, the tail gives the end', async (t) => {
  const folder = await tempFolder(t);
  await writeLines(join(folder, 'projects/p/large.jsonl'), FIVE_MEGABYTES);
  const [session] = (await listOf(claudeSource(folder))).sessions;
  assert.equal(session?.title, 'The first question');
  assert.equal(session.createdAt, '1970-01-01T00:00:00.000Z');
  assert.equal(session.updatedAt, '1970-01-01T01:23:19.000Z');
  assert.equal(session.activity.state, 'open');
});

test('a last line that is larger than what a list reads leaves the state unjudged', async (t) => {
  const folder = await tempFolder(t);
  const answer = { type: 'assistant', message: { content: [{ type: 'text', text: 'y'.repeat(100_000) }] } };
  const path = await writeLines(join(folder, 'projects/p/s.jsonl'), [
    said('Why?', '2026-01-01T00:00:00Z'),
    answer,
  ]);
  await utimes(path, 1_767_400_000, 1_767_400_000);
  const [session] = (await listOf(claudeSource(folder))).sessions;
  assert.deepEqual(session?.activity, {
    state: 'idle',
    evidence: 'the last entry is too large for a list to read',
  });
  assert.equal(
    session.updatedAt,
    new Date(1_767_400_000_000).toISOString(),
    'the time that the file changed',
  );
});

test('a file is read again only after it changed', async (t) => {
  const folder = await tempFolder(t);
  const one = await writeLines(join(folder, 'projects/p/one.jsonl'), [said('One', '2026-01-01T00:00:00Z')]);
  const two = await writeLines(join(folder, 'projects/p/two.jsonl'), [said('Two', '2026-01-02T00:00:00Z')]);
  const { open, opened } = countingOpen();
  const source = claudeSource(folder, { open });
  await listOf(source);
  assert.deepEqual(opened.splice(0).sort(), [one, two]);
  assert.equal((await listOf(source)).sessions.length, 2);
  assert.deepEqual(opened, []);
  await appendFile(one, jsonLines([said('More', '2026-01-03T00:00:00Z')]));
  assert.equal((await listOf(source)).sessions[0]?.updatedAt, '2026-01-03T00:00:00.000Z');
  assert.deepEqual(opened.splice(0), [one]);
  await unlink(two);
  const { sessions, total } = await listOf(source);
  assert.deepEqual([sessions.map(({ title }) => title), total], [['One'], 1]);
});

test('a list opens no more files than it was asked for, the newest, and at most eight at once', async (t) => {
  const folder = await tempFolder(t);
  for (let index = 0; index < 30; index++) {
    const path = join(folder, `projects/p/${index}.jsonl`);
    await writeLines(path, [said(`Number ${index}`, new Date(index * 1000).toISOString())]);
    await utimes(path, index, index);
  }
  const few = countingOpen();
  const { sessions, total } = await listOf(claudeSource(folder, { open: few.open }), 3);
  assert.deepEqual(
    sessions.map(({ title }) => title),
    ['Number 29', 'Number 28', 'Number 27'],
  );
  assert.equal(total, 30);
  assert.equal(few.opened.length, 3);
  const all = countingOpen();
  await listOf(claudeSource(folder, { open: all.open }));
  assert.deepEqual([all.opened.length, all.mostAtOnce() <= 8], [30, true]);
});
