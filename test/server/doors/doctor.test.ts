import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { healthGet, type Health } from '../../../server/protocol/healthMethods.ts';
import { createServer } from '../../../server/server.ts';
import { runCommand, type Finished } from '../../support/command.ts';
import { breakIndex } from '../../support/breakIndex.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { cliOn } from './cli/inProcess.ts';

interface Options {
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** As a process, without root's power over permissions. */
  readonly unprivileged?: boolean;
}

/** A user's home with a store that was closed in order, and the doctor on it. */
async function newHome(t: TestContext) {
  const home = await tempFolder(t);
  const folder = join(home, 'store');
  const store = join(folder, 'lockstep.db');
  const server = createServer({
    env: { LOCKSTEP_HOME: folder },
    userHome: home,
    logger: { log: () => undefined },
  });
  const begun = await server.registry.call('sessions.start', { task: 't', mode: 'm' });
  assert.ok(begun.ok);
  server.dispose();
  async function doctor({ args = [], env, unprivileged = false }: Options = {}): Promise<Finished> {
    const own = { HOME: home, LOCKSTEP_HOME: folder, ...env };
    if (unprivileged) return runCommand(['doctor', ...args], { env: own, unprivileged });
    const looking = createServer({ env: own, userHome: home, logger: { log: () => undefined } });
    try {
      return await cliOn(looking).run(['doctor', ...args], { env: own });
    } finally {
      looking.dispose();
    }
  }
  /** The doctor finds something that does not work, says so in words and does not fail by it. */
  async function unhealthy(words: RegExp, options: Options = {}): Promise<void> {
    const { code, stdout, stderr } = await doctor(options);
    assert.deepEqual([code, stderr], [1, ''], stdout);
    assert.match(stdout, /^Lockstep \d+\.\d+\.\d+: unhealthy\n/);
    assert.match(stdout, words);
    assert.match(stdout, /^ok {4}liveness/m, 'the other checks are there');
  }
  return { home, folder, store, doctor, unhealthy };
}

describe('lockstep doctor', { concurrency: 2 }, () => {
  it('says that all is well, and exits with 0', async (t) => {
    const { home, folder, store } = await newHome(t);
    const env = { HOME: home, LOCKSTEP_HOME: folder };
    const { code, stdout, stderr } = await runCommand(['doctor'], { env });
    assert.deepEqual([code, stderr], [0, ''], stdout);
    assert.match(stdout, /^Lockstep \d+\.\d+\.\d+: healthy\n\n/);
    assert.match(stdout, /^ok {4}readiness {2}The store .* can be written/m);
    assert.ok(stdout.includes(store));
    assert.equal(/->|warn|FAIL/.test(stdout), false);
  });

  it('gives the result of health.get with --json', async (t) => {
    const { doctor } = await newHome(t);
    const { code, stdout } = await doctor({ args: ['--json', '--integrity'] });
    const health: Health = healthGet.result.parse(JSON.parse(stdout));
    assert.deepEqual([code, health.status], [0, 'healthy']);
    assert.deepEqual(Object.keys(health.checks), [
      'liveness',
      'startup',
      'readiness',
      'locks',
      'memory',
      'integrity',
    ]);
  });

  it('tells of a stale lock and how to remove it, and of a folder that it cannot look at', async (t) => {
    const { home, doctor } = await newHome(t);
    const [root, shut] = [join(home, 'locks'), join(home, 'shut\u001b[2J')];
    for (const folder of [root, shut]) await mkdir(folder);
    const gone = spawn('true', { stdio: 'ignore' });
    await once(gone, 'exit');
    const payload = { pid: gone.pid, createdAt: new Date().toISOString() };
    await writeFile(join(root, 'stale.jsonl.lock'), JSON.stringify(payload));
    await chmod(shut, 0);
    const { code, stdout, stderr } = await doctor({
      env: { LOCKSTEP_LOCK_ROOTS: `${root}:${shut}` },
      unprivileged: true,
    });
    assert.deepEqual([code, stderr], [1, ''], stdout);
    assert.match(stdout, /: degraded\n/);
    assert.match(
      stdout,
      /^warn {2}locks {6}One stale lock\. \S+\/shut \[2J could not be looked at: permission denied\.$/m,
    );
    assert.match(stdout, /^ +-> See them with "lockstep call locks\.clean".*Check the owner/m);
  });

  it('tells of sources that cannot be read', async (t) => {
    const { home, doctor } = await newHome(t);
    const projects = join(home, '.claude', 'projects');
    await mkdir(projects, { recursive: true });
    await chmod(projects, 0);
    const { code, stdout, stderr } = await doctor({ unprivileged: true });
    assert.deepEqual([code, stderr], [1, ''], stdout);
    assert.match(stdout, /^warn {2}readiness {2}\S+\/projects cannot be read: permission denied\.$/m);
    assert.match(stdout, /-> Check the owner and the permissions of these folders/);
  });

  it('tells of a store that is damaged, and to keep a copy', async (t) => {
    const { store, unhealthy } = await newHome(t);
    await writeFile(store, 'no database at all, but long enough to be taken for one'.repeat(100));
    await unhealthy(/^FAIL {2}readiness {2}The store .* is damaged: .*\n +-> .*keeps the damaged file/m);
  });

  it('tells of a store that is newer than this Lockstep, and to update', async (t) => {
    const { store, unhealthy } = await newHome(t);
    const db = new DatabaseSync(store);
    db.exec('PRAGMA user_version = 99');
    db.close();
    await unhealthy(/^FAIL {2}readiness {2}.* has schema 99; .* Update Lockstep\./m);
  });

  it('tells of a store that is read-only', async (t) => {
    const { folder, store, unhealthy } = await newHome(t);
    await chmod(store, 0o400);
    await chmod(folder, 0o500);
    try {
      await unhealthy(/^FAIL {2}readiness {2}The store .* is read-only\. .*chmod u\+w/m, {
        unprivileged: true,
      });
    } finally {
      await chmod(folder, 0o700);
    }
  });

  it('tells of a store that its user may not enter', async (t) => {
    const { folder, unhealthy } = await newHome(t);
    await chmod(folder, 0);
    try {
      await unhealthy(/^FAIL {2}readiness {2}You may not write to .* Check the owner/m, {
        unprivileged: true,
      });
    } finally {
      await chmod(folder, 0o700);
    }
  });

  it('tells of a folder in the place of the store, and of a file in the place of its folder', async (t) => {
    const { home, unhealthy } = await newHome(t);
    const [folder, file] = [join(home, 'other'), join(home, 'file')];
    await mkdir(join(folder, 'lockstep.db'), { recursive: true });
    await writeFile(file, '');
    await unhealthy(/^FAIL {2}readiness {2}.* is not a file\. Move it away/m, {
      env: { LOCKSTEP_HOME: folder },
    });
    await unhealthy(/^FAIL {2}readiness {2}.* is not a folder\. Move it away/m, {
      env: { LOCKSTEP_HOME: file },
    });
  });

  it('finds with --integrity a page that is broken in a store that opens', async (t) => {
    const { store, doctor, unhealthy } = await newHome(t);
    await breakIndex(store);
    assert.equal((await doctor()).code, 0, 'nobody else looks at it');
    await unhealthy(/^FAIL {2}integrity {2}The store is damaged: \S.*\n +-> Keep a copy of .*lockstep\.db/m, {
      args: ['--integrity'],
    });
  });

  it('says what is wrong with a command line, and exits with 2', async (t) => {
    const { doctor } = await newHome(t);
    const { code, stdout, stderr } = await doctor({ args: ['--force'] });
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /--force/);
  });
});
