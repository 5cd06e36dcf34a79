import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { eventInWords } from '../../../../server/doors/cli/eventWords.ts';
import type { JsonObject } from '../../../../server/protocol/json.ts';
import { LockstepError } from '../../../../server/domain/errors.ts';
import { run as runOfWire } from '../../../../server/protocol/workflowMethods.ts';
import { Emulator } from './emulator.ts';
import { listener } from './heard.ts';
import { FakeTerminal } from './inProcess.ts';
import { RUN_ID, ScriptedRuns, someRun, someStep } from './scriptedRuns.ts';

const question = {
  id: 'q1',
  step: 'implement',
  title: 'Run it?',
  options: [{ id: 'yes', name: 'Allow', kind: 'allow_once' as const }],
};

describe('lockstep runs', () => {
  it('lists runs with how far they are and what they wait for, and says where there are more', async () => {
    const runs = new ScriptedRuns();
    runs.run = someRun({
      status: 'parked',
      iterations: 10,
      steps: [someStep({ status: 'done' }), someStep({ id: 'review', status: 'parked', hasGate: true })],
      parkedFor: { reason: 'gate', step: 'review' },
    });
    const { code, stdout, stderr } = await runs.cli().run(['runs', '--limit', '2']);
    assert.equal(code, 0);
    const [headings, first, ...others] = stdout.trimEnd().split('\n');
    assert.equal(headings, 'ID             NAME       STATUS   ITER  STEPS  STARTED  WAITS FOR');
    assert.match(
      first ?? '',
      /^019cdf3a-7b21 {2}fix-tests {2}parked {2}10\/11 {4}1\/2 +\w+ {2}waits at the gate of step review$/,
    );
    assert.equal(others.length, 1);
    assert.equal(stderr, 'These are the newest 2 runs; more with --limit.\n');
    const listed = z.strictObject({ runs: z.array(runOfWire), more: z.boolean() });
    const { runs: told, more } = listed.parse(
      JSON.parse(await runs.cli().ok(['runs', '--limit', '2', '--json'])),
    );
    assert.deepEqual([told.length, more], [2, true]);
    assert.equal((await runs.cli().run(['runs'])).stderr, '');
  });

  it('looks for what killed runs have left at work first, and tells why a run has no process', async () => {
    const runs = new ScriptedRuns();
    const gate = { reason: 'gate', step: 'review' } as const;
    for (const [change, words] of [
      [{ status: 'interrupted' }, 'lockstep resume: its process is gone'],
      [{ status: 'interrupted', error: 'The disk\nis full.' }, 'lockstep resume: The disk is full.'],
      [{ status: 'paused', error: 'An agent (pid 7).' }, 'An agent (pid 7).'],
      [
        { status: 'parked', parkedFor: gate, error: 'An agent (pid 7).' },
        'waits at the gate of step review; An agent (pid 7).',
      ],
    ] as const) {
      runs.run = someRun();
      runs.left = change;
      assert.ok((await runs.cli().ok(['runs', '--limit', '1'])).endsWith(`  ${words}`), words);
      runs.run = someRun();
      const shown = await runs.cli().ok(['runs', RUN_ID]);
      const error = 'error' in change ? change.error.replace('\n', ' ') : undefined;
      assert.ok(error === undefined || shown.includes(error), shown);
    }
  });

  it('shows one with its steps, limits, questions and how it goes on', async () => {
    const runs = new ScriptedRuns();
    runs.run = someRun({
      status: 'parked',
      file: '/home/ada/fix-tests.lockstep.yaml',
      inputs: { command: 'npm test' },
      parkedFor: { reason: 'tokens', used: 250, limit: 200 },
      limits: [
        { name: 'tokens', limit: 200, used: 250, enforcedBy: 'reports' },
        { name: 'costUsd', limit: 5, enforcedBy: 'reports' },
      ],
      steps: [
        someStep({
          status: 'retrying',
          iterations: 2,
          message: 'It ended with 1',
          session: '019cdf3a-7b22-7000-8000-000000000002',
        }),
        someStep({ id: 'review', needs: ['implement'] }),
      ],
      questions: [question],
    });
    const { stdout, stderr } = await runs.cli().run(['runs', RUN_ID]);
    for (const words of [
      /^fix-tests\nid +019cdf3a-7b21-7000-8000-000000000001\n/,
      /status +parked: the run has used 250 of its 200 tokens\n/,
      /input command {2}npm test\n/,
      /implement {2}2\/10 {2}codex {2}019cdf3a-7b22 {2}tries again: It ended with 1\n/,
      /review +0\/10 +codex +waiting for implement\n/,
      /tokens +200 +250 {2}Lockstep, as agents report it/,
      /cost +\$5\.00 {2}not reported/,
      /Step implement asks: Run it\?\n {2}Allow\n/,
    ])
      assert.match(stdout, words);
    assert.match(stderr, new RegExp(`To go on: lockstep resume ${RUN_ID} --more 101000\n`));
    assert.match(stderr, new RegExp(`To answer, in a terminal: lockstep watch ${RUN_ID}\n`));
    assert.deepEqual(runOfWire.parse(JSON.parse(await runs.cli().ok(['runs', RUN_ID, '--json']))), runs.run);
  });
});

