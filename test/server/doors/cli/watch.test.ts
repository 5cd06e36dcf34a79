import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { sessionEvent } from '../../../../server/protocol/event.ts';
import { CLI, spawnCommand } from '../../../support/command.ts';
import { FakeTerminal, newCli } from './inProcess.ts';
import { Emulator } from './emulator.ts';
import { listener } from './heard.ts';
import { shellWord, width } from '../../../../server/doors/cli/text.ts';
import { findOnPath } from '../../../../scripts/host/findOnPath.ts';

function running(t: TestContext, child: ChildProcess) {
  t.after(() => child.kill('SIGKILL'));
  const [out, err] = [listener(child.stdout), listener(child.stderr)];
  return { child, out, err, ended: once(child, 'close').then(() => child.exitCode ?? child.signalCode) };
}

describe('lockstep watch, as a process', { concurrency: 2 }, () => {
  it('tells the events of a session as another process writes them, and ends as the session does', async (t) => {
    const { home, ok, start } = await newCli(t);
    for (const [verb, code] of [
      ['complete', 0],
      ['fail', 1],
    ] as const) {
      const id = await start(`To ${verb}`);
      const watch = running(t, spawnCommand(['watch', id], { env: { LOCKSTEP_HOME: home } }));
      await watch.out.until(/started: To /);
      await ok(['iterate', id, '--data', '{"phase": "tests"}']);
      await watch.out.until(/^ +2 .* iteration begins \{"phase":"tests"\}\n$/);
      await ok([verb, id, ...(verb === 'fail' ? ['no way'] : ['--result', 'all green'])]);
      await watch.out.until(verb === 'fail' ? /error: no way/ : /completed: all green/);
      assert.equal(await watch.ended, code);
      assert.equal(watch.err.said, '');
    }
  });

  it('gives events as JSON, one a line, from where it is told', async (t) => {
    const { home, ok, start } = await newCli(t);
    const id = await start();
    for (let times = 0; times < 3; times++) await ok(['iterate', id]);
    const env = { LOCKSTEP_HOME: home };
    const watch = running(t, spawnCommand(['watch', id, '--json', '--last', '1'], { env }));
    const first = await watch.out.until(/\n/);
    await ok(['complete', id]);
    assert.equal(await watch.ended, 0);
    const events = `${first}${watch.out.said}`
      .trimEnd()
      .split('\n')
      .map((line) => sessionEvent.parse(JSON.parse(line)));
    assert.deepEqual(
      events.map(({ seq, type }) => [seq, type]),
      [
        [4, 'iteration'],
        [5, 'complete'],
      ],
    );
  });

  it('tells of each session that changed where there is no terminal, until it is interrupted', async (t) => {
    const { home, ok, start } = await newCli(t);
    const id = await start('Fix it', '--label', 'fix');
    const watch = running(t, spawnCommand(['watch'], { env: { LOCKSTEP_HOME: home } }));
    assert.match(await watch.out.until(/\n/), new RegExp(`  ${id}  active  0/50  fix  Fix it\n$`));
    await ok(['iterate', 'fix']);
    await watch.out.until(/ active {2}1\/50 {2}fix/);
    await ok(['pause', 'fix']);
    await watch.out.until(/ paused {2}1\/50 {2}fix/);
    const other = await start('Another');
    await watch.out.until(new RegExp(`${other}  active`));
    await ok(['rm', 'fix']);
    await watch.out.until(new RegExp(`^${id}  removed\n$`));
    watch.child.kill('SIGINT');
    assert.equal(await watch.ended, 130);
    assert.deepEqual([watch.out.said, watch.err.said], ['', '']);
  });

  it('ends when nobody reads any more', async (t) => {
    const { home, ok, start } = await newCli(t);
    const id = await start();
    const watch = running(t, spawnCommand(['watch'], { env: { LOCKSTEP_HOME: home } }));
    await watch.out.until(/\n/);
    watch.child.stdout?.destroy();
    await ok(['iterate', id]);
    assert.equal(await watch.ended, 0);
    assert.equal(watch.err.said, '');
  });

  it('draws in a terminal of its own, and gives the cursor back at Ctrl+C', async (t) => {
    const script = await findOnPath(['script']);
    // util-linux makes the terminal. Without it, the fake terminal below has to do.
    if (script === undefined) return t.diagnostic('no script(1) here: not drawn in a real terminal');
    const { home, ok, start } = await newCli(t);
    const id = await start('Fix it');
    const line = [process.execPath, CLI, 'watch'].map(shellWord).join(' ');
    const inTerminal = ['-q', '-e', '-c', `stty cols 60 rows 10; exec ${line}`, '/dev/null'];
    const watch = running(t, spawn(script, inTerminal, { env: { ...process.env, LOCKSTEP_HOME: home } }));
    const seen = new Emulator(60);
    seen.feed(await watch.out.until(/Fix it/));
    assert.match(
      seen.text,
      new RegExp(`^Lockstep: 1 active  \\(Ctrl\\+C ends\\)\n\nID .*\n${id.slice(0, 13)}  active  0/50`),
    );
    await ok(['iterate', id]);
    seen.feed(await watch.out.until(/1\/50/));
    await ok(['pause', id]);
    seen.feed(await watch.out.until(/paused.*1\/50/));
    assert.match(seen.text, /^Lockstep: 1 paused/);
    watch.child.stdin?.write('\u0003');
    assert.equal(await watch.ended, 130);
    seen.feed(watch.out.said);
    assert.equal(seen.isCursorShown, true);
    assert.equal(seen.text.match(/Lockstep:/g)?.length, 1, 'it was drawn in place');
  });
});

