import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../../../scripts/host/eventually.ts';
import type { Workbench } from '../../../scripts/host/workbench.ts';
import { locksAcquire, type Grant } from '../../../server/protocol/lockMethods.ts';
import {
  sessionsEndIteration,
  sessionsIterate,
  sessionsStart,
} from '../../../server/protocol/sessionLifecycleMethods.ts';
import { RpcClient } from '../../support/rpcClient.ts';
import { startLockstepHost, type LockstepHost } from '../lockstepHost.ts';

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

describe('locks in VS Code', () => {
  let host: LockstepHost;
  let workbench: Workbench;
  let lockFolder: string;

  before(async () => {
    host = await startLockstepHost({ content: 'empty' });
    lockFolder = join(host.env.OPENCLAW_STATE_DIR, 'agents', 'main', 'sessions');
    await mkdir(lockFolder, { recursive: true });
    ({ workbench } = await host.open());
    await workbench.statusBarItem('Lockstep: 0 active, 0 paused').waitFor();
  });
  after(() => host.stop());

  const lockRow = (text: string | RegExp) => workbench.sidebar.row(text, 'Locks');
  /** The group in which a lock's row stands. */
  const groupOf = async (label: string) => {
    const rows = await workbench.sidebar.rows('Locks');
    const at = rows.findIndex((row) => row.label === label && row.level === 2);
    return at === -1 ? undefined : rows.slice(0, at).findLast(({ level }) => level === 1)?.label;
  };
  const inGroup = (label: string, group: string | undefined) =>
    eventually(
      () => groupOf(label),
      (found) => found === group,
      { what: `"${label}" under ${group}` },
    );
  const writeLock = async (name: string, pid: number) => {
    const path = join(lockFolder, name);
    await writeFile(path, JSON.stringify({ pid, createdAt: new Date().toISOString() }));
    return path;
  };
  const deadPid = () => spawnSync(process.execPath, ['--version']).pid;

  it('says that there are none', async () => {
    await workbench.sidebar.expandView('Locks');
    await workbench.sidebar.welcome('Locks').getByText('No locks.').waitFor();
  });

  describe('a lease', () => {
    let agent: RpcClient;
    let lease: Grant;
    let session: string;

    before(async () => {
      agent = new RpcClient({ after: () => undefined }, host.home);
      ({ id: session } = await agent.call(sessionsStart, { task: 'Port the parser', mode: 'm' }));
      lease = await agent.call(locksAcquire, { session, name: 'night-shift', ttlMs: 600_000 });
      await agent.call(sessionsIterate, { id: session, lease: lease.token });
    });
    after(() => agent.kill());

    it('is shown with its holder while that lives', async () => {
      await inGroup('Port the parser', 'Held');
      const row = (await workbench.sidebar.rows('Locks')).find(({ label }) => label === 'Port the parser');
      assert.match(row?.description ?? '', /night-shift/);
      assert.match(row?.ariaLabel ?? '', /Held, held by night-shift/);
      assert.deepEqual(await workbench.sidebar.rowActions('Port the parser', 'Locks'), ['Pause Session']);
    });

    it('opens its session', async () => {
      await workbench.sidebar.contextMenu('Port the parser', 'Open Session', 'Locks');
      const transcript = await workbench.webview('lockstep-transcript');
      await transcript.getByText('Port the parser').first().waitFor();
    });

    it('keeps a person from ending the session, who is told by whom and what to do', async () => {
      await workbench.sidebar.contextMenu('Port the parser', 'Complete Session…', 'Sessions');
      await workbench.dialog.press('Complete');
      const notification = await workbench.notifications.item('Session is locked');
      assert.match(await notification.innerText(), /held by night-shift/);
      await notification.getByRole('button', { name: 'Ask It to Pause' }).waitFor();
      await workbench.notifications.clear();
    });

    it('is asked to pause, and pauses at the end of its iteration', async () => {
      await workbench.sidebar.rowAction('Port the parser', 'Pause Session', 'Locks');
      await workbench.sidebar.row(/pausing/, 'Sessions').waitFor();
      await workbench.sidebar.rowAction('Port the parser', 'Resume Session', 'Sessions');
      await workbench.sidebar.row(/pausing/, 'Sessions').waitFor({ state: 'detached' });
      await workbench.sidebar.rowAction('Port the parser', 'Pause Session', 'Sessions');
      await workbench.sidebar.row(/pausing/, 'Sessions').waitFor();
      const ended = await agent.call(sessionsEndIteration, { id: session, lease: lease.token });
      assert.equal(ended.status, 'paused');
      await workbench.statusBarItem('Lockstep: 0 active, 1 paused').waitFor();
    });

    it('is stale once its holder was killed, and can be released then', async () => {
      await agent.kill();
      await inGroup('Port the parser', 'Stale');
      await workbench.statusBarItem('1 stale lock').waitFor();
      await workbench.sidebar.rowAction('Port the parser', 'Release', 'Locks');
      await lockRow('Port the parser').waitFor({ state: 'detached' });
      await workbench.notifications.item('1 stale lock was removed.');
      await workbench.notifications.clear();
    });
  });

  describe('lock files', () => {
    const living = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    after(async () => {
      living.stdin?.end();
      await rm(lockFolder, { recursive: true });
    });

    it('appear, are previewed with checkboxes, cleaned, and gone; those of the living stay', async () => {
      const dead = await writeLock('dead.jsonl.lock', deadPid());
      const other = await writeLock('sessions.json.lock', deadPid());
      const alive = await writeLock('alive.jsonl.lock', living.pid ?? 0);
      await inGroup('dead.jsonl.lock', 'Stale');
      await inGroup('alive.jsonl.lock', 'Held');
      await workbench.statusBarItem('2 stale locks').waitFor();
      await workbench.page.locator('.activitybar').getByText('2', { exact: true }).waitFor();

      await workbench.palette('Lockstep: Clean Up Stale Locks…');
      await workbench.quickInput.asks('Remove the locks that are checked');
      await workbench.quickInput.offers('dead.jsonl.lock');
      const planned = await workbench.quickInput.rows();
      assert.deepEqual(planned.map(({ label }) => label).sort(), ['dead.jsonl.lock', 'sessions.json.lock']);
      for (const { description } of planned) assert.match(description, /pid \d+.*its process is gone/);
      await workbench.quickInput.toggle('sessions.json.lock');
      await workbench.quickInput.accept();
      await workbench.quickInput.whenClosed();
      await workbench.notifications.item('1 stale lock was removed.');
      await lockRow('dead.jsonl.lock').waitFor({ state: 'detached' });
      assert.deepEqual(await Promise.all([dead, other, alive].map(exists)), [false, true, true]);
      await inGroup('sessions.json.lock', 'Stale');

      await workbench.sidebar.rowAction('sessions.json.lock', 'Clean', 'Locks');
      await lockRow('sessions.json.lock').waitFor({ state: 'detached' });
      assert.equal(await exists(other), false);
      await workbench.notifications.clear();
    });

    it('that change after they were previewed are left, and that is said', async () => {
      const path = await writeLock('busy.jsonl.lock', deadPid());
      await inGroup('busy.jsonl.lock', 'Stale');
      await workbench.palette('Lockstep: Clean Up Stale Locks…');
      await workbench.quickInput.asks('Remove the locks that are checked');
      await workbench.quickInput.offers('busy.jsonl.lock');
      await writeLock('busy.jsonl.lock', process.pid);
      await workbench.quickInput.accept();
      await workbench.quickInput.whenClosed();
      await workbench.notifications.item('0 stale locks were removed. 1 was left: it has changed since');
      assert.equal(await exists(path), true);
      await inGroup('busy.jsonl.lock', 'Held');
      await workbench.notifications.clear();
    });

    it('are shown where they are, and their path is copied', async () => {
      await workbench.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await workbench.sidebar.contextMenu('busy.jsonl.lock', 'Copy Path', 'Locks');
      await eventually(
        () => workbench.page.evaluate('navigator.clipboard.readText()'),
        (text) => text === join(lockFolder, 'busy.jsonl.lock'),
      );
      await workbench.sidebar.contextMenu('busy.jsonl.lock', 'Reveal Lock File', 'Locks');
      await workbench.editorTab('busy.jsonl.lock').waitFor();
    });

    it('that are not to be removed stand apart: what cannot be told, and what an agent cleans itself', async () => {
      const pidFolder = join(host.env.CLAUDE_CONFIG_DIR, 'sessions');
      await mkdir(pidFolder, { recursive: true });
      const pid = deadPid();
      await writeFile(
        join(pidFolder, `${pid}.json`),
        JSON.stringify({ pid, sessionId: 's', procStart: '1' }),
      );
      await mkdir(join(lockFolder, 'settings.json.lock'));
      await workbench.sidebar.collapseView('Sessions');
      await inGroup(`${pid}.json`, 'Left Behind');
      await inGroup('settings.json.lock', 'Unverifiable');
      assert.deepEqual(await workbench.sidebar.rowActions(`${pid}.json`, 'Locks'), []);
      assert.deepEqual(await workbench.sidebar.rowActions('settings.json.lock', 'Locks'), []);
      const row = (await workbench.sidebar.rows('Locks')).find(({ label }) => label === 'settings.json.lock');
      assert.match(row?.ariaLabel ?? '', /it does not say who holds it/);
    });

    it('none of which is stale: Clean Up says so', async () => {
      await workbench.palette('Lockstep: Clean Up Stale Locks…');
      await workbench.notifications.item('There are no stale locks.');
      await workbench.notifications.clear();
    });
  });

  it('the status bar opens a menu, and the doctor a report', async () => {
    await workbench.notifications.closeCentre();
    await workbench.statusBarItem('Lockstep: 0 active, 1 paused').click();
    await workbench.quickInput.asks('Lockstep');
    const offered = (await workbench.quickInput.rows()).map(({ label }) => label);
    for (const label of ['Show Sessions', 'Show Locks', 'Doctor', 'Show Log', 'Restart Server']) {
      assert.ok(offered.includes(label), `${label} is not among ${offered.join(', ')}`);
    }
    await workbench.quickInput.choose('Doctor');
    const report = await workbench.webview('.markdown-body');
    await report.getByRole('heading', { name: 'Lockstep: all is well' }).waitFor();
    await workbench.palette('Lockstep: Verify Store');
    const verified = await workbench.webview(
      '.markdown-body :text("The whole store was read and is intact.")',
    );
    await verified.getByRole('heading', { name: 'Lockstep: all is well' }).waitFor();
    assert.ok((await verified.getByText('lockstep.db').count()) > 0);
  });
});

