import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endGroup } from '../../server/workflows/supervisor/endGroup.ts';
import { isGroupGone } from '../../server/workflows/supervisor/groupMembers.ts';
import { systemProcesses } from '../../server/platform/systemProcesses.ts';
import {
  superviseProcess,
  type AgentProcess,
  type SupervisedProcess,
} from '../../server/workflows/supervisor/supervisedProcess.ts';
import { tempFolder } from '../support/tempFolder.ts';
import { until } from '../support/until.ts';
import {
  killAllWith,
  misbehaving,
  parentOf,
  processesWith,
  written,
} from '../server/workflows/markedProcesses.ts';

const RUNNER = fileURLToPath(new URL('../server/workflows/supervisor/killedRunner.ts', import.meta.url));
const ENV = { PATH: process.env['PATH'] ?? '' };

type Supervised = SupervisedProcess & { readonly marker: string };

function supervise(t: TestContext, process: Partial<AgentProcess> & Pick<AgentProcess, 'argv'>): Supervised {
  const marker = randomUUID();
  const agent = superviseProcess({
    cwd: tmpdir(),
    env: ENV,
    timeoutMs: 60_000,
    graceMs: 100,
    marker,
    ...process,
  });
  t.after(async () => {
    agent.end();
    await agent.exited;
    await endGroup({ marker }, { graceMs: 0 });
  });
  return { ...agent, marker };
}

async function said(stream: Readable, words: string): Promise<void> {
  let heard = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    heard += String(chunk);
    if (heard.includes(words)) return;
  }
  assert.fail(`it ended without having said ${words}: ${heard}`);
}

