import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TranscriptItem } from '../../../../server/protocol/transcript.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { writeLines } from '../files.ts';
import { claudeSource, FIXTURES, outline, pageOf } from '../reading.ts';

const SHOP = '-home-dev-projects-shop';
const WEATHER = '-home-dev-projects-weather-api';
const fixtures = claudeSource(join(FIXTURES, 'claude-code'));

/** The items of a session that has these lines. */
async function itemsOf(t: test.TestContext, lines: readonly unknown[]): Promise<TranscriptItem[]> {
  const folder = await tempFolder(t);
  await writeLines(join(folder, 'projects/p/s.jsonl'), lines);
  return (await pageOf(claudeSource(folder), 'p/s.jsonl')).items;
}

function userLine(content: unknown, more: object = {}): object {
  return { type: 'user', uuid: 'u1', message: { role: 'user', content }, ...more };
}

function assistantLine(uuid: string, id: string, block: object, usage?: object): object {
  const message = { id, role: 'assistant', model: 'claude-sonnet-4-5', content: [block], usage };
  return { type: 'assistant', uuid, message };
}

test('a session reads as what was said, with each tool result in its call', async () => {
  const page = await pageOf(fixtures, `${SHOP}/5d0c3f52-8a4e-4b53-9d27-61f0c2a7e913.jsonl`);
  assert.deepEqual(outline(page.items), [
    'other queue-operation',
    'other file-history-snapshot',
    'user, injected: <system-reminder>',
    'user: Add a field for discount codes to the checkout. A…',
    'thinking: The discount must not touch shipping, so I need t…',
    "assistant: I'll look at how the checkout computes its totals…",
    "Read ->      1→import { totals } from './totals';",
    'assistant: Percentages bring rounding with them. Let me have…',
    'Task -> Prices are integers in cents throughout. The only…',
    'assistant: Prices are whole cents, so I round the reduction …',
    'Edit -> The file /home/dev/projects/shop/src/checkout/tot…',
    'Bash -> error FAIL src/checkout/totals.test.ts',
    'thinking: Expected 490 (shipping), got -2009: the reduction…',
    'assistant: The test data has a code worth 200 %. I cap it wh…',
    'Edit -> The file /home/dev/projects/shop/src/checkout/dis…',
    'Bash -> PASS src/checkout/totals.test.ts',
    'assistant: The checkout now takes discount codes:',
    'user, 1 image: Nice. Here is the design for the message, please …',
    'assistant: Done: the message uses `--color-danger` for its t…',
    'other custom-title',
  ]);
  assert.equal(page.start, 0);
  assert.equal(page.atStart && page.atEnd, true);
});

test('compactions, summaries, damaged lines and commands are told apart', async () => {
  const page = await pageOf(fixtures, `${SHOP}/c81d6f0a-2f39-4a6c-b1de-0b7d55e2a4f8.jsonl`);
  assert.deepEqual(outline(page.items), [
    'summary: Fix flaky cart merge test',
    'summary: Wishlist import from CSV',
    'user, injected: /review test/cart',
    'user, injected: Please review the files in test/cart and report r…',
    'assistant: `cart.merge.test.ts` depends on the clock: it com…',
    'user: That one fails about once in twenty runs in CI. F…',
    'thinking: Once in twenty means forty runs should show it at…',
    'assistant: Let me make it fail here first.',
    'Bash -> failed in run 7',
    'Read ->      1→/** The newer cart wins, line by line. */',
    'other system/stop_hook_summary',
    'compaction of 155408 tokens: Conversation compacted',
    'summary: This session is being continued from a previous c…',
    'thinking: A tie has to be decided by something stable: the …',
    'assistant: Two carts can share a millisecond, and then the o…',
    'warning at line 18: This line is not JSON: {"parentUuid":"5b1e2c34-0d…',
    'Edit -> The file /home/dev/projects/shop/src/cart/merge.t…',
    'assistant: Now two hundred runs, to be sure.',
    'Bash -> …',
  ]);
  assert.equal(page.atEnd, true, 'the half-written last line is not there yet');
});

test('errors of the provider, hidden thoughts, interruptions and unknown types are shown as what they are', async () => {
  const page = await pageOf(fixtures, `${WEATHER}/e2a94d17-63bb-4f0e-8c35-7d19f4b0c652.jsonl`);
  assert.deepEqual(outline(page.items), [
    'user, injected: <system-reminder>Today is Tuesday.</system-remind…',
    'user: Cache the forecast responses for ten minutes, per…',
    'assistant: A small cache with a clock that tests can set:',
    'Write -> File created successfully at: /home/dev/projects/…',
    'warning: API Error: 529 Overloaded. Please try again.',
    'user: go on',
    'other hidden thinking',
    'assistant: Going on with the route.',
    'user, injected: [Request interrupted by user]',
    'other telemetry-flush',
  ]);
});

test('the usage that all lines of an answer repeat is shown once, with its last text', async (t) => {
  const usage = {
    input_tokens: 7,
    output_tokens: 20,
    cache_read_input_tokens: 300,
    cache_creation_input_tokens: 1,
  };
  const items = await itemsOf(t, [
    assistantLine('a', 'msg_1', { type: 'text', text: 'first' }, usage),
    assistantLine('b', 'msg_1', { type: 'text', text: 'second' }, usage),
    assistantLine('c', 'msg_1', { type: 'tool_use', id: 't', name: 'Bash', input: {} }, usage),
    assistantLine('d', 'msg_2', { type: 'text', text: 'third' }, usage),
  ]);
  const tokens = items.map((item) => (item.kind === 'message' ? item.tokens?.total : undefined));
  assert.deepEqual(tokens, [undefined, 328, undefined, 328]);
});