describe('locks that are cleaned by themselves', () => {
  let host: LockstepHost;

  before(async () => {
    host = await startLockstepHost({ content: 'demo' });
  });
  after(() => host.stop());

  it("are Lockstep's own, and those of others only by choice", async (t) => {
    const { workbench } = await host.open();
    const agent = new RpcClient(t, host.home);
    const { id } = await agent.call(sessionsStart, { task: 'Left by a crash', mode: 'm' });
    await agent.call(locksAcquire, { session: id, name: 'crashed', ttlMs: 600_000 });
    await agent.kill();
    await workbench.sidebar.expandView('Locks');
    await workbench.sidebar.row('Left by a crash', 'Locks').waitFor();
    await workbench.palette('Lockstep: Restart Server');
    await workbench.sidebar.row('Left by a crash', 'Locks').waitFor({ state: 'detached' });
    await workbench.sidebar.row('sessions.json.lock', 'Locks').waitFor();
  });
});

describe('locks that are held for long', () => {
  let host: LockstepHost;

  before(async () => {
    host = await startLockstepHost({ content: 'empty', settings: { 'lockstep.locks.warnAfterMs': 1 } });
  });
  after(() => host.stop());

  it('are warned of once each', async (t) => {
    const { workbench } = await host.open();
    await workbench.statusBarItem('Lockstep: 0 active, 0 paused').waitFor();
    const agent = new RpcClient(t, host.home);
    const hold = async (task: string) => {
      const { id } = await agent.call(sessionsStart, { task, mode: 'm' });
      await agent.call(locksAcquire, { session: id, name: 'slow-agent', ttlMs: 600_000 });
    };
    await hold('First');
    await workbench.palette('Lockstep: Refresh Locks');
    await workbench.notifications.item('The lock on "First" is held by slow-agent');
    await hold('Second');
    await workbench.palette('Lockstep: Refresh Locks');
    await workbench.notifications.item('The lock on "Second"');
    await workbench.palette('Lockstep: Refresh Locks');
    const warnings = (await workbench.notifications.list()).filter(({ message }) =>
      message.includes('is held by slow-agent'),
    );
    assert.deepEqual(
      warnings.map(({ severity }) => severity),
      ['warning', 'warning'],
    );
    await workbench.notifications.press('The lock on "First"', 'Show Locks');
    await workbench.sidebar.row('First', 'Locks').waitFor();
  });
});