describe('a supervised process', () => {
  it('has its bytes passed as they are, both ways, and tells pid, start and exit', async (t) => {
    const agent = supervise(t, { argv: misbehaving('echo') });
    const sent = randomBytes(3_000_000);
    agent.stdin.end(sent);
    const [stdout, stderr, started, exit] = await Promise.all([
      buffer(agent.stdout),
      text(agent.stderr),
      agent.started,
      agent.exited,
    ]);
    assert.ok(stdout.equals(sent));
    assert.equal(stderr, 'said all');
    assert.match(started?.processStart ?? '', /^\d+$/);
    const { bootId, pidNamespace } = await systemProcesses().machine();
    assert.deepEqual(
      [started?.bootId, started?.pidNamespace, started?.marker],
      [bootId, pidNamespace, agent.marker],
    );
    assert.deepEqual(exit, { reason: 'exit', code: 0 });
  });

  it('has the environment that was given, the marker, and nothing else', async (t) => {
    const agent = supervise(t, { argv: misbehaving('environment'), env: { ...ENV, OWN: 'yes' } });
    const environment: unknown = JSON.parse(await text(agent.stdout));
    assert.deepEqual(environment, { ...ENV, OWN: 'yes', LOCKSTEP_AGENT_MARKER: agent.marker });
  });

  it('gets no socket but its three pipes', async (t) => {
    const agent = supervise(t, { argv: ['ls', '-l', '/proc/self/fd'] });
    const sockets = [...(await text(agent.stdout)).matchAll(/ (\d+) -> socket:/g)];
    assert.deepEqual(
      sockets.map(([, fd]) => fd),
      ['0', '1', '2'],
    );
  });

  it('stops while nobody reads its output', async (t) => {
    const agent = supervise(t, { argv: misbehaving('flood', '100') });
    const started = await agent.started;
    assert.ok(started);
    let before = -1;
    await until(() => {
      const now = written(started.pid);
      const stands = now > 32 * 1024 && now === before;
      before = now;
      return stands;
    });
    assert.ok(before < 4 * 1024 * 1024, `${before} bytes were written`);
    let bytes = 0;
    for await (const chunk of agent.stdout) bytes += chunk instanceof Buffer ? chunk.length : NaN;
    assert.equal(bytes, 100 * 1024 * 1024);
    assert.deepEqual(await agent.exited, { reason: 'exit', code: 0 });
  });

  it('is ended at its limit', async (t) => {
    const agent = supervise(t, { argv: ['sleep', '1000000'], timeoutMs: 300 });
    assert.equal((await agent.exited).reason, 'timeout');
    assert.deepEqual(processesWith(agent.marker), []);
  });

  it('is given the time to tidy up, and then not', async (t) => {
    const tidy = supervise(t, { argv: misbehaving('diesOnTerm'), graceMs: 60_000 });
    await said(tidy.stdout, 'ready');
    tidy.end();
    const [words, exit] = await Promise.all([text(tidy.stdout), tidy.exited]);
    assert.equal(words, 'tidied up\n');
    assert.deepEqual(exit, { reason: 'ended', code: 0 });

    const stubborn = supervise(t, { argv: misbehaving('ignoresTerm') });
    await said(stubborn.stdout, 'ready');
    stubborn.end();
    stubborn.end();
    assert.deepEqual(await stubborn.exited, { reason: 'ended', signal: 'SIGKILL' });
  });

  it('takes what it leaves behind with it, also what has a session of its own', async (t) => {
    const agent = supervise(t, { argv: misbehaving('leavesGrandchildren') });
    const [words, exit] = await Promise.all([text(agent.stdout), agent.exited]);
    assert.equal(words, 'done\n');
    assert.deepEqual(exit, { reason: 'exit', code: 0 });
    assert.deepEqual(processesWith(agent.marker), []);
  });

  for (const [what, argv, cwd, words] of [
    ['a program that is not there', ['/no/such/agent'], undefined, /\/no\/such\/agent does not exist/],
    ['a program that is not on PATH', ['no-such-agent'], undefined, /no program no-such-agent on its PATH/],
    [
      'a folder that is not there',
      ['true'],
      '/no/such/folder',
      /the folder \/no\/such\/folder: it does not exist/,
    ],
    ['a folder that is a file', ['true'], process.execPath, /it is not a folder/],
    ['arguments that are too long', ['true', 'x'.repeat(3_000_000)], undefined, /standard input/],
  ] as const) {
    it(`says why it has not started: ${what}`, async (t) => {
      const agent = supervise(t, { argv: [...argv], ...(cwd === undefined ? {} : { cwd }) });
      const [stdout, started, exit] = await Promise.all([text(agent.stdout), agent.started, agent.exited]);
      assert.equal(stdout, '');
      assert.equal(started, undefined);
      assert.equal(exit.reason, 'startFailed');
      assert.match(exit.message ?? '', words);
    });
  }

  it('says why it has not started: a file that may not be run', async (t) => {
    const path = join(await tempFolder(t), 'agent');
    await writeFile(path, '#!/bin/sh\n');
    await chmod(path, 0o644);
    const agent = supervise(t, { argv: [path] });
    const exit = await agent.exited;
    assert.equal(exit.reason, 'startFailed');
    assert.match(exit.message ?? '', /may not be run by you\. Make it executable/);
  });

  it('has an output closed that is held by a process which cannot be found', async (t) => {
    const tag = `TAG=${randomUUID()}`;
    // A session of its own, and an environment without the marker.
    const agent = supervise(t, {
      argv: ['sh', '-c', `setsid env -i ${tag} sleep 1000000 & echo before`],
    });
    t.after(() => killAllWith(tag));
    let heard = '';
    agent.stdout.on('data', (chunk: Buffer) => (heard += String(chunk)));
    agent.stderr.resume();
    await Promise.all([once(agent.stdout, 'close'), once(agent.stderr, 'close')]);
    assert.equal(heard, 'before\n');
    assert.deepEqual(await agent.exited, { reason: 'exit', code: 0 });
  });

  for (const [what, chat, wait] of [
    ['now and then', 'echo chat; sleep 0.3', 'sleep 0.1'],
    ['as fast as it can', 'yes', 'sleep 0.1'],
    ['now and then, after it was ended', 'echo chat; sleep 0.05', `exec sleep 1000000`],
  ] as const) {
    it(`has an output closed that such a process writes to ${what}`, async (t) => {
      const tag = `TAG=${randomUUID()}`;
      const agent = supervise(t, {
        argv: [
          'sh',
          '-c',
          `env -i PATH="$PATH" ${tag} setsid sh -c 'while :; do ${chat}; done' & echo before; ${wait}`,
        ],
      });
      t.after(() => killAllWith(tag));
      agent.stderr.resume();
      await said(agent.stdout, 'before');
      if (wait.startsWith('exec')) agent.end();
      agent.stdout.resume();
      await Promise.all([once(agent.stdout, 'close'), once(agent.stderr, 'close')]);
      assert.match((await agent.exited).reason, wait.startsWith('exec') ? /^ended$/ : /^exit$/);
    });
  }

  it('has all its output read by one who is slow, also long after its end', async (t) => {
    const agent = supervise(t, { argv: ['sh', '-c', 'head -c 100000 /dev/zero; echo end'] });
    let bytes = 0;
    for await (const chunk of agent.stdout.iterator({ destroyOnReturn: false })) {
      bytes += chunk instanceof Buffer ? chunk.length : NaN;
      await agent.exited;
      // Longer than an output is left open to one who does not read it.
      await pause(2500);
    }
    assert.equal(bytes, 100_004);
  });

  it('is ended from here when its supervisor is killed', async (t) => {
    const agent = supervise(t, { argv: misbehaving('staysWithGrandchildren') });
    const started = await agent.started;
    assert.ok(started);
    await said(agent.stdout, 'ready');
    process.kill(parentOf(started.pid), 'SIGKILL');
    const exit = await agent.exited;
    assert.equal(exit.reason, 'supervisorLost');
    assert.match(exit.message ?? '', /SIGKILL.*The agent was ended with it/);
    assert.deepEqual(processesWith(agent.marker), []);
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`is ended in order when its supervisor gets ${signal}`, async (t) => {
      const agent = supervise(t, { argv: misbehaving('staysWithGrandchildren') });
      const started = await agent.started;
      assert.ok(started);
      await said(agent.stdout, 'ready');
      process.kill(parentOf(started.pid), signal);
      assert.deepEqual(await agent.exited, { reason: 'ended', signal: 'SIGTERM' });
      assert.deepEqual(processesWith(agent.marker), []);
    });
  }
});

