import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  sessionsArchive,
  sessionsComplete,
  sessionsStart,
} from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsFind, sessionsGet } from '../../../server/protocol/sessionQueryMethods.ts';
import {
  agentsList,
  runsGet,
  runsList,
  runsNotify,
  runsStart,
  workflowsRead,
} from '../../../server/protocol/workflowMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { connect, environmentOf, makeRun, planned } from '../workflows/run/driveRun.ts';
import { hasEnded, isAt, runFolder } from '../workflows/run/runFolder.ts';

const TWICE = `
agent: counter
inputs: { file: { description: The file to write to } }
steps:
  - id: count
    prompt: \${inputs.file}
    untilOutput: "^lines: 2$"
`;

describe('workflows.read', () => {
  test('shows what a file asks for and does, and who enforces its limits', async (t) => {
    const { call, write } = await runFolder(t);
    const file = await write(`
name: fix
description: Fixes what fails
agent: counter
inputs: { file: { description: Which, default: a }, tries: 3, free: {} }
limits: { wallClock: 30m, tokens: 1000, disk: 1GiB }
env: { LEVEL: high, NAME: whole }
permissions: refuse
steps:
  - id: first
    prompt: x
    until: npm test
    env: { NAME: '\${inputs.file}' }
    description: the first
  - id: second
    needs: [first]
    gate: manual
    prompt: y
`);
    const read = await call(workflowsRead, { file });
    assert.deepEqual(
      [
        read.file,
        read.name,
        read.description,
        read.isKnown,
        read.permissions,
        read.maxIterations,
        read.problems,
      ],
      [file, 'fix', 'Fixes what fails', false, 'refuse', 11, []],
    );
    assert.deepEqual(read.inputs, [
      { name: 'file', description: 'Which', default: 'a' },
      { name: 'tries', default: '3' },
      { name: 'free' },
    ]);
    assert.deepEqual(read.limits, [
      { name: 'wallClock', limit: 1_800_000, enforcedBy: 'runner' },
      { name: 'tokens', limit: 1000, enforcedBy: 'reports' },
      { name: 'disk', limit: 2 ** 30, enforcedBy: 'nobody' },
    ]);
    const common = { agent: 'counter' };
    assert.deepEqual(read.steps, [
      {
        ...common,
        id: 'first',
        description: 'the first',
        line: 9,
        needs: [],
        maxIterations: 10,
        until: 'npm test',
        env: { LEVEL: 'high', NAME: '${inputs.file}' },
        hasGate: false,
      },
      {
        ...common,
        id: 'second',
        line: 14,
        needs: ['first'],
        maxIterations: 1,
        env: { LEVEL: 'high', NAME: 'whole' },
        hasGate: true,
      },
    ]);
  });

  test('tells what is wrong, and where, and warns of agents that are not there', async (t) => {
    const { call, write } = await runFolder(t);
    const broken = await call(workflowsRead, {
      file: await write('agent: counter\nsteps:\n  - id: a\n    prompt: x\n    needs: [b]\n'),
    });
    assert.deepEqual(broken.steps, []);
    const [problem] = broken.problems;
    assert.deepEqual(
      [problem?.severity, problem?.code, problem?.line, problem?.character],
      ['error', 'unknown-step', 4, 12],
    );
    const warned = await call(workflowsRead, {
      file: await write('agent: nobody\nsteps: [{ id: a, prompt: x }]\n'),
    });
    assert.deepEqual(
      warned.problems.map(({ severity, code }) => [severity, code]),
      [['warning', 'unknown-agent']],
    );
    assert.equal(warned.steps.length, 1);
  });

  test('a file that is not there, no file or no text says so', async (t) => {
    const { call, folder } = await runFolder(t);
    await assert.rejects(call(workflowsRead, { file: join(folder, 'none.yaml') }), {
      code: 'INVALID_PARAMS',
      message: /none\.yaml cannot be read: it does not exist\./,
    });
    await assert.rejects(call(workflowsRead, { file: 'none.yaml' }), /absolute path/);
    await assert.rejects(call(workflowsRead, { file: folder }), /it is (no file|a folder)/);
    if (process.platform !== 'win32') {
      const pipe = join(folder, 'pipe.yaml');
      execFileSync('mkfifo', [pipe]);
      await assert.rejects(call(workflowsRead, { file: pipe }), /pipe\.yaml cannot be read: it is no file/);
    }
    const file = join(folder, 'bytes.yaml');
    await writeFile(file, Buffer.from([0x73, 0xff, 0xfe]));
    const { problems, name } = await call(workflowsRead, { file });
    assert.deepEqual([name, problems[0]?.code], ['bytes', 'not-utf8']);
  });
});