describe('a run of a workflow', () => {
  it('is paused, stopped and continued by the commands of sessions', async () => {
    const runs = new ScriptedRuns();
    const { ok, run } = runs.cli();
    assert.equal(await ok(['pause', RUN_ID]), `${RUN_ID} active, 0/11 iterations, 0 ms`);
    await ok(['resume', RUN_ID]);
    await ok(['resume', RUN_ID, '--add', '3']);
    await ok(['resume', RUN_ID, '--more', '4']);
    await ok(['stop', RUN_ID]);
    assert.deepEqual(runs.calls, [
      ['runs.pause', { id: RUN_ID }],
      ['runs.continue', { id: RUN_ID }],
      ['runs.continue', { id: RUN_ID, addIterations: 3 }],
      ['runs.continue', { id: RUN_ID, addIterations: 4 }],
      ['runs.stop', { id: RUN_ID }],
    ]);
    for (const [line, words] of [
      [['pause', RUN_ID, '--reason', 'lunch'], /--reason is for sessions/],
      [['resume', RUN_ID, '--reason', 'lunch'], /--reason is for sessions/],
      [['resume', RUN_ID, '--add', '1', '--more', '1'], /give --add or --more, not both/],
      [['stop'], /stop needs a run: its id/],
    ] as const) {
      const { code, stderr } = await run(line);
      assert.equal(code, 2);
      assert.match(stderr, words);
    }
  });

  it('is stopped by the beginning of its id, though sessions of steps and ended runs begin alike', async () => {
    const runs = new ScriptedRuns();
    const [step, ended, other] = [2, 3, 4].map((end) => RUN_ID.replace(/1$/, String(end)));
    assert.ok(step !== undefined && ended !== undefined && other !== undefined);
    runs.sessions = [RUN_ID, step, ended];
    runs.open = [someRun(), someRun({ id: '029cdf3a-7b21-7000-8000-000000000009' })];
    const { run, ok } = runs.cli();
    await ok(['stop', '019CDF3A']);
    assert.deepEqual(runs.calls, [['runs.stop', { id: RUN_ID }]]);
    runs.open = [someRun(), someRun({ id: other, status: 'parked' })];
    const { code, stderr } = await run(['stop', '019cdf3a']);
    assert.equal(code, 2);
    assert.match(stderr, /019cdf3a fits 2 open runs\./);
    assert.match(stderr, new RegExp(`\n  ${RUN_ID}  active  fix-tests\n  ${other}  parked  fix-tests\n`));
    assert.ok(!stderr.includes(step) && !stderr.includes(ended));
    runs.open = [];
    assert.match((await run(['stop', '019cdf3a'])).stderr, /019cdf3a fits 3 sessions/);
  });

  it('gets more of what it is parked for, in the units of that', async () => {
    for (const [reason, more, added, wrong, words] of [
      ['stepIterations', '10', { addIterations: 10 }, '10m', /a number of iterations/],
      [
        'wallClock',
        '1h30m',
        { addLimits: { wallClockMs: 5_400_000 } },
        '10',
        /a time, such as 30m: the run has used/,
      ],
      ['tokens', '5000', { addLimits: { tokens: 5000 } }, '1.5', /a number of tokens/],
      ['costUsd', '2.50', { addLimits: { costUsd: 2.5 } }, '0', /US dollars, such as 2\.50/],
      ['outputBytes', '64MiB', { addLimits: { outputBytes: 64 * 1024 ** 2 } }, '64', /a size, such as 64MiB/],
    ] as const) {
      const runs = new ScriptedRuns();
      runs.run = someRun({ status: 'parked', parkedFor: { reason, used: 2, limit: 1 } });
      const refused = await runs.cli().run(['resume', RUN_ID, '--more', wrong]);
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, words);
      assert.deepEqual(runs.calls, []);
      await runs.cli().ok(['resume', RUN_ID, '--more', more]);
      assert.deepEqual(runs.calls, [['runs.continue', { id: RUN_ID, ...added }]]);
    }
  });

  it('that needs more is not continued without it, and the command that gives it is told', async () => {
    const runs = new ScriptedRuns();
    runs.run = someRun({ status: 'parked', parkedFor: { reason: 'iterations', used: 11, limit: 11 } });
    runs.refusal = new LockstepError('ITERATION_LIMIT', 'The run has used its iterations.');
    const { code, stderr } = await runs.cli().run(['resume', RUN_ID]);
    assert.equal(code, 3);
    assert.match(stderr, new RegExp(`To let it go on: lockstep resume ${RUN_ID} --more 10\n`));
  });

  it('is watched to its end, also while it stands still, and Ctrl+C is not for the run', async (t) => {
    const runs = new ScriptedRuns();
    runs.run = someRun({ status: 'paused' });
    const terminal = new FakeTerminal(110);
    t.after(() => terminal.emit('close'));
    const out = listener(terminal);
    const seen = new Emulator(110);
    const ended = runs.cli().run(['watch', RUN_ID], { terminal });
    seen.feed(await out.until(/to go on/));
    assert.match(seen.text, new RegExp(`\\(to go on: lockstep resume ${RUN_ID}; Ctrl\\+C ends\\)$`));
    runs.set({ status: 'active' });
    seen.feed(await out.until(/leaves it/));
    assert.match(seen.text, /\(Ctrl\+C leaves it to itself\)$/);
    runs.set({ status: 'completed' });
    assert.equal((await ended).code, 0);
    assert.deepEqual(runs.calls, []);
  });
});

