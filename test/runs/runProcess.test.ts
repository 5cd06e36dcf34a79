import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { eventually } from '../../scripts/host/eventually.ts';
import { findOnPath } from '../../scripts/host/findOnPath.ts';
import { shellWord } from '../../server/doors/cli/text.ts';
import { locksList } from '../../server/protocol/lockMethods.ts';
import { run, runsGet, runsList, runsStop, type Run } from '../../server/protocol/workflowMethods.ts';
import { STDIN_IS_LIFE } from '../../server/workflows/run/launchRunner.ts';
import { ScriptedAgent } from '../host/scriptedAgent.ts';
import { CLI } from '../support/command.ts';
import { Emulator } from '../server/doors/cli/emulator.ts';
import { listener } from '../server/doors/cli/heard.ts';
import { newCli } from '../server/doors/cli/inProcess.ts';

/** The protocol's own example agent, which asks before it changes a file. */
const ACP_AGENT = createRequire(import.meta.url)
  .resolve('acp-example')
  .replace(/dist\/.*$/, 'dist/examples/agent.js');

const FILE = 'fix.lockstep.yaml';
const TWO_STEPS = `name: fix-tests
agent: scripted
inputs:
  goal: { description: What is to be done }
steps:
  - id: fix
    prompt: Do \${inputs.goal}
    untilOutput: ^DONE
    maxIterations: 2
  - id: review
    needs: [fix]
    gate: manual
    prompt: Review it
`;
const LONGER = TWO_STEPS.replace('maxIterations: 2', 'maxIterations: 5');
const ASKING = `name: asks
steps:
  - id: only
    agent: asking
    prompt: Do it
`;
const STUBBORN = "process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000)";
const NEVER = `name: never
steps:
  - id: only
    agent: stubborn
    prompt: Do it
`;
const AGAIN_AND_AGAIN = `name: again
steps:
  - id: only
    agent: quick
    prompt: Do it
    untilOutput: never
    maxIterations: 1000
`;
const COLUMNS = 100;

/** A folder with a workflow file in it, on a store with agents that do what the test says. */
async function newFolder(t: TestContext, workflow = TWO_STEPS) {
  const { home, server, ok } = await newCli(t);
  const agent = await ScriptedAgent.start();
  const agents = {
    scripted: { protocol: 'command', command: agent.command },
    stubborn: { protocol: 'command', command: [process.execPath, '--eval', STUBBORN] },
    quick: { protocol: 'command', command: [process.execPath, '--eval', '0'] },
    asking: { protocol: 'acp', command: [process.execPath, ACP_AGENT] },
  };
  await writeFile(join(home, 'agents.json'), JSON.stringify(agents));
  await writeFile(join(home, FILE), workflow);
  const env = { ...process.env, LOCKSTEP_HOME: home, LOCKSTEP_AGENTS: undefined, NO_COLOR: '1' };
  const runs = async (): Promise<Run[]> => {
    const outcome = await server.registry.call('runs.list', {});
    assert.ok(outcome.ok);
    return runsList.result.parse(outcome.result).runs;
  };
  t.after(async () => {
    for (const { id } of await runs()) await server.registry.call(runsStop.name, { id });
    await eventually(runs, (all) => all.every(({ endedAt }) => endedAt !== undefined), {
      what: 'the end of a run',
    });
    await agent.stop();
  });
  const start = (child: ChildProcess) => {
    t.after(() => child.kill('SIGKILL'));
    const [out, err] = [listener(child.stdout), listener(child.stderr)];
    return { child, out, err, ended: once(child, 'close').then(() => child.exitCode ?? child.signalCode) };
  };
  return {
    agent,
    ok,
    runs,
    /** The run as it is once it is like that. */
    theRun: async (is: (run: Run) => boolean): Promise<Run> => {
      const [{ id } = assert.fail('nothing has run')] = await runs();
      const get = async () => {
        const outcome = await server.registry.call(runsGet.name, { id });
        assert.ok(outcome.ok);
        return run.parse(outcome.result);
      };
      return eventually(get, is, { what: 'the run' });
    },
    command: (...[first, ...args]: [NodeJS.ProcessEnv | string, ...string[]]) => {
      const [more, line] = typeof first === 'string' ? [{}, [first, ...args]] : [first, args];
      return start(spawn(process.execPath, [CLI, ...line], { cwd: home, env: { ...env, ...more } }));
    },
    /** The process that drives a run. */
    runnerOf: async (id: string): Promise<number> => {
      const outcome = await server.registry.call(locksList.name, { roots: [] });
      assert.ok(outcome.ok);
      const { locks } = locksList.result.parse(outcome.result);
      return locks.find(({ session }) => session === id)?.owner.pid ?? assert.fail('nobody drives it');
    },
    /** In a terminal of its own; undefined where there is no program that makes one. */
    inTerminal: async (...args: string[]) => {
      const script = await findOnPath(['script']);
      if (script === undefined) {
        t.diagnostic('no script(1) here: not run in a real terminal');
        return undefined;
      }
      const line = [process.execPath, CLI, ...args].map(shellWord).join(' ');
      // Without echo: what is typed would come back between what is said.
      const within = ['-q', '-e', '-c', `stty -echo cols ${COLUMNS} rows 30; exec ${line}`, '/dev/null'];
      const running = start(spawn(script, within, { cwd: home, env }));
      const seen = new Emulator(COLUMNS);
      return {
        ...running,
        seen,
        until: async (words: RegExp) => void seen.feed(await running.out.until(words)),
        type: (text: string) => void running.child.stdin?.write(text),
        /** All that was seen when it has ended. */
        rest: () => seen.feed(running.out.said).text,
      };
    },
  };
}