describe('agents.list', () => {
  test('the setting of the window counts, with the presets that it does not name', async (t) => {
    const { call } = await runFolder(t, { broken: { protocol: 'other' } });
    const { agents, problems } = await call(agentsList, {});
    const counter = agents.find(({ name }) => name === 'counter');
    assert.deepEqual([counter?.protocol, counter?.isExperimental], ['command', false]);
    assert.equal(agents.find(({ name }) => name === 'claude')?.command[0], 'claude');
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /broken/);
  });

  test('without a window it is agents.json in the folder of the store', async (t) => {
    const folder = await tempFolder(t);
    const { call, close } = connect(folder, { ...environmentOf(folder), LOCKSTEP_AGENTS: '' });
    t.after(close);
    assert.equal((await call(agentsList, {})).agents.length, 5);
    await mkdir(join(folder, 'home'), { recursive: true });
    const path = join(folder, 'home', 'agents.json');
    await writeFile(path, '{ "mine": { "protocol": "acp", "command": ["my-agent", "--acp"] } }');
    const { agents } = await call(agentsList, {});
    assert.deepEqual(
      agents.filter(({ name }) => name === 'mine'),
      [{ name: 'mine', protocol: 'acp', command: ['my-agent', '--acp'], isExperimental: false }],
    );
    await writeFile(path, '{');
    const wrong = await call(agentsList, {});
    assert.match(wrong.problems[0] ?? '', /agents\.json is not JSON/);
    assert.equal(wrong.agents.length, 5);
  });
});

describe('runs.start', () => {
  test('starts a process that drives the run, also when the server that started it has gone', async (t) => {
    const { other, write, folder, once, call } = await runFolder(t);
    const starter = other();
    const file = await write(TWICE);
    const { id, status, steps } = await starter.call(runsStart, {
      file,
      workspace: folder,
      inputs: { file: join(folder, 'out') },
    });
    assert.equal(status, 'active');
    assert.deepEqual(
      steps.map((step) => [step.id, step.maxIterations]),
      [['count', 10]],
    );
    await starter.close();
    const run = await once(id, hasEnded);
    assert.deepEqual(
      [run.status, run.iterations, run.maxIterations, run.name, run.file, run.workspace],
      ['completed', 2, 10, 'test', file, folder],
    );
    assert.ok(run.endedAt !== undefined && run.activeMs > 0);
    const [step] = run.steps;
    assert.deepEqual([step?.status, step?.iterations], ['done', 2]);
    const session = await call(sessionsGet, { id: step?.session ?? '' });
    assert.deepEqual([session.parentId, session.status, session.messages], [id, 'completed', 2]);
    const whole = await call(sessionsGet, { id });
    assert.deepEqual([whole.status, whole.iterations], ['completed', 2]);
    assert.deepEqual(whole.result, { outputs: [{ step: 'count', output: 'lines: 2' }] });
    assert.equal((await call(workflowsRead, { file })).isKnown, true);
    await write(`${TWICE}# changed`);
    assert.equal((await call(workflowsRead, { file })).isKnown, false);
  });

  test('refuses what could not be run, and leaves nothing behind', async (t) => {
    const { call, start, write, folder } = await runFolder(t);
    await assert.rejects(start('agent: counter\nsteps: [{ id: a }]\n'), {
      code: 'INVALID_PARAMS',
      message: /test\.lockstep\.yaml:2:\d+: /,
    });
    await assert.rejects(start('agent: nobody\nsteps: [{ id: a, prompt: x }]\n'), {
      code: 'INVALID_PARAMS',
      message: /There is no agent nobody .* There are claude, .*counter/,
    });
    await assert.rejects(start(TWICE), {
      code: 'INVALID_PARAMS',
      message: /needs a value for its input file/,
    });
    await assert.rejects(start(TWICE, { file: 'x', other: 'y' }), /has no input other/);
    const odd = Object.fromEntries([
      ['file', 'x'],
      ['__proto__', 'q'],
    ]);
    await assert.rejects(start(TWICE, odd), { code: 'INVALID_PARAMS', message: /inputs: .*__proto__/ });
    const file = await write('agent: counter\nsteps: [{ id: a, prompt: x }]\n');
    await assert.rejects(
      call(runsStart, { file, workspace: join(folder, 'none') }),
      /workspace: .* a folder/,
    );
    assert.deepEqual((await call(sessionsFind, { kind: 'workflow' })).sessions, []);
  });

  test('runs the text that was shown, and none that was written since', async (t) => {
    const { call, write, folder, once } = await runFolder(t);
    const file = await write('agent: counter\nsteps: [{ id: a, prompt: safe }]\n');
    const shown = await call(workflowsRead, { file });
    await write(`agent: counter\nsteps: [{ id: a, prompt: x, until: 'touch ${join(folder, 'evil')}' }]\n`);
    await assert.rejects(call(runsStart, { file, digest: shown.digest }), {
      code: 'INVALID_PARAMS',
      message: /test\.lockstep\.yaml has another text now than the one that was shown, so nothing was run/,
    });
    assert.deepEqual((await call(sessionsFind, { kind: 'workflow' })).sessions, []);
    const { digest } = await call(workflowsRead, { file });
    const { id } = await call(runsStart, { file, workspace: folder, digest });
    await once(id, hasEnded);
  });

  test('a runner that cannot be started is told, and the run is there to be continued', async (t) => {
    const { call, write, folder } = await runFolder(t);
    const file = await write(TWICE);
    const { execPath } = process;
    process.execPath = join(folder, 'no-such-node');
    try {
      const inputs = { file: join(folder, 'out') };
      await assert.rejects(call(runsStart, { file, workspace: folder, inputs }), {
        code: 'INTERNAL',
        message: /is recorded, and the process that was to drive it has gone\. It could not be started/,
      });
    } finally {
      process.execPath = execPath;
    }
    const { runs } = await call(runsList, {});
    assert.equal(runs.length, 1);
    assert.equal(runs[0]?.status, 'interrupted');
    assert.match(runs[0]?.error ?? '', /could not be started/);
  });
});