describe('a runner that is killed', () => {
  /** A process that runs an agent with grandchildren; given when these are up. */
  async function runner(t: TestContext) {
    const marker = randomUUID();
    const child = spawn(process.execPath, [RUNNER, marker], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(async () => {
      child.kill('SIGKILL');
      await endGroup({ marker }, { graceMs: 0 });
    });
    const agentPid = Number(String(await once(child.stdout, 'data')));
    const supervisorPid = parentOf(agentPid);
    // The agent, its two children, and the supervisor.
    assert.equal(processesWith(marker).length, 4);
    return { child, marker, agentPid, supervisorPid };
  }

  it('takes the agent and all its processes with it', async (t) => {
    const { child, marker, supervisorPid } = await runner(t);
    child.kill('SIGKILL');
    await until(() => processesWith(marker).length === 0);
    // The supervisor does not outlive its work.
    await until(() => Number.isNaN(parentOf(supervisorPid)));
    assert.equal(await isGroupGone({ marker }), true);
  });

  it('is not proved gone while its supervisor may yet start the agent, which the next runner keeps it from', async (t) => {
    const marker = randomUUID();
    const child = spawn(process.execPath, [RUNNER, marker], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    let supervisor: number | undefined;
    await until(() => {
      [supervisor] = processesWith(marker);
      return supervisor !== undefined;
    });
    assert.ok(supervisor !== undefined);
    process.kill(supervisor, 'SIGSTOP');
    assert.equal(parentOf(supervisor), child.pid);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(await isGroupGone({ marker }), false);
    assert.deepEqual(await endGroup({ marker }, { graceMs: 100 }), { left: [] });
    assert.deepEqual(processesWith(marker), []);
  });

  it('leaves an agent when its supervisor is killed as well, which the next runner finds by the marker and ends', async (t) => {
    const { child, marker, agentPid, supervisorPid } = await runner(t);
    process.kill(supervisorPid, 'SIGSTOP');
    child.kill('SIGKILL');
    await once(child, 'exit');
    process.kill(supervisorPid, 'SIGKILL');
    assert.equal(await isGroupGone({ marker }), false);
    assert.ok(processesWith(marker).includes(agentPid));
    assert.deepEqual(await endGroup({ marker }, { graceMs: 100 }), { left: [] });
    assert.equal(await isGroupGone({ marker }), true);
    assert.deepEqual(processesWith(marker), []);
  });
});
