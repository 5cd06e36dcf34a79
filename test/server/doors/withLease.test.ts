import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, describe, it, type TestContext } from 'node:test';
import type { CliDoor } from '../../../server/doors/cli/door.ts';
import { runCli } from '../../../server/doors/cli/runCli.ts';
import { Registry } from '../../../server/methods/registry.ts';
import { wireError } from '../../../server/protocol/error.ts';
import { locksAcquire, locksList, locksRelease } from '../../../server/protocol/lockMethods.ts';
import { sessionsIterate, sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsGet } from '../../../server/protocol/sessionQueryMethods.ts';
import { CLI, runCommand, spawnCommand, type RunOptions } from '../../support/command.ts';
import { queued } from '../../support/leaseTables.ts';
import { RpcClient } from '../../support/rpcClient.ts';

const locked = { code: 'SESSION_LOCKED' };

const home = await mkdtemp(join(tmpdir(), 'lockstep-test-'));
const env = { HOME: home, LOCKSTEP_HOME: home };
/** Somebody else who uses the store. */
const client = new RpcClient({ after: () => undefined }, home, { env });
after(async () => {
  await client.kill();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});
const begin = async () => (await client.call(sessionsStart, { task: 't', mode: 'm' })).id;
const leaseOn = async (id: string) =>
  (await client.call(locksList, {})).locks.find(({ session }) => session === id);

/** `lockstep with-lease` that goes on beside the test. Its input is open until the test closes it. */
function run(t: TestContext, args: readonly string[], options: RunOptions = {}) {
  const child = spawnCommand(['with-lease', ...args], { env, ...options });
  t.after(() => {
    child.kill('SIGKILL');
    // What it ran reads from there, and ends.
    child.stdin?.destroy();
  });
  child.stdin?.on('error', () => undefined);
  const said = { stdout: '', stderr: '' };
  const waiters = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      for (const look of waiters) look();
    });
  }
  return {
    child,
    said,
    /** Until the command, or Lockstep, has said this. */
    until: (words: RegExp) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => {
        if (words.test(said.stdout) || words.test(said.stderr)) resolve();
      };
      waiters.add(look);
      look();
      return promise;
    },
    /** Gives the exit code or, where a signal ended it, the signal. */
    ended: once(child, 'close').then(() => child.exitCode ?? child.signalCode),
  };
}

const sh = (script: string) => ['--', 'sh', '-c', script];
/** The session and the token are in the environment of the command, where a script takes them from. */
const ITERATE = `printf '{"id": "%s", "lease": "%s"}' "$LOCKSTEP_SESSION" "$LOCKSTEP_LEASE" | "${process.execPath}" "${CLI}" call sessions.iterate - > /dev/null`;