describe('the events of a run in the history of its session', () => {
  it('are told in words, and those of another form as they are', () => {
    const told = (type: string, data: JsonObject) =>
      eventInWords({ seq: 1, timestamp: '2026-03-12T10:05:44.000Z', type, data });
    const steps = [{ id: 'fix', status: 'running', iterations: 2, failures: 0 }];
    for (const [type, data, words] of [
      ['run.state', { state: { status: 'active', steps }, handled: 3 }, 'run active: fix running (2)'],
      ['run.state', { state: { status: 'active', steps: [] } }, 'run active'],
      ['run.agent', { step: 'fix', marker: 'm', pid: 7 }, 'agent of fix, process 7'],
      ['run.output', { step: 'fix', output: 'All\ngreen' }, 'output of fix: All green'],
      ['run.request', { kind: 'stop' }, 'asked to stop'],
      ['run.request', { kind: 'continue', addIterations: 3 }, 'asked to continue {"addIterations":3}'],
      ['run.told', { of: 'question:q1' }, 'a person is told of question:q1'],
      ['run.notice', { text: 'It was left.' }, 'It was left.'],
      ['run.left', {}, 'left by its process'],
      ['run.left', { message: 'The disk is full.' }, 'left by its process: The disk is full.'],
      ['run.state', { odd: 1 }, 'run.state {"odd":1}'],
      ['run.other', { a: 1 }, 'run.other {"a":1}'],
    ] as const)
      assert.equal(told(type, data), words);
  });
});

describe('lockstep agents', () => {
  it('lists them as one would type them, and tells what is wrong with the setting', async () => {
    const runs = new ScriptedRuns();
    runs.problems = ['lockstep.agents: the agent "x": must be an object.'];
    const { code, stdout, stderr } = await runs.cli().run(['agents']);
    assert.equal(code, 0);
    assert.equal(
      stdout,
      [
        'NAME    PROTOCOL                COMMAND',
        "codex   command   experimental  codex --fast 'two words'",
        "claude  command                 claude --fast 'two words'",
        '',
      ].join('\n'),
    );
    assert.equal(stderr, 'problem: lockstep.agents: the agent "x": must be an object.\n');
  });
});

describe('lockstep drive', () => {
  it('ends with how the run stands when nothing goes on by itself any more', async () => {
    const runs = new ScriptedRuns();
    runs.run = someRun({ status: 'parked', parkedFor: { reason: 'gate', step: 'review' } });
    runs.driven = Promise.resolve('parked');
    const { code, stdout } = await runs.cli().run(['drive', RUN_ID]);
    assert.deepEqual([code, stdout], [6, `${RUN_ID} Parked: waits at the gate of step review.\n`]);
  });
});
