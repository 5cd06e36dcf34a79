import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SourceSession } from '../../../../server/protocol/sourceSession.ts';
import { claudeCodeConfigDir } from '../../../../server/sources/claudeCode/source.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { writeLines } from '../files.ts';
import { claudeSource, FIXTURES, listOf } from '../reading.ts';

const SHOP = '-home-dev-projects-shop';
const WEATHER = '-home-dev-projects-weather-api';
const DISCOUNTS = `claude-code:${SHOP}/5d0c3f52-8a4e-4b53-9d27-61f0c2a7e913`;

function user(content: unknown, more: object = {}): object {
  return { type: 'user', message: { role: 'user', content }, ...more };
}

function assistant(block: object, more: object = {}): object {
  return { type: 'assistant', message: { role: 'assistant', content: [block], ...more } };
}

/** The one session that has these lines. */
async function listed(t: test.TestContext, lines: readonly unknown[], name = 's'): Promise<SourceSession> {
  const folder = await tempFolder(t);
  await writeLines(join(folder, `projects/p/${name}.jsonl`), lines);
  const { sessions, problems } = await listOf(claudeSource(folder));
  assert.deepEqual(problems, []);
  assert.ok(sessions[0]);
  return sessions[0];
}

test('sessions are listed newest first, each with its sub-agents after it', async () => {
  const { sessions, total, problems } = await listOf(claudeSource(join(FIXTURES, 'claude-code')));
  assert.deepEqual(
    sessions.map(({ title, parentRef }) => (parentRef === undefined ? title : `  ${title}`)),
    [
      'Fix flaky cart merge test',
      'Discount codes at checkout',
      '  Find every place in src/ that rounds prices, and tell me which rounding each one uses.',
      'Cache the forecast responses for ten minutes, per city.',
      'Which endpoints have no rate limit?',
      '  List all endpoints and their middleware.',
    ],
  );
  assert.deepEqual([total, problems], [4, []]);
});

test('a row says all that the head and the tail of a file tell', async () => {
  const { sessions } = await listOf(claudeSource(join(FIXTURES, 'claude-code')));
  const session = sessions.find(({ ref }) => ref === `${DISCOUNTS}.jsonl`);
  assert.deepEqual(session, {
    ref: `${DISCOUNTS}.jsonl`,
    source: 'claude-code',
    id: '5d0c3f52-8a4e-4b53-9d27-61f0c2a7e913',
    path: join(FIXTURES, 'claude-code/projects', SHOP, '5d0c3f52-8a4e-4b53-9d27-61f0c2a7e913.jsonl'),
    title: 'Discount codes at checkout',
    cwd: '/home/dev/projects/shop',
    createdAt: '2026-03-11T09:14:02.463Z',
    updatedAt: '2026-03-11T09:18:07.087Z',
    sizeBytes: session?.sizeBytes,
    model: 'claude-sonnet-4-5-20250929',
    tokens: session?.tokens,
    partial: false,
    activity: { state: 'idle', evidence: 'the last turn is finished' },
    damagedLines: 0,
    resume: {
      program: 'claude',
      args: ['--resume', '5d0c3f52-8a4e-4b53-9d27-61f0c2a7e913'],
      cwd: '/home/dev/projects/shop',
    },
  });
});

test('sub-agents are found in the folder of their session, in its workflows, and beside it', async (t) => {
  const folder = await tempFolder(t);
  await cp(join(FIXTURES, 'claude-code'), folder, { recursive: true });
  const subagents = join(folder, 'projects', SHOP, '5d0c3f52-8a4e-4b53-9d27-61f0c2a7e913/subagents');
  await cp(join(subagents, 'agent-b7e41c9.jsonl'), join(subagents, 'workflows/w1/agent-77.jsonl'));
  const { sessions } = await listOf(claudeSource(folder));
  const children = sessions.filter(({ parentRef }) => parentRef !== undefined);
  assert.deepEqual(
    children.map(({ id, parentRef, resume }) => [id, parentRef, resume]),
    [
      ['b7e41c9', `${DISCOUNTS}.jsonl`, undefined],
      ['b7e41c9', `${DISCOUNTS}.jsonl`, undefined],
      ['3c9d01fe', `claude-code:${WEATHER}/90b6e7aa-1c5d-4e0b-a2f3-3f8d7c601b24.jsonl`, undefined],
    ],
  );
  assert.equal(new Set(sessions.map(({ ref }) => ref)).size, sessions.length);
});

test('a sub-agent whose session is gone is listed for itself, and cannot be resumed', async (t) => {
  const folder = await tempFolder(t);
  await cp(join(FIXTURES, 'claude-code'), folder, { recursive: true });
  await rm(join(folder, 'projects', SHOP, '5d0c3f52-8a4e-4b53-9d27-61f0c2a7e913.jsonl'));
  await rm(join(folder, 'projects', WEATHER, '90b6e7aa-1c5d-4e0b-a2f3-3f8d7c601b24.jsonl'));
  const { sessions, total } = await listOf(claudeSource(folder));
  const orphans = sessions.filter(({ ref }) => ref.includes('agent-'));
  assert.deepEqual(
    orphans.map(({ id, parentRef, resume }) => [id, parentRef, resume]),
    [
      ['b7e41c9', undefined, undefined],
      ['3c9d01fe', undefined, undefined],
    ],
  );
  assert.equal(total, 4);
});