describe('lockstep with-lease', { concurrency: 3 }, () => {
  it('runs a command that can write, while nobody else can, and gives the lease back', async (t) => {
    const id = await begin();
    const command = run(t, ['--name', 'builder', id, ...sh(`${ITERATE} && echo written; read line; exit 7`)]);
    await command.until(/written/);
    await assert.rejects(client.call(sessionsIterate, { id }), {
      ...locked,
      message: /held by builder \(process/,
    });
    await assert.rejects(client.call(locksAcquire, { session: id, waitMs: 0 }), locked);
    const lease = await leaseOn(id);
    assert.deepEqual([lease?.owner.pid, lease?.owner.name], [command.child.pid, 'builder']);
    command.child.stdin?.write('\n');
    assert.equal(await command.ended, 7);
    assert.equal(command.said.stderr, '');
    assert.equal(await leaseOn(id), undefined);
    assert.equal((await client.call(sessionsIterate, { id })).iterations, 2);
  });

  it('ends with the exit code of the command, or as shells say how it ended', async () => {
    await writeFile(`${home}/not-executable`, 'echo hello\n', { mode: 0o600 });
    const cases: readonly [readonly string[], number, RegExp][] = [
      [sh('exit 0'), 0, /^$/],
      [sh('kill -KILL $$'), 137, /^$/],
      [sh('kill -TERM $$'), 143, /^$/],
      [['--', 'no-such-program'], 127, /no-such-program could not be run: it does not exist/],
      [['--', `${home}/not-executable`], 126, /not-executable could not be run: permission denied/],
      [['--', home], 126, /could not be run: permission denied/],
    ];
    await Promise.all(
      cases.map(async ([args, code, words]) => {
        const id = await begin();
        const ran = await runCommand(['with-lease', id, ...args], { env });
        assert.equal(ran.code, code, args.join(' '));
        assert.match(ran.stderr, words);
        assert.equal(await leaseOn(id), undefined);
      }),
    );
  });

  it('passes SIGTERM and SIGHUP on, and waits for what the command makes of it', async (t) => {
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
      const name = signal.slice(3);
      const script = `trap 'echo got ${name}; read line; exit 9' ${name}; echo ready; read line`;
      const id = await begin();
      const command = run(t, [id, ...sh(script)]);
      await command.until(/ready/);
      command.child.kill(signal);
      await command.until(new RegExp(`got ${name}`));
      assert.ok(await leaseOn(id), 'it is held while the command ends');
      command.child.stdin?.write('\n');
      assert.equal(await command.ended, 9);
      assert.equal(await leaseOn(id), undefined);
    }
  });

  it('leaves it to the command what Ctrl+C does, which reaches both', async (t) => {
    const script = `trap 'echo interrupted' INT; echo ready; read line || read line; exit 5`;
    // A group of its own, as in a terminal.
    const id = await begin();
    const command = run(t, [id, ...sh(script)], { under: ['setsid'] });
    const { pid } = command.child;
    assert.ok(pid !== undefined);
    await command.until(/ready/);
    process.kill(-pid, 'SIGINT');
    await command.until(/interrupted/);
    assert.ok(await leaseOn(id));
    command.child.stdin?.write('\n');
    assert.equal(await command.ended, 5);
    assert.equal(await leaseOn(id), undefined);

    const other = run(t, [id, ...sh('echo ready; read line')], { under: ['setsid'] });
    await other.until(/ready/);
    process.kill(-(other.child.pid ?? assert.fail()), 'SIGINT');
    assert.equal(await other.ended, 130);
    assert.equal(await leaseOn(id), undefined);
  });

  it('frees the session at once when it is killed', async (t) => {
    const id = await begin();
    const command = run(t, ['--ttl', '600000', id, ...sh('echo ready; read line')]);
    await command.until(/ready/);
    await assert.rejects(client.call(sessionsIterate, { id }), locked);
    const exited = once(command.child, 'exit');
    command.child.kill('SIGKILL');
    await exited;
    assert.ok((await client.call(locksAcquire, { session: id, waitMs: 0 })).fence > 1);
    command.child.stdin?.end();
  });

  it('keeps a lease for as long as the command runs, and ends the command when it is lost', async (t) => {
    const scripts = [
      ['echo ready; exec cat > /dev/null', 143],
      // One that ends well nevertheless has done so without the lease.
      ["trap 'exit 0' TERM; echo ready; read line", 1],
    ] as const;
    await Promise.all(
      scripts.map(async ([script, code]) => {
        const id = await begin();
        const command = run(t, ['--ttl', '1500', id, ...sh(script)]);
        await command.until(/ready/);
        await assert.rejects(
          client.call(locksAcquire, { session: id, waitMs: 2000 }),
          locked,
          'it is renewed',
        );
        command.child.kill('SIGSTOP');
        const next = await client.call(locksAcquire, { session: id, waitMs: 60_000, ttlMs: 600_000 });
        command.child.kill('SIGCONT');
        assert.equal(await command.ended, code);
        assert.match(command.said.stderr, /^lockstep: the lease on session \S+ is gone: .*Ending sh\.\n$/);
        const mine = await client.call(sessionsIterate, { id, lease: next.token });
        assert.equal(mine.iterations, 1, 'what it gave back was not the lease of another');
      }),
    );
  });

  it('says why it does not run the command where the session is held, and waits if asked to', async (t) => {
    const id = await begin();
    const held = await client.call(locksAcquire, { session: id, name: 'agent-a' });
    const refused = await runCommand(['with-lease', '--wait', '0', id, ...sh('echo ran')], { env });
    assert.deepEqual([refused.code, refused.stdout], [1, '']);
    const error = wireError.parse(JSON.parse(refused.stderr));
    assert.equal(error.code, 'SESSION_LOCKED');
    assert.match(error.message, /held by agent-a/);
    const unknown = await runCommand(['with-lease', 'no-such', ...sh('echo ran')], { env });
    assert.deepEqual([unknown.code, unknown.stdout], [1, '']);
    assert.equal(wireError.parse(JSON.parse(unknown.stderr)).code, 'SESSION_NOT_FOUND');

    const waiting = run(t, ['--wait', '60000', id, ...sh('echo ran')]);
    await queued(home, id, 1);
    await client.call(locksRelease, { token: held.token });
    assert.equal(await waiting.ended, 0);
    assert.equal(waiting.said.stdout, 'ran\n');
  });

  it('is not in the way of anybody when it is ended while it waits', async (t) => {
    const id = await begin();
    const held = await client.call(locksAcquire, { session: id });
    const waiting = run(t, ['--wait', '600000', id, ...sh('echo ran')]);
    await queued(home, id, 1);
    const behind = client.call(locksAcquire, { session: id, waitMs: 60_000 });
    waiting.child.kill('SIGTERM');
    assert.equal(await waiting.ended, 'SIGTERM');
    await client.call(locksRelease, { token: held.token });
    assert.ok((await behind).fence > held.fence);
    assert.equal(waiting.said.stdout, '');
    assert.equal((await client.call(sessionsGet, { id })).status, 'active');
  });

  it('says what is wrong with a command line, takes no lease, and exits with 2', async () => {
    const door: CliDoor = {
      registry: new Registry({ log: () => undefined }),
      connect: () => assert.fail('it went on'),
      drive: () => assert.fail(),
      sweepRuns: () => assert.fail(),
      onDidChange: () => assert.fail(),
      env: {},
      version: '1',
      stdin: new PassThrough(),
      stdout: new PassThrough(),
      stderr: new PassThrough(),
    };
    const id = 'some-session';
    const cases: readonly [readonly string[], RegExp][] = [
      [[], /needs a command after --/],
      [[id], /needs a command after --/],
      [[id, '--'], /needs a command after --/],
      [[id, '--', ''], /needs a command after --/],
      [['--', 'true'], /needs the id of one session/],
      [[id, 'another', '--', 'true'], /needs the id of one session/],
      [['--ttl', 'soon', id, '--', 'true'], /--ttl needs milliseconds, from 1 to 86400000/],
      [['--ttl', '', id, '--', 'true'], /--ttl needs milliseconds/],
      [['--ttl', '0', id, '--', 'true'], /--ttl needs milliseconds/],
      [['--ttl', '86400001', id, '--', 'true'], /--ttl needs milliseconds/],
      [['--wait', '1.5', id, '--', 'true'], /--wait needs milliseconds, from 0 to 600000/],
      [['--wait=-1', id, '--', 'true'], /--wait needs milliseconds/],
      [['--wait', '600001', id, '--', 'true'], /--wait needs milliseconds/],
      [['--name', '', id, '--', 'true'], /--name needs a text/],
      [['--force', id, '--', 'true'], /--force/],
    ];
    for (const [args, words] of cases) {
      const said = new PassThrough();
      const code = await runCli(['with-lease', ...args], { ...door, stderr: said });
      assert.equal(code, 2, args.join(' '));
      const text = String(said.read());
      assert.match(text, words);
      assert.match(text, /See lockstep --help/);
    }
  });
});
