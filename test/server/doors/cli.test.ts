import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { wireError } from '../../../server/protocol/error.ts';
import { methods } from '../../../server/protocol/methods.ts';
import { session } from '../../../server/protocol/session.ts';
import { CLI, runCommand, spawnCommand } from '../../support/command.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { newCli } from './cli/inProcess.ts';

describe('lockstep, the command', () => {
  it('calls a method with params from the argument or from stdin, and prints the result', async (t) => {
    const { home, run, ok } = await newCli(t);
    const params = JSON.stringify({ task: 'Fix the tests', mode: 'developer' });
    for (const ran of [
      await run(['call', 'sessions.start', params]),
      await runCommand(['call', 'sessions.start', '-'], { env: { LOCKSTEP_HOME: home }, stdin: params }),
    ]) {
      assert.deepEqual([ran.code, ran.stderr], [0, '']);
      assert.equal(session.parse(JSON.parse(ran.stdout)).task, 'Fix the tests');
    }
    assert.match(await ok(['call', 'sessions.stats']), /"total": 2/);
  });

  it('prints an error as JSON on stderr alone, and exits with 1', async (t) => {
    const run = await runCommand(['call', 'sessions.get', '{"id":"no-such"}'], {
      env: { LOCKSTEP_HOME: await tempFolder(t) },
    });
    assert.deepEqual([run.code, run.stdout], [1, '']);
    assert.equal(wireError.parse(JSON.parse(run.stderr)).code, 'SESSION_NOT_FOUND');
  });

  it('says what is wrong with a command line, and exits with 2', async (t) => {
    const { home, run } = await newCli(t);
    const asProcess = await runCommand(['dance'], { env: { LOCKSTEP_HOME: home } });
    assert.deepEqual([asProcess.code, asProcess.stdout], [2, '']);
    for (const [args, words] of [
      [[], /Usage:/],
      [['dance'], /no command dance/],
      [['call'], /needs the name of a method/],
      [['call', 'no.such'], /no method no\.such/],
      [['call', 'sessions.get', '{id: 1}'], /not JSON/],
      [['call', 'sessions.get', '{}', '{}'], /one method and one JSON value/],
      [['rpc', 'now'], /takes no arguments/],
      [['methods', '--yaml'], /--yaml/],
    ] as const) {
      const { code, stdout, stderr } = await run(args);
      assert.deepEqual([code, stdout], [2, ''], args.join(' '));
      assert.match(stderr, words);
    }
  });

  it('lists the methods, for people and with JSON schemas for programs', async (t) => {
    const { ok } = await newCli(t);
    const listed = await ok(['methods']);
    for (const { name, summary } of methods) assert.ok(listed.includes(name) && listed.includes(summary));
    const described: unknown = JSON.parse(await ok(['methods', '--json']));
    assert.ok(Array.isArray(described));
    assert.equal(described.length, methods.length);
    assert.match(JSON.stringify(described[0]), /"additionalProperties":false/);
  });

  it('says in one line that a Node is too old', async () => {
    // Stands in for an old Node: the version is all that the command may look at before it loads the rest.
    const older = 'Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.19.0"}})';
    const run = await runCommand(['--version'], {
      env: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(older)}` },
    });
    assert.deepEqual([run.code, run.stdout], [2, '']);
    assert.match(run.stderr, /^lockstep: needs Node 24 or newer, and this is Node 20\.19\.0 \(.*\)\n$/);
  });

  it('fails when its output cannot be written', async () => {
    const full = await open('/dev/full', 'w');
    const child = spawn(process.execPath, [CLI, 'methods'], { stdio: ['ignore', full.fd, 'pipe'] });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await once(child, 'close');
    await full.close();
    assert.equal(child.exitCode, 1);
    assert.match(stderr, /the output could not be written: ENOSPC/);
  });

  it('ends quietly when its reader has seen enough', async () => {
    const child = spawnCommand(['methods', '--json']);
    child.stdout?.once('data', () => child.stdout?.destroy());
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await once(child, 'close');
    assert.equal(stderr, '');
  });

  it('prints help and version', async (t) => {
    const { ok } = await newCli(t);
    assert.match(await ok(['--help']), /Exit codes/);
    assert.match((await runCommand(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
  });
});
