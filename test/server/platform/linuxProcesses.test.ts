import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { linuxProcesses, parseStat } from '../../../server/platform/linuxProcesses.ts';
import type { Processes } from '../../../server/platform/processes.ts';
import { deadPid, LivingProcess } from '../locks/livingProcess.ts';
import { until } from '../../support/until.ts';
import { tempFolder } from '../../support/tempFolder.ts';

const SELF = 50;
const NOW = Date.UTC(2026, 10, 25);

function statLine(pid: number, { name = 'cat', state = 'S', threads = 1, start = 0 } = {}): string {
  const from3 = [state, ...Array.from({ length: 16 }, () => '0'), threads, '0', start, '0', '0'];
  return `${pid} (${name}) ${from3.join(' ')}\n`;
}

interface FakeProc {
  /** Contents of files, by their path in the folder. */
  readonly files?: Record<string, string>;
  readonly self?: string;
  readonly errors?: Record<number, string>;
  readonly began?: number;
}

/** A folder that stands in for `/proc`, of a system that is up for 1,000 s. We are process 50, begun at 900 s. */
async function fakeProc(
  t: TestContext,
  { files = {}, self = String(SELF), errors = {}, began = NOW - 100_000 }: FakeProc = {},
): Promise<Processes> {
  const proc = await tempFolder(t);
  const all: Record<string, string> = {
    uptime: '1000.00 1900.00\n',
    'sys/kernel/random/boot_id': 'a-boot\n',
    [`${self}/stat`]: statLine(SELF, { start: 90_000 }),
    [`${self}/status`]: `Name:\tnode\nNSpid:\t${SELF}\n`,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(proc, path)), { recursive: true });
    await writeFile(join(proc, path), text);
  }
  await symlink(self, join(proc, 'self'));
  await mkdir(join(proc, self, 'ns'), { recursive: true });
  await symlink('pid:[7]', join(proc, self, 'ns', 'pid'));
  const kill = (pid: number) => {
    const code = errors[pid];
    if (code !== undefined) throw Object.assign(new Error(code), { code });
  };
  return linuxProcesses({ proc, pid: SELF, began, now: () => NOW, kill });
}

const unread = { state: 'running', start: undefined, startedAt: undefined } as const;

describe('processes of a Linux, on a folder that stands in for its procfs', () => {
  it('are running, with their start in ticks and in time', async (t) => {
    const processes = await fakeProc(t, { files: { '7/stat': statLine(7, { start: 50_000 }) } });
    const found = { state: 'running', start: '50000', startedAt: NOW - 500_000, isForeign: false };
    assert.deepEqual(await processes.look(7), found);
    assert.equal(processes.pid, SELF);
  });

  it('are gone when the system says so, whatever procfs shows', async (t) => {
    const processes = await fakeProc(t, { files: { '7/stat': statLine(7) }, errors: { 7: 'ESRCH' } });
    assert.deepEqual(await processes.look(7), { state: 'gone' });
  });

  it('are foreign when we may not signal them, with all that can be read', async (t) => {
    const processes = await fakeProc(t, {
      files: { '7/stat': statLine(7, { start: 50_000 }) },
      errors: { 7: 'EPERM', 8: 'EPERM' },
    });
    assert.deepEqual(await processes.look(7), {
      state: 'running',
      start: '50000',
      startedAt: NOW - 500_000,
      isForeign: true,
    });
    assert.deepEqual(await processes.look(8), { ...unread, isForeign: true });
  });

  it('are unknown when the probe fails, and for numbers that no process can have', async (t) => {
    const processes = await fakeProc(t, { errors: { 7: 'EINVAL' } });
    for (const pid of [7, 0, -1, -7, 1.5, NaN, 2 ** 31, 2 ** 53]) {
      assert.deepEqual(await processes.look(pid), { state: 'unknown' }, String(pid));
    }
  });

  it('are gone as zombies, unless other threads of theirs go on', async (t) => {
    const processes = await fakeProc(t, {
      files: {
        '7/stat': statLine(7, { state: 'Z', threads: 1 }),
        '8/stat': statLine(8, { state: 'Z', threads: 0 }),
        '9/stat': statLine(9, { state: 'X' }),
        '10/stat': statLine(10, { state: 'Z', threads: 2, start: 50_000 }),
        '11/stat': statLine(11, { state: 'T', start: 50_000 }),
      },
    });
    for (const pid of [7, 8, 9]) assert.deepEqual(await processes.look(pid), { state: 'gone' }, String(pid));
    for (const pid of [10, 11]) assert.equal((await processes.look(pid)).state, 'running', String(pid));
  });

  it('tell nothing but that they are there where their stat is none, or cannot be read', async (t) => {
    const garbage = {
      '7/stat': '',
      '8/stat': 'garbage',
      '9/stat': 'Z Z Z Z Z Z Z Z Z Z Z Z Z Z Z Z Z 1 Z 5 Z Z',
      '10/stat': statLine(10).slice(0, 20),
      '11/stat': statLine(11)
        .replace(/0 0\n$/, '')
        .replaceAll(' 0', ' x'),
      '12/stat': statLine(12, { state: 'Z' }).replace(') Z', ' Z'),
      '13/stat/is a folder': '',
    };
    const processes = await fakeProc(t, { files: garbage });
    for (const pid of [7, 8, 9, 10, 11, 12, 13, 14]) {
      assert.deepEqual(await processes.look(pid), { ...unread, isForeign: false }, String(pid));
    }
  });

  it('may be called anything', () => {
    for (const name of ['a b', ')', '(', 'a) Z 1 (b', ') Z 1 1 1 1', 'a\nb', '']) {
      const stat = parseStat(statLine(7, { name, start: 123, threads: 3 }));
      assert.deepEqual(stat, { hasEnded: false, start: '123' }, name);
    }
  });

  it('are not looked up in the procfs of another pid namespace, where the number is another process', async (t) => {
    const files = { '7/stat': statLine(7, { state: 'Z' }) };
    const elsewhere = await fakeProc(t, { files, self: '4711' });
    assert.deepEqual(await elsewhere.look(7), { ...unread, isForeign: false });
    // By chance we have the same number there.
    const byChance = await fakeProc(t, {
      files: { ...files, [`${SELF}/status`]: `Name:\tnode\nNSpid:\t${SELF}\t${SELF}\n` },
    });
    assert.deepEqual(await byChance.look(7), { ...unread, isForeign: false });
  });

  it('are not looked up where there is no procfs', async () => {
    const parts = { proc: '/no/such/folder', pid: SELF, began: NOW, now: () => NOW, kill: () => undefined };
    assert.deepEqual(await linuxProcesses(parts).look(7), { ...unread, isForeign: false });
    const here = { host: hostname(), bootId: undefined, pidNamespace: undefined };
    assert.deepEqual(await linuxProcesses(parts).machine(), here);
  });

  it('name their boot and their pid namespace', async (t) => {
    const here = { host: hostname(), bootId: 'a-boot', pidNamespace: 'pid:[7]' };
    assert.deepEqual(await (await fakeProc(t)).machine(), here);
  });

  it('are never younger than they are: an owner would count as one that came after its lock', async (t) => {
    const files = { '7/stat': statLine(7, { start: 50_000 }) };
    const expected = NOW - 500_000;
    for (const [why, fake] of [
      // A shell ran for 60 s before it became this program (`exec`): it began later than its process.
      ['our program replaced another', { files, began: NOW - 40_000 }],
      ['the uptime is that of a container', { files: { ...files, uptime: '1.00 1.00\n' } }],
      ['there is no uptime', { files: { ...files, uptime: 'garbage' } }],
      ['our own start cannot be read', { files: { ...files, [`${SELF}/stat`]: 'garbage' } }],
    ] as const) {
      const found = await (await fakeProc(t, fake)).look(7);
      assert.equal(found.state === 'running' && found.startedAt, expected, why);
    }
    const neither = await fakeProc(t, { files: { ...files, uptime: '', [`${SELF}/stat`]: '' } });
    assert.deepEqual(await neither.look(7), { ...unread, start: '50000', isForeign: false });
  });
});

