import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Processes } from '../../../../server/platform/processes.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { writeLines } from '../files.ts';
import { claudeSource, listOf } from '../reading.ts';

const QUESTION = { type: 'user', sessionId: 's', message: { content: 'Why?' } };
const ANSWER = { type: 'assistant', message: { content: [{ type: 'text', text: 'Because.' }] } };

const START = '8812345';
/** A system on which the process of every pid began at START, as far as it tells. */
const systemWith = (start: string | undefined): Processes => ({
  pid: 1,
  machine: () => Promise.resolve({ host: 'here', bootId: 'this', pidNamespace: 'one' }),
  look: () => Promise.resolve({ state: 'running', start, startedAt: undefined, isForeign: false }),
});
const alive = systemWith(START);

/** The state of a session `s` while these process files lie there. */
async function activityWith(
  t: test.TestContext,
  processes: readonly unknown[],
  options: { lines?: readonly unknown[]; system?: Processes } = {},
): Promise<string> {
  const folder = await tempFolder(t);
  await writeLines(join(folder, 'projects/p/s.jsonl'), options.lines ?? [QUESTION]);
  for (const [index, process] of processes.entries()) {
    await writeLines(join(folder, `sessions/${4242 + index}.json`), [process]);
  }
  const [session] = (await listOf(claudeSource(folder, { processes: options.system ?? alive }))).sessions;
  return `${session?.activity.state}: ${session?.activity.evidence}`;
}

function process(more: object = {}): object {
  return { pid: 4242, sessionId: 's', procStart: START, status: 'busy', ...more };
}

test('a live process of the session is what makes it running', async (t) => {
  assert.equal(await activityWith(t, [process()]), 'running: process 4242 is alive (busy)');
  assert.equal(
    await activityWith(t, [process({ status: 'shell' })]),
    'running: process 4242 is alive (shell)',
  );
});

test('a process that waits for the person is not running', async (t) => {
  assert.equal(
    await activityWith(t, [process({ status: 'idle' })]),
    'idle: process 4242 is waiting for input',
  );
  assert.equal(
    await activityWith(t, [process({ status: 'waiting' })]),
    'open: process 4242 is waiting for an answer',
  );
});

test('a process that says nothing about itself runs an open turn', async (t) => {
  const silent = [process({ status: undefined })];
  assert.equal(await activityWith(t, silent), 'running: process 4242 is alive');
  assert.equal(
    await activityWith(t, silent, { lines: [QUESTION, ANSWER] }),
    'idle: process 4242 is alive; the last turn is finished',
  );
});

test('without proof, an open turn is open and no more', async (t) => {
  const open = 'open: turn not finished; no live process found';
  assert.equal(await activityWith(t, []), open);
  assert.equal(await activityWith(t, [process({ procStart: '1' })]), open, 'the pid was given again');
  assert.equal(await activityWith(t, [process()], { system: systemWith(undefined) }), open);
  assert.equal(await activityWith(t, [process({ sessionId: 'other' })]), open);
});

test('a number as the start of a process is taken, and what is no process file is passed over', async (t) => {
  const numeric = process({ procStart: Number(START) });
  const damaged = ['{"pid":', [], { pid: -1 }, { pid: '4242' }];
  assert.equal(await activityWith(t, [...damaged, numeric]), 'running: process 4242 is alive (busy)');
});

test('of two processes of one session, the one that works counts', async (t) => {
  const processes = [process({ status: 'idle' }), process({ pid: 4243 })];
  assert.equal(await activityWith(t, processes), 'running: process 4243 is alive (busy)');
});

test('the state is judged at each list, also of a file that did not change', async (t) => {
  const folder = await tempFolder(t);
  await writeLines(join(folder, 'projects/p/s.jsonl'), [QUESTION]);
  await writeLines(join(folder, 'sessions/4242.json'), [process()]);
  const source = claudeSource(folder, { processes: alive });
  const state = async () => (await listOf(source)).sessions[0]?.activity.state;
  assert.equal(await state(), 'running');
  await writeFile(join(folder, 'sessions/4242.json'), JSON.stringify(process({ status: 'idle' })));
  assert.equal(await state(), 'idle');
});

test('a sub-agent is never running: its session has the process', async (t) => {
  const folder = await tempFolder(t);
  await writeLines(join(folder, 'projects/p/s.jsonl'), [QUESTION]);
  await writeLines(join(folder, 'projects/p/s/subagents/agent-1.jsonl'), [
    { ...QUESTION, isSidechain: true },
  ]);
  await writeLines(join(folder, 'sessions/4242.json'), [process()]);
  const { sessions } = await listOf(claudeSource(folder, { processes: alive }));
  assert.deepEqual(
    sessions.map(({ activity }) => activity),
    [
      { state: 'running', evidence: 'process 4242 is alive (busy)' },
      { state: 'open', evidence: 'turn not finished; process 4242 of its session is alive' },
    ],
  );
});