const CTRL_C = '\u0003';

describe('lockstep run on real processes', { concurrency: 2 }, () => {
  it('runs to a limit, goes on with more, waits at a gate, and completes, as it is told to', async (t) => {
    const { agent, command, ok, theRun } = await newFolder(t);
    const first = command('run', FILE, '--yes', '--input', 'goal=it all');
    for (const at of [1, 2]) {
      const turn = await agent.next();
      assert.match(turn.prompt, /^Do it all/);
      turn.answer(`not yet ${at}`);
    }
    assert.equal(await first.ended, 3, first.err.said);
    const { id } = await theRun(({ status }) => status === 'parked');
    assert.match(first.out.said, /fix {2}2\/2 {2}has used up its iterations\n/);
    assert.match(first.out.said, new RegExp(`To go on: lockstep resume ${id} --more 10\n$`));

    await ok(['resume', id, '--more', '10']);
    const watch = command('watch', id);
    (await agent.next()).answer('DONE');
    await watch.out.until(/fix {2}3\/12 {2}done\n/);
    await theRun(({ status, parkedFor }) => status === 'parked' && parkedFor?.reason === 'gate');
    await ok(['resume', id]);
    (await agent.next()).answer('Well done');
    assert.equal(await watch.ended, 0);
    assert.match(watch.out.said, /review {2}1\/1 {2}done\nCompleted: 4\/13 iterations, .*\n$/);
    assert.match(await ok(['runs']), /fix-tests {2}completed {2}4\/13 {4}2\/2/);
  });

  it('asks before it runs a new file, and pauses at Ctrl+C once the iteration has ended', async (t) => {
    const { agent, inTerminal, runs, ok, theRun } = await newFolder(t);
    const terminal = await inTerminal('run', FILE);
    if (!terminal) return;
    await terminal.until(/goal \(What is to be done\): $/);
    terminal.type('it\n');
    await terminal.until(/Run it\? \[y\/N\] $/);
    assert.deepEqual(await runs(), []);
    assert.match(terminal.seen.text, /agent scripted:\n +\S+node/);
    terminal.type('y\n');
    const turn = await agent.next();
    await terminal.until(/▸ {2}fix +1\/2 {2}running[^]*\(Ctrl\+C pauses it\)/);
    terminal.type(CTRL_C);
    await terminal.until(/pausing[^]*\(Ctrl\+C stops it for good\)/);
    turn.answer('not yet');
    assert.equal(await terminal.ended, 4);
    const { id } = await theRun(({ status }) => status === 'paused');
    assert.match(
      terminal.rest(),
      new RegExp(
        `Pausing, once .*\nfix-tests {2}paused[^]*\nPaused after .*\nTo go on: lockstep resume ${id}$`,
      ),
    );
    assert.equal(terminal.seen.isCursorShown, true);

    await ok(['resume', id]);
    (await agent.next()).answer('DONE');
    await theRun(({ parkedFor }) => parkedFor?.reason === 'gate');

    const again = await inTerminal('run', FILE, '--input', 'goal=more');
    (await agent.next()).answer('DONE');
    assert.equal(await again?.ended, 6, 'it is known now: nothing was asked');
  });

  it('stops the run at the second Ctrl+C, and its agent with it', async (t) => {
    const { agent, inTerminal, theRun } = await newFolder(t);
    const terminal = await inTerminal('run', FILE, '--yes', '--input', 'goal=it');
    if (!terminal) return;
    await agent.next();
    await terminal.until(/running[^]*\(Ctrl\+C pauses it\)/);
    terminal.type(CTRL_C);
    await terminal.until(/pausing/);
    terminal.type(CTRL_C);
    assert.equal(await terminal.ended, 7);
    assert.match(terminal.rest(), /Stopping\. .*\nfix-tests {2}stopped[^]*\nStopped after [^\n]*$/);
    await theRun(({ status }) => status === 'stopped');
  });

  it('pauses a run that is being started when Ctrl+C comes, and tells which it is', async (t) => {
    const { command, runs, theRun } = await newFolder(t, AGAIN_AND_AGAIN);
    const line = command('run', FILE, '--yes');
    await eventually(runs, (all) => all.length > 0, { what: 'a run' });
    // Its runner is a process that is only coming.
    line.child.kill('SIGINT');
    assert.equal(await line.ended, 4, line.err.said);
    const { id } = await theRun(({ status }) => status === 'paused');
    assert.match(line.err.said, new RegExp(`Started: ${id}\nPausing, once the iterations in flight`));
    assert.match(line.out.said, new RegExp(`\nTo go on: lockstep resume ${id}\n$`));
  });

  it('tells which run it leaves when it is ended while that is being started', async (t) => {
    const { command, runs, theRun } = await newFolder(t, AGAIN_AND_AGAIN);
    const line = command('run', FILE, '--yes', '--json');
    await eventually(runs, (all) => all.length > 0, { what: 'a run' });
    line.child.kill('SIGTERM');
    assert.equal(await line.ended, 143);
    const { id } = await theRun(({ status }) => status === 'active');
    assert.ok(`${line.err.said}${line.out.said}`.includes(id));
  });

  it('leaves the run to itself at the third Ctrl+C', async (t) => {
    const { inTerminal, theRun } = await newFolder(t, NEVER);
    const terminal = await inTerminal('run', FILE, '--yes');
    if (!terminal) return;
    await terminal.until(/running[^]*\(Ctrl\+C pauses it\)/);
    terminal.type(CTRL_C);
    await terminal.until(/\(Ctrl\+C stops it for good\)/);
    terminal.type(CTRL_C);
    await terminal.until(/\(Ctrl\+C leaves it to itself\)/);
    terminal.type(CTRL_C);
    assert.equal(await terminal.ended, 130);
    const { id } = await theRun(({ status }) => status === 'stopping' || status === 'stopped');
    assert.match(terminal.rest(), new RegExp(`\nThe run is left to itself\\. See it: lockstep runs ${id}\n`));
  });

  it('leaves the run going when its terminal is closed', async (t) => {
    const { agent, command, theRun } = await newFolder(t);
    const line = command('run', FILE, '--yes', '--input', 'goal=it');
    const turn = await agent.next();
    await line.out.until(/running/);
    line.child.kill('SIGHUP');
    assert.equal(await line.ended, 129);
    turn.answer('DONE');
    await theRun(({ parkedFor }) => parkedFor?.reason === 'gate');
  });

  it('asks what an agent asks, and tells it what was answered', async (t) => {
    const { inTerminal, theRun } = await newFolder(t, ASKING);
    const terminal = await inTerminal('run', FILE, '--yes');
    if (!terminal) return;
    await terminal.until(/Answer with a number from 1 to 2: $/);
    assert.match(
      terminal.seen.text,
      /Step only asks: .*\n {2}1 {2}Allow this change\n {2}2 {2}Skip this change\nAnswer/,
    );
    const { steps } = await theRun(({ questions }) => questions.length === 1);
    assert.equal(steps[0]?.isAsking, true);
    // Ctrl+C is for the run here, too, and what was asked is asked still.
    terminal.type(CTRL_C);
    await terminal.until(/Pausing, [^]*Answer with a number from 1 to 2: $/);
    terminal.type('1\n');
    assert.equal(await terminal.ended, 0);
    assert.match(terminal.rest(), /✓ {2}only {2}1\/1 {2}done\nCompleted/);
  });

  it('tells where its process is gone, and another process goes on with it', async (t) => {
    const { agent, command, ok, runnerOf, theRun } = await newFolder(t, LONGER);
    const line = command('run', FILE, '--yes', '--input', 'goal=it');
    await agent.next();
    await line.out.until(/fix {2}1\/5 {2}running\n/);
    const { id } = await theRun(({ status }) => status === 'active');
    process.kill(await runnerOf(id), 'SIGTERM');
    assert.equal(await line.ended, 1);
    assert.match(line.out.said, new RegExp(`Interrupted: .*\nTo go on: lockstep resume ${id}\n$`));

    const driven = command('drive', id);
    await agent.next();
    driven.child.kill('SIGTERM');
    assert.equal(await driven.ended, 143);
    await theRun(({ status }) => status === 'interrupted');
    await ok(['resume', id]);
    (await agent.next()).answer('DONE');
    const { steps } = await theRun(({ parkedFor }) => parkedFor?.reason === 'gate');
    assert.equal(steps[0]?.iterations, 3, 'those that were interrupted stay charged');
  });

  it('ends with who has started its process, where that was asked for', async (t) => {
    const { agent, command, runnerOf, theRun } = await newFolder(t, LONGER);
    const line = command('run', FILE, '--yes', '--input', 'goal=it');
    await agent.next();
    const { id } = await theRun(({ status }) => status === 'active');
    process.kill(await runnerOf(id), 'SIGTERM');
    await line.ended;
    const driven = command({ [STDIN_IS_LIFE]: '1' }, 'drive', id);
    await agent.next();
    driven.child.stdin?.end();
    assert.equal(await driven.ended, 1);
    await theRun(({ status }) => status === 'interrupted');
  });

  it('is driven by one process at a time', async (t) => {
    const { agent, command, theRun } = await newFolder(t);
    const line = command('run', FILE, '--yes', '--input', 'goal=it', '--json');
    const turn = await agent.next();
    const { id } = await theRun(({ status }) => status === 'active');
    const second = command('drive', id);
    assert.equal(await second.ended, 5);
    assert.match(second.err.said, /SESSION_LOCKED/);
    turn.answer('DONE');
    assert.equal(await line.ended, 6);
    const told = line.out.said
      .trimEnd()
      .split('\n')
      .map((text) => run.parse(JSON.parse(text)));
    assert.equal(told.at(-1)?.parkedFor?.reason, 'gate');
  });
});
