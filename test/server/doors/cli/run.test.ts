import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { run as runOfWire } from '../../../../server/protocol/workflowMethods.ts';
import { wireError } from '../../../../server/protocol/error.ts';
import { newTerminal } from './atTerminal.ts';
import { DONE, RUN_ID, ScriptedRuns, someRun, someStep, someWorkflow } from './scriptedRuns.ts';

const FILE = 'fix-tests.lockstep.yaml';
describe('lockstep run, before it runs', () => {
  it('tells errors of the file as compilers do, and ends as for wrong usage', async () => {
    const runs = new ScriptedRuns();
    const at = (line: number, character: number) => ({ code: 'bad-value', line, character });
    runs.workflow = someWorkflow({
      steps: [],
      problems: [
        { severity: 'error', message: 'prompt:\nmust be a text', ...at(3, 4) },
        { severity: 'warning', message: 'There is no agent x', ...at(0, 0) },
      ],
    });
    const { code, stdout, stderr } = await runs.cli().run(['run', FILE, '--yes']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.equal(
      stderr,
      `${FILE}:4:5: error: prompt: must be a text\n${FILE}:1:1: warning: There is no agent x\nlockstep: 1 error in ${FILE}; nothing was run\n`,
    );
    const forProgram = await runs.cli().run(['run', FILE, '--yes', '--json']);
    assert.deepEqual([forProgram.code, forProgram.stdout], [2, '']);
    assert.deepEqual(wireError.parse(JSON.parse(forProgram.stderr)).details, {
      file: resolve(FILE),
      problems: runs.workflow.problems,
    });
    assert.deepEqual(runs.calls, []);
  });

  it('tells all that will run, uncut, and runs a known file without asking', async () => {
    const runs = new ScriptedRuns();
    const [first = assert.fail(), second = assert.fail()] = someWorkflow().steps;
    const until = `npm test -- ${'x'.repeat(200)}\nnpm run lint`;
    runs.workflow = someWorkflow({
      description: 'Make the tests pass',
      steps: [
        { ...first, until, env: { SAME: 'x', NODE_OPTIONS: '--require ./a b.js' } },
        { ...second, env: { TWO: 'lines\nPATH=./bin' } },
        { ...second, id: 'other', env: { TWO: 'lines\nPATH=./bin' } },
      ],
      limits: [
        { name: 'wallClock', limit: 1_800_000, enforcedBy: 'runner' },
        { name: 'costUsd', limit: 5, enforcedBy: 'reports' },
        { name: 'memory', limit: 2 * 1024 ** 3, enforcedBy: 'nobody' },
      ],
    });
    runs.run = someRun(DONE);
    const { code, stderr, stdout } = await runs.cli().run(['run', FILE]);
    assert.equal(code, 0);
    for (const words of [
      `fix-tests: Make the tests pass\n${FILE}, in ${resolve('.')}\n`,
      'implement  codex        10',
      'review     claude        1  implement  waits for you',
      "  agent codex (experimental):\n    codex --fast 'two words'\n",
      `  shell, after each iteration of implement:\n    npm test -- ${'x'.repeat(200)}\n    npm run lint\n`,
      "  environment of implement:\n    SAME=x\n    NODE_OPTIONS='--require ./a b.js'\n",
      "  environment of review, other:\n    TWO=$'lines\\nPATH=./bin'\n",
      'At most 11 iterations in all. Where an agent asks whether it may do something, you are asked; where nobody can be, it is refused.\n',
      'time    30 m 0 s  Lockstep\n',
      'cost       $5.00  Lockstep, as agents report it: may be overshot by an iteration\n',
      'memory   2.0 GiB  nobody on this machine\n',
    ])
      assert.ok(stderr.includes(words), `${words}\nis not in\n${stderr}`);
    assert.match(stdout, /Completed: 3\/11 iterations, 2 m 5 s\.\n$/);
    assert.deepEqual(runs.calls, [
      ['runs.start', { file: resolve(FILE), workspace: resolve('.'), inputs: {}, digest: 'd1' }],
    ]);
  });

  it('runs a file that has not run before with --yes alone, where nobody can be asked', async () => {
    const runs = new ScriptedRuns();
    runs.workflow = someWorkflow({ isKnown: false });
    runs.run = someRun(DONE);
    for (const more of [[], ['--json']]) {
      const refused = await runs.cli().run(['run', FILE, ...more]);
      assert.deepEqual([refused.code, refused.stdout], [2, '']);
      assert.match(refused.stderr, /has not run before, and there is nobody to ask: say --yes/);
    }
    assert.deepEqual(runs.calls, []);
    assert.equal((await runs.cli().run(['run', FILE, '--yes'])).code, 0);
  });

  it('asks on a terminal before a file runs for the first time, and takes a yes alone for one', async (t) => {
    for (const [typed, isRun] of [
      ['y\n', true],
      ['Yes\n', true],
      ['\n', false],
      ['yo\n', false],
    ] as const) {
      const runs = new ScriptedRuns();
      runs.workflow = someWorkflow({ isKnown: false });
      runs.run = someRun(DONE);
      const { keyboard, terminal, until, rest } = newTerminal(t);
      const ended = runs.cli().run(['run', FILE], { keyboard, terminal });
      await until(/Run it\? \[y\/N\] /);
      keyboard.write(typed);
      const { code, stderr } = await ended;
      assert.deepEqual([code, runs.calls.length], isRun ? [0, 1] : [1, 0], typed);
      if (isRun) assert.match(rest(), /Completed/);
      else assert.match(stderr, /Nothing was run\.\n$/);
    }
  });

  it('takes the inputs of the file, and asks for those that are missing', async (t) => {
    const runs = new ScriptedRuns();
    runs.workflow = someWorkflow({
      inputs: [
        { name: 'command', default: 'npm test' },
        { name: 'message', description: 'what to say' },
        { name: 'to' },
      ],
    });
    runs.run = someRun(DONE);
    for (const [args, words] of [
      [['--input', 'massage=x'], /--input massage: fix-tests has no such input; it has command, message, to/],
      [['--input', 'message'], /--input needs a name and a value, such as message=hello: message/],
      [['-i', 'to=a', '-i', 'to=b'], /--input to is given twice/],
      [['--input', 'to=x'], /run needs --input message=…/],
    ] as const) {
      const { code, stderr } = await runs.cli().run(['run', FILE, ...args]);
      assert.equal(code, 2);
      assert.match(stderr, words);
    }
    assert.deepEqual(runs.calls, []);
    const { keyboard, terminal, until } = newTerminal(t);
    const line = ['run', FILE, '-i', 'command=a=b', '--input', 'to='];
    const ended = runs.cli().run(line, { keyboard, terminal });
    await until(/^message \(what to say\): /m);
    keyboard.write('hello\r\n');
    assert.equal((await ended).code, 0, (await ended).stderr);
    const inputs = { command: 'a=b', to: '', message: 'hello' };
    assert.deepEqual(runs.calls, [
      ['runs.start', { file: resolve(FILE), workspace: resolve('.'), inputs, digest: 'd1' }],
    ]);
  });

  it('does not run a file with an agent that there is none of', async () => {
    const runs = new ScriptedRuns();
    runs.agents = ['claude'];
    runs.problems = ['lockstep.agents: the agent "codex": must be an object.'];
    const { code, stderr } = await runs.cli().run(['run', FILE]);
    assert.equal(code, 2);
    assert.match(stderr, /^lockstep\.agents: the agent "codex"/);
    assert.match(
      stderr,
      /step implement names the agent codex, and there is none of that name: see lockstep agents/,
    );
    assert.deepEqual(runs.calls, []);
  });
});

describe('lockstep run, while it runs', () => {
  it('says each change on a line of its own where there is no terminal', async () => {
    const runs = new ScriptedRuns();
    const [first = assert.fail(), second = assert.fail()] = runs.run.steps;
    const running = { ...first, status: 'running', iterations: 1 } as const;
    runs.run = someRun({ steps: [running, second] });
    const cli = runs.cli();
    const ended = cli.run(['run', FILE]);
    await runs.looked(1);
    runs.set({ steps: [running, second] });
    await runs.looked(2);
    runs.set({
      ...DONE,
      steps: [
        { ...first, status: 'done', iterations: 2 },
        { ...second, status: 'done', iterations: 1 },
      ],
    });
    const { code, stdout } = await ended;
    assert.equal(code, 0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}/, ''));
    assert.deepEqual(lines, [
      'fix-tests  active',
      'implement  1/10  running',
      'fix-tests  completed',
      'implement  2/10  done',
      'review  1/1  done',
      'Completed: 3/11 iterations, 2 m 5 s.',
    ]);
  });

  it('gives the run for each change as JSON, one a line, the last one final', async () => {
    const runs = new ScriptedRuns();
    const ended = runs.cli().run(['run', FILE, '--json']);
    await runs.called('runs.start');
    runs.set({ iterations: 1 });
    runs.set(DONE);
    const { code, stdout, stderr } = await ended;
    assert.deepEqual([code, stderr], [0, '']);
    const told = stdout
      .trimEnd()
      .split('\n')
      .map((line) => runOfWire.parse(JSON.parse(line)));
    assert.deepEqual(told.at(-1), runs.run);
    assert.equal(new Set(told.map(({ revision }) => revision)).size, told.length);
  });

  it('draws the run in place in a terminal, within its size', async (t) => {
    const runs = new ScriptedRuns();
    const { keyboard, terminal, until, seen, rest } = newTerminal(t, 60, 6);
    const steps = Array.from({ length: 12 }, (_, at) =>
      someStep({ id: `step${at}`, ...(at === 7 ? { status: 'running', iterations: 3 } : {}) }),
    );
    runs.run = someRun({ steps, iterations: 3, tokens: 12_345, costUsd: 0.12, activeMs: 65_000 });
    const ended = runs.cli().run(['run', FILE], { keyboard, terminal });
    await until(/Ctrl\+C pauses it/);
    const lines = seen.text.split('\n');
    assert.equal(lines.length, 6);
    assert.equal(lines[0], 'fix-tes…  active  3/11 iterations, 12,345 tokens, $0.1200,…');
    assert.equal(lines[3], '▸  step7  3/10  running');
    assert.deepEqual(lines.slice(4), ['and 9 more', '(Ctrl+C pauses it)']);
    runs.set({ ...DONE, steps: steps.map((step) => ({ ...step, status: 'done' })) });
    assert.equal((await ended).code, 0);
    assert.match(
      rest(),
      /^fix-tes… {2}completed[^\n]*\n✓ {2}step0 [^]*✓ {2}step11 [^\n]*\nCompleted: [^\n]*$/,
    );
    assert.equal(seen.isCursorShown, true);
  });

  it('ends with its own code where the run stands still, and says how it goes on', async () => {
    const parked = (parkedFor: Parameters<typeof someRun>[0]) =>
      ({ status: 'parked', ...parkedFor }) as const;
    for (const [change, code, words] of [
      [
        { status: 'failed', error: 'Step implement failed: no' },
        1,
        /Failed after .*: Step implement failed: no\n$/,
      ],
      [{ status: 'stopped' }, 7, /Stopped after .*\.\n$/],
      [{ status: 'paused' }, 4, new RegExp(`Paused after .*\nTo go on: lockstep resume ${RUN_ID}\n$`)],
      [
        parked({ parkedFor: { reason: 'gate', step: 'review' } }),
        6,
        new RegExp(`waits at the gate of step review\\.\nTo go on: lockstep resume ${RUN_ID}\n$`),
      ],
      [
        parked({ parkedFor: { reason: 'stepIterations', step: 'implement', used: 10, limit: 10 } }),
        3,
        new RegExp(
          `step implement has used 10 of its 10 iterations\\.\n.* lockstep resume ${RUN_ID} --more 10\n$`,
        ),
      ],
      [
        parked({ parkedFor: { reason: 'wallClock', used: 1_860_000, limit: 1_800_000 } }),
        3,
        /the run has used 31 m 0 s of its 30 m 0 s\.\n.* --more 31m\n$/,
      ],
      [
        parked({
          parkedFor: { reason: 'stepIterations', step: 'implement', used: 1, limit: 1 },
          steps: [
            someStep({ status: 'parked', iterations: 1, maxIterations: 1, message: 'It ended\nwith 3.' }),
          ],
        }),
        3,
        /step implement has used 1 of its 1 iterations\. The last one failed: It ended with 3\.\nTo go on/,
      ],
      [parked({ parkedFor: { reason: 'tokens', used: 250_000, limit: 200_000 } }), 3, / --more 150000\n$/],
      [
        parked({ parkedFor: { reason: 'costUsd', used: 5.5, limit: 5 } }),
        3,
        /\$5\.50 of its \$5\.00\.\n.* --more 6\n$/,
      ],
      [
        parked({ parkedFor: { reason: 'outputBytes', used: 1024 ** 2, limit: 1024 ** 2 } }),
        3,
        / --more 64MiB\n$/,
      ],
    ] as const) {
      const runs = new ScriptedRuns();
      runs.run = someRun(change);
      const ended = await runs.cli().run(['run', FILE]);
      assert.equal(ended.code, code, change.status);
      assert.match(ended.stdout, words);
    }
  });

  it('tells where the process that drove it is gone, and why', async () => {
    const runs = new ScriptedRuns();
    runs.run = someRun({ status: 'interrupted', error: 'The disk\nis full.' });
    const { code, stdout } = await runs.cli().run(['run', FILE]);
    assert.equal(code, 1);
    assert.match(
      stdout,
      new RegExp(
        `Interrupted: the process that drove it is gone\\. The disk is full\\.\nTo go on: lockstep resume ${RUN_ID}\n$`,
      ),
    );
  });

  it('says what the process of the run has to say to a person', async (t) => {
    const runs = new ScriptedRuns();
    const { keyboard, terminal, until, rest } = newTerminal(t);
    runs.notices.push('An old one');
    const ended = runs.cli().run(['run', FILE], { keyboard, terminal });
    await until(/An old one[^]*Ctrl\+C pauses/);
    runs.notices.push('What was asked was left.');
    runs.set({ iterations: 1 });
    await until(/was left\.[^]*1\/11/);
    runs.set(DONE);
    await ended;
    assert.match(rest(), /^An old one\nWhat was asked was left\.\nfix-tests {2}completed/);
  });
});