describe('runs.list and runs.get', () => {
  test('runs are the newest first, of a folder, and open ones alone; other sessions are none', async (t) => {
    const { call, start, folder, once } = await runFolder(t);
    const input = { file: join(folder, 'out') };
    const first = await start(TWICE, input);
    await once(first.id, hasEnded);
    const second = await start(TWICE.replace('  - id: count', '  - id: count\n    gate: manual'), input);
    await once(second.id, isAt('parked'));
    const strange = await call(sessionsStart, { kind: 'workflow', task: 'x', mode: 'y' });
    const ids = async (query: object) => (await call(runsList, query)).runs.map(({ id }) => id);
    assert.deepEqual(await ids({}), [second.id, first.id]);
    assert.deepEqual(await ids({ limit: 1 }), [second.id]);
    assert.deepEqual(await ids({ isOpen: true }), [second.id]);
    assert.deepEqual(await ids({ isOpen: false }), [first.id]);
    assert.deepEqual(await ids({ workspace: folder }), [second.id, first.id]);
    assert.deepEqual(await ids({ workspace: join(folder, 'other') }), []);
    await assert.rejects(call(runsGet, { id: strange.id }), { code: 'INVALID_PARAMS', message: /is no run/ });
    await assert.rejects(call(runsGet, { id: 'none' }), { code: 'SESSION_NOT_FOUND' });
  });

  test('a run that was archived while it goes on stays on the list until it has ended', async (t) => {
    const { call, folder } = await runFolder(t);
    const { id } = await makeRun(call, folder, [planned(folder, 'a')]);
    await call(sessionsArchive, { id });
    const ids = async (query: object) => (await call(runsList, query)).runs.map((run) => run.id);
    assert.deepEqual(await ids({}), [id]);
    assert.deepEqual(await ids({ isOpen: true, workspace: folder }), [id]);
    assert.deepEqual(await ids({ isOpen: false }), []);
    await call(sessionsComplete, { id });
    for (const query of [{}, { isOpen: true }, { isOpen: false }]) assert.deepEqual(await ids(query), []);
  });

  test('a folder that is gone, and an agent that fails, fail the run, which says why', async (t) => {
    const { start, once, folder } = await runFolder(t);
    const text = 'agent: counter\ncwd: sub\nsteps: [{ id: a, prompt: x }]\n';
    await mkdir(join(folder, 'sub'));
    await rm(join(folder, 'sub'), { recursive: true });
    const run = await once((await start(text)).id, hasEnded);
    assert.equal(run.status, 'failed');
    assert.match(run.error ?? '', /^Step a failed: /);
    assert.equal(run.steps[0]?.status, 'failed');
    assert.ok((run.steps[0]?.message ?? '').length > 0);
  });
});

describe('runs.notify', () => {
  test('what a run has come to is one client to tell, across processes and after its end', async (t) => {
    const { call, start, once, other, folder } = await runFolder(t);
    const { id } = await start(TWICE, { file: join(folder, 'out') });
    await once(id, hasEnded);
    const clients = [call, other().call, other().call];
    const claims = await Promise.all(clients.map((one) => one(runsNotify, { id, of: 'completed' })));
    assert.equal(claims.filter(({ isMine }) => isMine).length, 1);
    assert.deepEqual(await call(runsNotify, { id, of: 'something else' }), { isMine: true });
    await assert.rejects(call(runsNotify, { id: 'none', of: 'x' }), { code: 'SESSION_NOT_FOUND' });
  });
});
