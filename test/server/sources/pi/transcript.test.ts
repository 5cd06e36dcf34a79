import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TranscriptItem } from '../../../../server/protocol/transcript.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { writeLines } from '../files.ts';
import { FIXTURES, listOf, outline, pageOf, pathOf, piSource } from '../reading.ts';

const fixtures = piSource(join(FIXTURES, 'pi'));

async function fixtureItems(title: string): Promise<TranscriptItem[]> {
  const session = (await listOf(fixtures)).sessions.find((candidate) => candidate.title === title);
  assert.ok(session, title);
  return (await pageOf(fixtures, pathOf(session))).items;
}

async function itemsOf(
  t: test.TestContext,
  lines: readonly unknown[],
  limit = 1000,
): Promise<TranscriptItem[]> {
  const folder = await tempFolder(t);
  await writeLines(join(folder, 'sessions/p/s.jsonl'), lines);
  return (await pageOf(piSource(folder), 'p/s.jsonl', { limit })).items;
}

test('a session of version 3 reads in the order of the file, branches and all', async () => {
  assert.deepEqual(outline(await fixtureItems('Faster product search')), [
    'other session',
    'model anthropic/claude-sonnet-4-5',
    'other thinking_level_change',
    'user: The product search is slow with many filters. Fin…',
    'thinking: Many filters usually means many joins; look at th…',
    'assistant: Let me find the query.',
    'bash -> src/search/query.ts:24:  SELECT p.* FROM products…',
    "read -> error ENOENT: no such file or directory, open 'src/sear…",
    'assistant: A typo of mine.',
    'read -> export function searchSql(filters: Filter[]) {',
    'assistant: Each filter adds a join over all attributes. Ther…',
    'user: Try the GROUP BY first.',
    'edit -> Successfully replaced 1 block in src/search/query…',
    'assistant: With ten filters it went from 2.9 s to 1.4 s: bet…',
    'info: Continues from an earlier entry',
    'summary: Tried GROUP BY … HAVING: 2.9 s to 1.4 s with ten …',
    'user: Then the index, please.',
    'model anthropic/claude-opus-4-5',
    'write -> Successfully wrote 79 bytes to migrations/0042_at…',
    'bash -> search with 10 filters   38 ms (was 2904 ms)',
    'compaction of 48211 tokens: Goal: make the product search fast. The index `at…',
    'user: Write that up for the changelog.',
    'assistant: > **Search:** filtering products by attributes us…',
    'other label',
    'other session_info',
  ]);
});

test('a session of version 1 reads though its entries have no ids', async () => {
  const items = await fixtureItems('Add a --dry-run flag to the stock import.');
  assert.deepEqual(outline(items), [
    'other session',
    'user: Add a --dry-run flag to the stock import.',
    'bash -> export-orders.ts',
    'model anthropic/claude-opus-4-5',
    'assistant: The import writes in one place, so one condition …',
    'edit -> Successfully replaced 1 block in scripts/import-s…',
    'compaction of 21044 tokens: Added --dry-run to scripts/import-stock.ts.',
    'assistant: `import-stock --dry-run` now prints what it would…',
  ]);
  assert.equal(new Set(items.map(({ id }) => id)).size, items.length);
});

test('a turn that failed without a word says why', async () => {
  assert.deepEqual(outline(await fixtureItems('Translate the alert texts to French.')).slice(-2), [
    'user: Translate the alert texts to French.',
    'warning: 429 rate limit reached, try again in 20 s',
  ]);
});

test('tokens and cost stand with the last text of an answer', async () => {
  const items = await fixtureItems('Faster product search');
  const answer = items.find((item) => item.kind === 'message' && item.text === 'Let me find the query.');
  assert.ok(answer?.kind === 'message');
  assert.equal(answer.model, 'claude-sonnet-4-5');
  assert.deepEqual(answer.tokens, { input: 15, output: 110, cacheRead: 2100, cacheWrite: 411, total: 2636 });
  assert.equal(answer.costUsd, 0.00386625);
});

test('where a person went back in the tree is said on every page, also on its first line', async (t) => {
  const entry = (id: string, parentId: string | null) => ({
    type: 'message',
    id,
    parentId,
    message: { role: 'user', content: id },
  });
  const lines = [
    { type: 'session', version: 3, id: 'header', cwd: '/' },
    entry('aaaaaaaa', null),
    entry('bbbbbbbb', 'aaaaaaaa'),
    entry('cccccccc', 'aaaaaaaa'),
    entry('dddddddd', null),
  ];
  assert.deepEqual(outline(await itemsOf(t, lines)), [
    'other session',
    'user: aaaaaaaa',
    'user: bbbbbbbb',
    'info: Continues from an earlier entry',
    'user: cccccccc',
    'info: Continues from the beginning of the session',
    'user: dddddddd',
  ]);
  assert.deepEqual(outline(await itemsOf(t, lines, 1)), [
    'info: Continues from the beginning of the session',
    'user: dddddddd',
  ]);
});

test('commands keep how they ended and how long they took, where it was recorded as it should be', async (t) => {
  const result = (toolName: string, text: string, more: object = {}) => ({
    type: 'message',
    message: { role: 'toolResult', toolCallId: 't', toolName, content: [{ type: 'text', text }], ...more },
  });
  const bash = (exitCode: unknown) => ({
    type: 'message',
    message: { role: 'bashExecution', command: 'x', output: '', exitCode },
  });
  const items = await itemsOf(t, [
    bash(3),
    bash(null),
    bash(1.5),
    result('bash', 'no\n\n\nCommand exited with code 2', { isError: true }),
    result('bash', 'Command exited with code 2\nas it printed', { isError: true }),
    result('bash', 'Command exited with code 2'),
    result('read', 'Command exited with code 2', { isError: true }),
    result('exec', 'done', { details: { exitCode: 0, durationMs: 1204.6 } }),
    result('exec', 'odd', { details: { exitCode: '1', durationMs: -4 } }),
    result('exec', 'odd', { details: [] }),
  ]);
  const ends = items.map((item) => {
    const of = item.kind === 'tool_call' || item.kind === 'tool_result' ? item.result : undefined;
    return [of?.exitCode, of?.durationMs];
  });
  const none = [undefined, undefined];
  assert.deepEqual(ends, [
    [3, undefined],
    none,
    none,
    [2, undefined],
    none,
    none,
    none,
    [0, 1204],
    none,
    none,
  ]);
});

test('roles and types that are not known are kept as they are', async (t) => {
  const message = (role: string, more: object = {}) => ({ type: 'message', message: { role, ...more } });
  const items = await itemsOf(t, [
    message('hookMessage', { customType: 'x', content: 'y' }),
    message('branchSummary', { summary: 'tried it' }),
    message('compactionSummary', { summary: 'all before', tokensBefore: 12 }),
    message('bashExecution', { command: 'false', output: '', exitCode: 1 }),
    message('assistant', { content: [], stopReason: 'aborted' }),
    message('toolResult', { toolName: 'no call id' }),
    { type: 'custom', customType: 'z', data: {} },
  ]);
  assert.deepEqual(outline(items), [
    'other message',
    'summary: tried it',
    'compaction of 12 tokens: all before',
    'bash -> error ',
    'info: The turn was aborted.',
    'warning at line 6: This line is not a record of a session: {"type":"…',
    'other custom',
  ]);
});