test('the title is what the person named it, else a summary of this session, else their first words', async (t) => {
  const first = user('Build the thing', { uuid: 'u1' });
  const own = { type: 'summary', summary: 'Building', leafUuid: 'u1' };
  const foreign = { type: 'summary', summary: 'Something else', leafUuid: 'zz' };
  const generated = { type: 'ai-title', aiTitle: 'Thing' };
  const named = [
    { type: 'custom-title', customTitle: 'Old name' },
    { type: 'custom-title', customTitle: 'My thing' },
  ];
  const titles = [];
  for (const lines of [
    [...named, generated, own, foreign, first],
    [generated, own, foreign, first],
    [own, foreign, first],
    [foreign, first],
    [foreign],
    [],
  ]) {
    titles.push((await listed(t, lines)).title);
  }
  assert.deepEqual(titles, [
    'My thing',
    'Thing',
    'Building',
    'Build the thing',
    'Untitled session',
    'Untitled session',
  ]);
});

test('what the program wrote is never a title, and a title is one line of at most 120 characters', async (t) => {
  const session = await listed(t, [
    user('Caveat: The messages below were generated by the user while running local commands.'),
    user('<command-name>/init</command-name>'),
    user('<local-command-stdout>ok</local-command-stdout>'),
    user([{ type: 'text', text: '<system-reminder>hi</system-reminder>' }]),
    user('an expanded command', { isMeta: true }),
    user('Summary of before', { isCompactSummary: true }),
    user('[Request interrupted by user for tool use]'),
    user(`<system-reminder>x</system-reminder>\n  Fix\n\tthe \u202Ebuild\0 ${'🎉'.repeat(200)}`),
  ]);
  assert.equal(session.title, `Fix the build ${'🎉'.repeat(105)}…`);
  assert.equal(Array.from(session.title).length, 120);
});

test('tokens count each answer once, though all its lines repeat them, and no model is named for none', async (t) => {
  const usage = (output: unknown) => ({
    input_tokens: 10,
    output_tokens: output,
    cache_read_input_tokens: 100,
    cache_creation_input_tokens: 5,
  });
  const text = { type: 'text', text: 'x' };
  const session = await listed(t, [
    assistant(text, { id: 'm1', model: 'claude-opus-4-5', usage: usage(1) }),
    assistant(text, { id: 'm1', model: 'claude-opus-4-5', usage: usage(20) }),
    assistant(text, { id: 'm2', model: 'claude-opus-4-5', usage: usage(-3) }),
    assistant(text, { id: 'm3', model: '<synthetic>', usage: usage('many') }),
  ]);
  assert.deepEqual(session.tokens, { input: 30, output: 20, cacheRead: 300, cacheWrite: 15, total: 365 });
  assert.equal(session.model, 'claude-opus-4-5');
});

test('a turn is open while a question, a call or a result is last, and not after an answer or a stop', async (t) => {
  const question = user('Why?');
  const call = assistant({ type: 'tool_use', id: 't', name: 'Bash', input: {} });
  const result = user([{ type: 'tool_result', tool_use_id: 't', content: '' }]);
  const answer = assistant({ type: 'text', text: 'Because.' });
  const states: Record<string, string> = {};
  for (const [name, lines] of Object.entries({
    question: [question],
    call: [question, call],
    result: [question, call, result],
    resultThenNoise: [question, call, result, { type: 'progress' }, user('x', { isMeta: true })],
    thought: [question, assistant({ type: 'thinking', thinking: 'hm' })],
    answer: [question, answer],
    command: [question, answer, user('<command-name>/clear</command-name>')],
    stopped: [question, call, user([{ type: 'text', text: '[Request interrupted by user]' }])],
    nothing: [{ type: 'file-history-snapshot' }],
  })) {
    const { activity } = await listed(t, lines);
    states[name] = `${activity.state}: ${activity.evidence}`;
  }
  const open = 'open: turn not finished; no live process found';
  const finished = 'idle: the last turn is finished';
  assert.deepEqual(states, {
    question: open,
    call: open,
    result: open,
    resultThenNoise: open,
    thought: open,
    answer: finished,
    command: finished,
    stopped: 'idle: the last turn was interrupted',
    nothing: 'idle: nothing was asked yet',
  });
});

test('a session that could be taken for something else gets no command to resume it', async (t) => {
  assert.deepEqual((await listed(t, [user('x', { cwd: '/srv/app' })], 'abc')).resume, {
    program: 'claude',
    args: ['--resume', 'abc'],
    cwd: '/srv/app',
  });
  assert.equal((await listed(t, [user('x')], '--dangerous')).resume, undefined);
  assert.equal((await listed(t, [user('x')], 'a b')).resume, undefined);
  assert.deepEqual((await listed(t, [user('x', { cwd: 'not/absolute' })], 'abc')).resume, {
    program: 'claude',
    args: ['--resume', 'abc'],
  });
});

test('the folder of Claude Code is the one that the environment names', () => {
  assert.equal(claudeCodeConfigDir({}, '/home/dev'), join('/home/dev', '.claude'));
  assert.equal(claudeCodeConfigDir({ CLAUDE_CONFIG_DIR: '' }, '/home/dev'), join('/home/dev', '.claude'));
  assert.equal(claudeCodeConfigDir({ CLAUDE_CONFIG_DIR: '/etc/claude' }, '/home/dev'), '/etc/claude');
});
