import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SourceSession } from '../../../../server/protocol/sourceSession.ts';
import { piAgentDir } from '../../../../server/sources/pi/source.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { writeLines } from '../files.ts';
import { FIXTURES, listOf, piSource } from '../reading.ts';

const HEADER = {
  type: 'session',
  version: 3,
  id: 'h1',
  cwd: '/srv/app',
  timestamp: '2026-03-01T10:00:00.000Z',
};

function message(role: string, more: object = {}): object {
  return { type: 'message', message: { role, content: [{ type: 'text', text: role }], ...more } };
}

async function listed(t: test.TestContext, lines: readonly unknown[]): Promise<SourceSession> {
  const folder = await tempFolder(t);
  await writeLines(join(folder, 'sessions/p/2026-03-01T10-00-00-000Z_abc.jsonl'), lines);
  const { sessions, problems } = await listOf(piSource(folder));
  assert.deepEqual(problems, []);
  assert.ok(sessions[0]);
  return sessions[0];
}

test('sessions of all versions are listed newest first', async () => {
  const { sessions, total, problems } = await listOf(piSource(join(FIXTURES, 'pi')));
  assert.deepEqual(
    sessions.map(({ title, model, activity }) => [title, model, `${activity.state}: ${activity.evidence}`]),
    [
      [
        'Why does the order list jump when it loads? See the picture.',
        'claude-sonnet-4-5',
        'open: turn not finished; pi leaves no process record',
      ],
      ['Faster product search', 'claude-opus-4-5', 'idle: the last turn is finished'],
      [
        'Translate the alert texts to French.',
        'gpt-5.1-codex',
        'idle: the last turn ended with an error: 429 rate limit reached, try again in 20 s',
      ],
      ['Add a --dry-run flag to the stock import.', 'claude-opus-4-5', 'idle: the last turn is finished'],
    ],
  );
  assert.deepEqual([total, problems], [4, []]);
});

test('a row says all that the head and the tail of a file tell', async () => {
  const { sessions } = await listOf(piSource(join(FIXTURES, 'pi')));
  const name = '2026-03-11T15-20-31-250Z_019cdf3a-7b21-7d40-9e55-2c6f8b0a4d13.jsonl';
  const path = join(FIXTURES, 'pi/sessions/--home-dev-projects-shop--', name);
  const session = sessions.find((each) => each.path === path);
  assert.deepEqual(session, {
    ref: `pi:--home-dev-projects-shop--/${name}`,
    source: 'pi',
    id: '019cdf3a-7b21-7d40-9e55-2c6f8b0a4d13',
    path,
    title: 'Faster product search',
    cwd: '/home/dev/projects/shop',
    createdAt: '2026-03-11T15:20:31.250Z',
    updatedAt: '2026-03-11T15:24:29.702Z',
    sizeBytes: session?.sizeBytes,
    model: 'claude-opus-4-5',
    tokens: session?.tokens,
    costUsd: session?.costUsd,
    partial: false,
    activity: { state: 'idle', evidence: 'the last turn is finished' },
    damagedLines: 0,
    resume: { program: 'pi', args: ['--session', path], cwd: '/home/dev/projects/shop' },
  });
});

test('tokens and cost are the sums of what was reported, and absent where nothing was', async (t) => {
  const usage = (output: number, total: unknown) => ({ usage: { input: 1, output, cost: { total } } });
  const session = await listed(t, [
    HEADER,
    message('assistant', usage(10, 0.25)),
    message('assistant', usage(20, 0.5)),
    message('assistant', usage(30, 'free')),
  ]);
  assert.deepEqual(session.tokens, { input: 3, output: 60, cacheRead: 0, cacheWrite: 0, total: 63 });
  assert.equal(session.costUsd, 0.75);
  const silent = await listed(t, [HEADER, message('assistant')]);
  assert.deepEqual([silent.tokens, silent.costUsd], [undefined, undefined]);
});

test('the title is the last name that the person gave, else their first words', async (t) => {
  const named = (name: string) => ({ type: 'session_info', name });
  const question = message('user', { content: 'Why?' });
  assert.equal((await listed(t, [HEADER, question, named('a'), named('b')])).title, 'b');
  assert.equal((await listed(t, [HEADER, question])).title, 'Why?');
  assert.equal((await listed(t, [HEADER])).title, 'Untitled session');
});

test('a turn is open until its answer ends, and never running, for want of proof', async (t) => {
  const states: Record<string, string> = {};
  for (const [name, line] of Object.entries({
    user: message('user'),
    toolResult: message('toolResult', { toolCallId: 't' }),
    toolUse: message('assistant', { stopReason: 'toolUse' }),
    stop: message('assistant', { stopReason: 'stop' }),
    length: message('assistant', { stopReason: 'length' }),
    aborted: message('assistant', { stopReason: 'aborted' }),
    error: message('assistant', { stopReason: 'error', errorMessage: 'no\ncredit' }),
    nothing: { type: 'label' },
  })) {
    const { activity } = await listed(t, [HEADER, line, { type: 'thinking_level_change' }]);
    states[name] = `${activity.state}: ${activity.evidence}`;
  }
  const open = 'open: turn not finished; pi leaves no process record';
  assert.deepEqual(states, {
    user: open,
    toolResult: open,
    toolUse: open,
    stop: 'idle: the last turn is finished',
    length: 'idle: the last turn ended at the length limit of the model',
    aborted: 'idle: the last turn was aborted',
    error: 'idle: the last turn ended with an error: no credit',
    nothing: 'idle: nothing was asked yet',
  });
});

test('a session that was forked from another is no sub-agent of it', async (t) => {
  const session = await listed(t, [{ ...HEADER, parentSession: '/elsewhere.jsonl' }, message('user')]);
  assert.equal(session.parentRef, undefined);
});

test('the id is that of the header, and comes from the name of the file where there is none', async (t) => {
  assert.equal((await listed(t, [HEADER, message('user')])).id, 'h1');
  assert.equal((await listed(t, ['{"type":"sess', message('user')])).id, 'abc');
});

test('the folder of pi is the one that the environment names', () => {
  assert.equal(piAgentDir({}, '/home/dev'), join('/home/dev', '.pi', 'agent'));
  assert.equal(piAgentDir({ PI_CODING_AGENT_DIR: '/etc/pi' }, '/home/dev'), '/etc/pi');
});