describe('lockstep watch in a terminal', () => {
  it('fits the width and the height, and says how many it has no room for', async (t) => {
    const { run, start } = await newCli(t);
    for (let count = 0; count < 12; count++)
      await start(`Task ${count} with quite a long title, which does not fit`);
    const terminal = new FakeTerminal(50, 8);
    t.after(() => terminal.emit('close'));
    const out = listener(terminal);
    const seen = new Emulator(50);
    const ended = run(['watch'], { terminal });
    seen.feed(await out.until(/more/));
    const lines = seen.text.split('\n');
    assert.equal(lines.length, 8);
    for (const line of lines) assert.ok(width(line) <= 50, line);
    assert.equal(lines[0], 'Lockstep: 12 active  (Ctrl+C ends)');
    assert.match(lines[3] ?? '', /Task 11/);
    assert.equal(lines[7], 'and 8 more');
    terminal.rows = 20;
    terminal.emit('resize');
    seen.feed(await out.until(/Task 0/));
    assert.equal(seen.text.split('\n').length, 15);
    terminal.emit('close');
    assert.equal((await ended).code, 0);
  });

  it('keeps a status line below the events of a session, and takes it away at the end', async (t) => {
    const { ok, run, start } = await newCli(t);
    const id = await start('Fix it', '-i', '1');
    const terminal = new FakeTerminal(100);
    t.after(() => terminal.emit('close'));
    const out = listener(terminal);
    const seen = new Emulator(100);
    const ended = run(['watch', id], { terminal });
    seen.feed(await out.until(/Ctrl/));
    assert.match(seen.text, /started: Fix it\nactive, no iteration of 1 begun {2}\(Ctrl\+C ends\)$/);
    await ok(['iterate', id]);
    seen.feed(await out.until(/iteration 1 of 1/));
    await run(['iterate', id]);
    seen.feed(await out.until(/to go on/));
    assert.match(
      seen.text,
      new RegExp(
        `out of iterations: 1 of 1 used\ntimeout, iteration 1 of 1  \\(to go on: lockstep resume ${id}`,
      ),
    );
    await ok(['complete', id]);
    assert.equal((await ended).code, 0);
    seen.feed(out.said);
    assert.match(seen.text, /started: Fix it\n.*iteration begins\n.*out of iterations.*\n.*completed$/);
    assert.equal(seen.isCursorShown, true);
  });
});
