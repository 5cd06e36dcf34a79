import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { installCommand } from '../server/doors/cli/builtCommand.ts';
import { newCli } from '../server/doors/cli/inProcess.ts';
import { tempFolder } from '../support/tempFolder.ts';

/** Where `lockstep` is, for the PATH. */
const bin = await tempFolder({ after });
await installCommand(bin);

const PAGE = new URL('../../docs/scripting.md', import.meta.url);

/** The script of the page, as somebody would save it, with an agent that does what its input says. */
async function newScript(t: TestContext) {
  const cli = await newCli(t);
  const { home } = cli;
  const text = /```sh\n(#!\/bin\/sh\n# drive\.sh[\s\S]*?)```/.exec(await readFile(PAGE, 'utf8'))?.[1];
  assert.ok(text !== undefined, 'the page has the script');
  const save = async (name: string, script: string) => {
    await writeFile(join(home, name), script);
    await chmod(join(home, name), 0o755);
  };
  await save('drive.sh', text);
  await save('agent', '#!/bin/sh\necho agent works\nread -r code\nexit "$code"\n');

  function drive(env: NodeJS.ProcessEnv = {}) {
    const child = spawn(join(home, 'drive.sh'), ['fix-login', 'Fix the login test', 'agent'], {
      env: {
        ...process.env,
        PATH: [home, bin, process.env['PATH']].join(delimiter),
        LOCKSTEP_HOME: home,
        ...env,
      },
    });
    t.after(() => {
      child.kill('SIGKILL');
      child.stdin.destroy();
    });
    child.stdin.on('error', () => undefined);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (said: string) => (stderr += said));
    let stdout = '';
    let works = Promise.withResolvers<void>();
    let worked = 0;
    child.stdout.setEncoding('utf8').on('data', (said: string) => {
      stdout += said;
      if ((stdout.match(/agent works/g)?.length ?? 0) > worked) {
        worked++;
        works.resolve();
        works = Promise.withResolvers();
      }
    });
    return {
      /** Until the agent works, for the next time. */
      agent: () => works.promise,
      /** The agent ends with this code. */
      answer: (code: number) => void child.stdin.write(`${code}\n`),
      ended: once(child, 'close').then(() => child.exitCode),
      said: () => ({ stdout, stderr }),
    };
  }
  const events = async () =>
    (await cli.ok(['show', 'fix-login', '--events'])).split('\n').flatMap((line) => {
      const event = /^ +\d+ {2}\S+ \S+ {2}(.*)$/.exec(line)?.[1];
      return event === undefined ? [] : [event];
    });
  return { ...cli, drive, events };
}

describe('the script of docs/scripting.md', { concurrency: 2 }, () => {
  it('drives a session to its end', async (t) => {
    const { drive, events } = await newScript(t);
    const script = drive();
    for (const code of [10, 10, 0]) {
      await script.agent();
      script.answer(code);
    }
    assert.equal(await script.ended, 0, script.said().stderr);
    assert.deepEqual(await events(), [
      'started: Fix the login test',
      'iteration begins',
      'iteration ends: again',
      'iteration begins',
      'iteration ends: again',
      'iteration begins',
      'completed: done by agent',
    ]);
  });

  it('stops when somebody pauses it, after the iteration in flight, and goes on when it is run again', async (t) => {
    const { drive, events, ok, run } = await newScript(t);
    const script = drive();
    await script.agent();
    assert.match(await ok(['pause', 'fix-login', '--reason', 'lunch']), /pausing, iteration 1 of 5/);
    assert.equal((await run(['iterate', 'fix-login'])).code, 5, 'it is held');
    script.answer(10);
    assert.equal(await script.ended, 4);
    assert.match(script.said().stderr, /lockstep resume/);
    assert.deepEqual((await events()).slice(-2), ['iteration ends: again', 'paused: lunch']);

    assert.equal(await drive().ended, 4, 'it is paused still');
    await ok(['resume', 'fix-login']);
    const again = drive();
    await again.agent();
    again.answer(0);
    assert.equal(await again.ended, 0);
    assert.match(await ok(['show', 'fix-login']), /completed, iteration 2 of 5/);
  });

  it('stops at its budget with 3, and says with 1 that the agent failed', async (t) => {
    const { drive, ok } = await newScript(t);
    const script = drive({ BUDGET: '1' });
    await script.agent();
    script.answer(10);
    assert.equal(await script.ended, 3);
    await ok(['resume', 'fix-login', '--add', '1']);
    const again = drive();
    await again.agent();
    again.answer(7);
    assert.equal(await again.ended, 1);
    assert.match(await ok(['show', 'fix-login']), /failed, iteration 2 of 2[\s\S]*agent did not work/);
  });
});