describe('real processes', () => {
  const processes = linuxProcesses();

  it('are running while they live, and gone once they are killed and reaped', async (t) => {
    const before = Date.now();
    const child = new LivingProcess(t);
    const after = Date.now();
    const found = await processes.look(child.pid);
    assert.ok(found.state === 'running' && found.startedAt !== undefined && found.start !== undefined);
    // Within the slack that verdicts allow.
    assert.ok(found.startedAt <= after + 2000, `${found.startedAt} ${after}`);
    assert.ok(found.startedAt >= before - 2000, `${found.startedAt} ${before}`);
    assert.equal(found.isForeign, false);
    const again = await processes.look(child.pid);
    assert.equal(again.state === 'running' && again.start, found.start);
    await child.kill();
    assert.deepEqual(await processes.look(child.pid), { state: 'gone' });
    assert.deepEqual(await processes.look(await deadPid()), { state: 'gone' });
  });

  it('are gone when they are dead and nobody has reaped them', async (t) => {
    // The shell starts a child and becomes a program that never asks how it ended.
    const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec cat >/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
    });
    t.after(() => parent.kill('SIGKILL'));
    const pid = Number(await firstLine(parent));
    assert.equal((await processes.look(pid)).state, 'running');
    process.kill(pid, 'SIGKILL');
    await until(async () => (await processes.look(pid)).state === 'gone');
    assert.doesNotThrow(() => process.kill(pid, 0), 'its number is in use still');
    assert.match(await readFile(`/proc/${pid}/stat`, 'utf8'), /\) Z /);
  });

  it('are running while they are stopped', async (t) => {
    const child = new LivingProcess(t);
    process.kill(child.pid, 'SIGSTOP');
    await until(async () => / T /.test(await readFile(`/proc/${child.pid}/stat`, 'utf8')));
    assert.equal((await processes.look(child.pid)).state, 'running');
  });

  it('are foreign where they are another user’s', async () => {
    // Without root's power over others' processes, the first process is.
    const script = `import('${import.meta.resolve('../../../server/platform/linuxProcesses.ts')}').then(async ({ linuxProcesses }) => console.log(JSON.stringify(await linuxProcesses().look(1))))`;
    const drop = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      '--inh-caps=-all',
      '--bounding-set=-all',
    ];
    const child = spawn('setpriv', [...drop, process.execPath, '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const found: unknown = JSON.parse(await firstLine(child));
    assert.partialDeepStrictEqual(found, { state: 'running', isForeign: true });
  });

  it('run on a machine that names its boot and its pid namespace', async () => {
    const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const pidNamespace = await readlink('/proc/self/ns/pid');
    assert.deepEqual(await processes.machine(), { host: hostname(), bootId, pidNamespace });
  });
});

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  assert.ok(stdout);
  stdout.setEncoding('utf8');
  let text = '';
  for await (const more of stdout) {
    text += String(more);
    if (text.includes('\n')) break;
  }
  return text.slice(0, text.indexOf('\n'));
}