test('a tool result keeps its duration, its error and the place of its pictures', async (t) => {
  const content = [
    { type: 'text', text: 'two rows' },
    { type: 'image', source: { type: 'base64', data: 'AAAA' } },
  ];
  const items = await itemsOf(t, [
    userLine([{ type: 'tool_result', tool_use_id: 't', content, is_error: true }], {
      toolUseResult: { durationMs: 1203 },
    }),
  ]);
  assert.deepEqual(items, [
    {
      id: 'u1:0',
      position: 0,
      kind: 'tool_result',
      callId: 't',
      result: {
        output: 'two rows',
        isError: true,
        durationMs: 1203,
        images: [{ position: 0, index: 0 }],
      },
    },
  ]);
});

test('a command that failed keeps the exit code that its output begins with, and no other text gives one', async (t) => {
  const result = (content: unknown, isError: boolean) =>
    userLine([{ type: 'tool_result', tool_use_id: 't', content, is_error: isError }], {
      uuid: JSON.stringify([content, isError]),
      toolUseResult: 7,
    });
  const items = await itemsOf(t, [
    result('Exit code 2\nno such file', true),
    result([{ type: 'text', text: 'Error: Exit code 127' }], true),
    result('Exit code 2\nwas all it printed', false),
    result('Exit code 12345678901', true),
    result('Exit code 3rd', true),
    result('see: Exit code 4', true),
  ]);
  const codes = items.map((item) => item.kind === 'tool_result' && item.result.exitCode);
  assert.deepEqual(codes, [2, 127, undefined, undefined, undefined, undefined]);
});

test('nothing that a message holds is dropped', async (t) => {
  const items = await itemsOf(t, [
    userLine(['only text', { type: 'document', source: { data: 'JVBERi0=' } }, { type: 'image' }]),
    userLine([{ type: 'search_result', title: 'x' }], { uuid: '' }),
    userLine('no id either', { uuid: '' }),
    userLine('nor here', { uuid: undefined }),
  ]);
  assert.deepEqual(outline(items), [
    'other unknown',
    'other document',
    'user, 1 image: ',
    'other search_result',
    'user: no id either',
    'user: nor here',
  ]);
  const document = items.find((item) => item.kind === 'other' && item.type === 'document');
  assert.doesNotMatch(JSON.stringify(document), /JVBERi0/, 'bytes of documents are of no use to a reader');
});

test('what the program says is a message where it has words, and shown as it is where it has none', async (t) => {
  const system = (subtype: string, more: object) => ({ type: 'system', uuid: subtype, subtype, ...more });
  const items = await itemsOf(t, [
    system('informational', { content: 'Switched to another model.' }),
    system('local_command', { content: '<command-name>/cost</command-name>' }),
    system('stop_hook_summary', { content: 'two hooks ran' }),
    system('turn_duration', { durationMs: 1200 }),
  ]);
  assert.deepEqual(outline(items), [
    'system: Switched to another model.',
    'system, injected: /cost',
    'other system/stop_hook_summary',
    'other system/turn_duration',
  ]);
});

test('a message of very many parts is cut, and says so', async (t) => {
  const items = await itemsOf(t, [userLine(Array.from({ length: 5000 }, () => 1))]);
  assert.equal(items.length, 1001);
  assert.deepEqual(outline(items.slice(-1)), ['warning: 4000 more parts of this message are not shown.']);
});

test('reminders around a text are parted from it, however many there are', async (t) => {
  const reminder = '<system-reminder>r</system-reminder>';
  const many = reminder.repeat(20_000);
  const items = await itemsOf(t, [
    userLine(`${many}\n\nfix the build\n${many}`, { uuid: 'a' }),
    userLine('<system-reminder>'.repeat(20_000), { uuid: 'b' }),
    userLine('<local-command-stdout>done</local-command-stdout>', { uuid: 'c' }),
    userLine('<bash-input>ls</bash-input>', { uuid: 'd' }),
    userLine('what does <system-reminder> mean?', { uuid: 'e' }),
  ]);
  const texts = items.map((item) => (item.kind === 'message' ? [item.injected === true, item.text] : []));
  assert.deepEqual(texts, [
    [true, many],
    [false, 'fix the build'],
    [true, many],
    [true, '<system-reminder>'.repeat(20_000)],
    [true, 'done'],
    [true, '! ls'],
    [false, 'what does <system-reminder> mean?'],
  ]);
});

test('a line whose known type lacks its content is damaged, and an unknown type is not', async (t) => {
  const items = await itemsOf(t, [
    { type: 'user', uuid: 'a', message: 'error' },
    { type: 'assistant', uuid: 'b', message: { contenst: [] } },
    { type: 'newer-than-we-are', message: 7 },
    { silly: 'this' },
    '42',
    '[1]',
  ]);
  assert.deepEqual(outline(items), [
    'warning at line 1: This line is not a record of a session: {"type":"…',
    'warning at line 2: This line is not a record of a session: {"type":"…',
    'other newer-than-we-are',
    'warning at line 4: This line is not a record of a session: {"silly":…',
    'warning at line 5: This line is not a record of a session: 42',
    'warning at line 6: This line is not a record of a session: [1]',
  ]);
});
