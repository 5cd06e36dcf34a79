import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { systemProcesses } from '../../../../server/platform/systemProcesses.ts';
import type { SourceSession } from '../../../../server/protocol/sourceSession.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { writeLines } from '../files.ts';
import {
  FIXTURES,
  listOf,
  openclawSource,
  outline,
  pageOf,
  pathOf,
  readBackward,
  readForward,
} from '../reading.ts';
import { bytesBelow, databasePath, talk, UPDATED, writeAgentDatabase } from './sqlite/agentDatabase.ts';
import { copyOfFixture, writeStore } from './stateDirectory.ts';

const ID = '5e550001-0c0c-4d4d-8e8e-0123456789ab';

const rowWith = (sessions: readonly SourceSession[], key: string): SourceSession =>
  sessions.find(({ openclaw }) => openclaw?.key === key) ?? assert.fail(`no row of ${key}`);

const header = {
  type: 'session',
  version: 3,
  id: 'h',
  timestamp: '2026-03-01T10:00:00.000Z',
  cwd: '/srv/app',
};
const said = (role: string, text: string) => ({
  type: 'message',
  message: { role, content: [{ type: 'text', text }] },
});

describe('OpenClaw as a source', () => {
  test('lists every session, sub-agents after the session that began them', async () => {
    const source = openclawSource(join(FIXTURES, 'openclaw'));
    const { sessions, total, problems } = await listOf(source);
    assert.deepEqual(
      sessions.map(
        ({ title, parentRef, activity }) =>
          `${parentRef === undefined ? '' : '> '}${title} (${activity.state}: ${activity.evidence})`,
      ),
      [
        'When did I last water the tomatoes? [message_id: 9] (idle: the last turn is finished)',
        '> lookup (idle: it has no transcript)',
        'Which seeds are left from last year, and which of them… (idle: the last turn is finished)',
        'printer is offline (idle: the last turn is finished)',
        '> lookup (idle: the last turn is finished)',
        'Shed Group (idle: the last turn is finished)',
        'Cron: beds (idle: the last turn is finished)',
        'before the damage (idle: the last turn is finished)',
        '5e550006 (2026-03-02) (idle: nothing was asked yet)',
        '5e550007 (2026-03-02) (idle: it has no transcript)',
        'discord:garden-club#compost (idle: it has no transcript)',
        'whatsapp:g-neighbours (idle: it has no transcript)',
        'Wrong fields (idle: it has no transcript)',
        '5e550012 (2026-03-02) (ended: archived in OpenClaw)',
        '5e550013 (2026-03-02) (idle: it has no transcript)',
        '5e550014 (2026-03-02) (idle: it has no transcript)',
      ],
    );
    assert.deepEqual([total, problems], [14, []]);
  });

  test('says of a session all that its entry and its transcript tell', async () => {
    const stateDir = join(FIXTURES, 'openclaw');
    const { sessions } = await listOf(openclawSource(stateDir));
    const row = rowWith(sessions, 'agent:main:main');
    assert.deepEqual(row, {
      ref: 'openclaw:sessions/agent%3Amain%3Amain',
      source: 'openclaw',
      id: ID,
      path: join(stateDir, 'agents/main/sessions', `${ID}.jsonl`),
      title: 'When did I last water the tomatoes? [message_id: 9]',
      cwd: '/home/dev/garden',
      createdAt: '2026-03-02T08:00:00.000Z',
      updatedAt: '2026-03-02T07:55:00.000Z',
      sizeBytes: row.sizeBytes,
      model: 'claude-opus-4-6',
      tokens: row.tokens,
      partial: true,
      activity: { state: 'idle', evidence: 'the last turn is finished' },
      damagedLines: 0,
      resume: { program: 'openclaw', args: ['tui', '--session', 'agent:main:main'] },
      openclaw: {
        key: 'agent:main:main',
        agentId: 'main',
        era: 'file',
        stateDir,
        archived: false,
        protected: true,
      },
    });
    assert.equal(rowWith(sessions, 'agent:main:damaged').damagedLines, 1);
    assert.deepEqual(
      [
        rowWith(sessions, 'agent:main:put-away').resume,
        rowWith(sessions, 'agent:main:put-away').openclaw?.archived,
      ],
      [undefined, true],
    );
  });

  test('shows a session of either era, however its transcript is cut into pages', async (t) => {
    const dir = await copyOfFixture(t);
    writeAgentDatabase(dir, 'new', [
      { key: 'agent:new:main', id: 'n1', events: talk('from the database', 'yes') },
    ]);
    const before = bytesBelow(dir);
    const source = openclawSource(dir);
    const { sessions } = await listOf(source);
    for (const session of sessions) {
      const whole = await pageOf(source, pathOf(session));
      assert.deepEqual(await readForward(source, pathOf(session), 2), whole.items);
      assert.deepEqual(await readBackward(source, pathOf(session), 3), whole.items);
    }
    const row = rowWith(sessions, 'agent:new:main');
    assert.deepEqual(
      [row.openclaw?.era, row.path, row.sizeBytes],
      ['sqlite', databasePath(dir, 'new'), undefined],
    );
    assert.deepEqual(outline((await pageOf(source, pathOf(row))).items), [
      'user: from the database',
      'assistant: yes',
    ]);
    const missing = rowWith(sessions, 'agent:main:missing');
    assert.deepEqual(outline((await pageOf(source, pathOf(missing))).items), [
      'info: This session has no transcript, or it was moved a…',
    ]);
    assert.deepEqual(bytesBelow(dir), before);
  });

  test('lists a transcript that no session names, but neither archives nor what lies beside one', async (t) => {
    const dir = await copyOfFixture(t);
    const folder = join(dir, 'agents/main/sessions');
    const loose = await writeLines(join(folder, 'left.jsonl'), [header, said('user', 'Anyone there?')]);
    await writeLines(join(folder, 'empty.jsonl'), []);
    for (const name of [
      'left.trajectory.jsonl',
      `left.checkpoint.${ID}.jsonl`,
      'left.jsonl.reset.2026-01-01T00-00-00.000Z',
      'left.jsonl.lock',
    ])
      await writeLines(join(folder, name), [header]);
    const source = openclawSource(dir);
    const { sessions, total, problems } = await listOf(source);
    const found = sessions.filter(({ openclaw }) => openclaw === undefined);
    assert.deepEqual(
      found
        .map(({ title, path, id, activity, resume }) => [title, path, id, activity.state, resume])
        .sort((a, b) => (a < b ? -1 : 1)),
      [
        ['Anyone there?', loose, 'h', 'ended', undefined],
        ['empty.jsonl', join(folder, 'empty.jsonl'), 'empty', 'ended', undefined],
      ],
    );
    assert.equal(found[0]?.activity.evidence, 'a transcript that no session of OpenClaw names');
    assert.deepEqual([total, problems], [16, []]);
    const path = pathOf(found.find(({ id }) => id === 'h') ?? assert.fail());
    assert.equal(path, 'agents/main/sessions/left.jsonl');
    assert.deepEqual(outline((await pageOf(source, path)).items), ['other session', 'user: Anyone there?']);
  });

  test('lists the transcripts of a store that cannot be read, and the store as a problem', async (t) => {
    const dir = await copyOfFixture(t);
    await writeStore(dir, 'main', '{"agent:main:main":');
    const source = openclawSource(dir);
    const { sessions, problems } = await listOf(source);
    assert.equal(sessions.filter(({ path }) => path.includes('/agents/main/')).length, 6);
    assert.deepEqual(
      problems.map(({ path }) => path),
      [join(dir, 'agents/main/sessions/sessions.json')],
    );
    await assert.rejects(pageOf(source, 'sessions/agent%3Amain%3Amain'), { code: 'STORE_CORRUPT' });
  });

  test('lists the rest beside a database that is damaged, or of a newer schema', async (t) => {
    const dir = await copyOfFixture(t);
    const path = writeAgentDatabase(dir, 'broken', []);
    await writeFile(path, 'This is no database, but long enough to be looked at as one.'.repeat(100));
    writeAgentDatabase(dir, 'newer', [{ key: 'agent:newer:main', id: 'n' }], 99);
    const { sessions, problems } = await listOf(openclawSource(dir));
    assert.equal(sessions.length, 17);
    assert.deepEqual(problems.map((problem) => problem.path).sort(), [path, databasePath(dir, 'newer')]);
    assert.match(problems.map(({ message }) => message).join(), /not a database.*schema 99/s);
  });

  test('lists at most as many as are asked for, the newest of all', async (t) => {
    const dir = await copyOfFixture(t);
    await writeLines(join(dir, 'agents/main/sessions/left.jsonl'), [header, said('user', 'New')]);
    const { sessions, total } = await listOf(openclawSource(dir), 2);
    assert.deepEqual(
      sessions.map(({ title }) => title),
      ['New', 'When did I last water the tomatoes? [message_id: 9]', 'lookup'],
    );
    assert.equal(total, 15);
  });

  test('lists sessions that began each other, or themselves, and the runs of a job with the job', async (t) => {
    const dir = await tempFolder(t);
    const entry = (id: string, more: object) => ({ sessionId: id, updatedAt: UPDATED, ...more });
    await writeStore(dir, 'main', {
      'agent:main:subagent:a': entry('a', { spawnedBy: 'agent:main:subagent:b' }),
      'agent:main:subagent:b': entry('b', { spawnedBy: 'agent:main:subagent:a' }),
      'agent:main:subagent:c': entry('c', { spawnedBy: 'agent:main:subagent:c' }),
      'agent:main:subagent:d': entry('d', { spawnedBy: 'agent:main:gone' }),
      'agent:main:cron:job': entry('j', {}),
      'agent:main:cron:job:run:j': entry('j', {}),
      'agent:main:cron:job:run:k': entry('k', {}),
    });
    const { sessions, total } = await listOf(openclawSource(dir));
    const name = (ref: string | undefined) => ref?.replace(/.*%3A/, '');
    assert.deepEqual(
      sessions.map(({ ref, parentRef }) => [name(ref), name(parentRef)]),
      [
        ['c', undefined],
        ['d', undefined],
        ['job', undefined],
        ['k', 'job'],
        ['a', undefined],
        ['b', 'a'],
      ],
    );
    assert.equal(total, 4);
  });

  test('lists agents that openclaw.json does not name, without what OpenClaw would do with them', async (t) => {
    const dir = await copyOfFixture(t);
    await writeFile(join(dir, 'openclaw.json'), JSON.stringify({ agents: { list: [{ id: 'main' }] } }));
    const { sessions } = await listOf(openclawSource(dir));
    const other = sessions.find(({ title }) => title === 'printer is offline');
    assert.deepEqual([other?.openclaw, other?.resume], [undefined, undefined]);
    assert.equal(sessions.length, 16);
  });

  test('reads no file that is not a transcript of its own', async (t) => {
    const dir = await copyOfFixture(t);
    const outside = await writeLines(join(dir, 'outside.jsonl'), [header, said('user', 'secret')]);
    const folder = join(dir, 'agents/main/sessions');
    await symlink(outside, join(folder, 'link.jsonl'));
    await writeStore(dir, 'evil', {
      'agent:evil:main': { sessionId: 'e', updatedAt: 1, sessionFile: outside },
    });
    const source = openclawSource(dir);
    const { problems } = await listOf(source);
    assert.deepEqual(
      problems.map(({ path }) => path),
      [join(folder, 'link.jsonl')],
    );
    for (const path of [
      '',
      'sessions/',
      'sessions/nobody',
      'sessions/%',
      'sessions/agent:main:main',
      'sessions/~',
      'openclaw.json',
      outside,
      'outside.jsonl',
      'agents/main/sessions/../../../outside.jsonl',
      'agents/../sessions/outside.jsonl',
      'agents/main/sessions/sessions.json',
      'agents/main/sessions/link.jsonl',
      'agents/main/sessions/x/y.jsonl',
      'agents/nobody/sessions/a.jsonl',
      'agents/main/agent/openclaw-agent.sqlite',
      `agents/main/sessions/${ID}.jsonl\0`,
    ])
      await assert.rejects(pageOf(source, path), { code: 'SESSION_NOT_FOUND' }, path);
    const evil = await pageOf(source, 'sessions/agent%3Aevil%3Amain');
    assert.deepEqual(outline(evil.items), ['info: This session has no transcript, or it was moved a…']);
  });

  test('has a ref for every key, whatever it is made of', async (t) => {
    const dir = await tempFolder(t);
    const keys = [
      'agent:main:a/b c%41?#',
      `agent:main:${'long'.repeat(500)}`,
      'agent:main:half \uD800',
      'agent:main:~',
    ];
    await writeStore(
      dir,
      'main',
      Object.fromEntries(keys.map((key, index) => [key, { sessionId: `s${index}`, updatedAt: index }])),
    );
    for (let index = 0; index < keys.length; index++)
      await writeLines(join(dir, `agents/main/sessions/s${index}.jsonl`), [
        header,
        said('user', `of ${index}`),
      ]);
    const source = openclawSource(dir);
    const { sessions } = await source.list(10);
    assert.equal(new Set(sessions.map(({ ref }) => ref)).size, keys.length);
    for (const session of sessions) {
      const { items } = await pageOf(source, pathOf(session));
      assert.deepEqual(outline(items).slice(1), [`user: of ${session.id.slice(1)}`]);
    }
  });
});

describe('the activity of a session of OpenClaw', () => {
  const stateOf = async (dir: string, gatewayFolder?: string): Promise<string> => {
    const { sessions } = await listOf(
      openclawSource(dir, gatewayFolder === undefined ? {} : { gatewayFolder }),
    );
    const { state, evidence } = sessions[0]?.activity ?? assert.fail();
    return `${state}: ${evidence}`;
  };

  async function withEntry(t: TestContext, entry: object, lines: readonly unknown[] = []): Promise<string> {
    const dir = await tempFolder(t);
    await writeStore(dir, 'main', { main: { sessionId: 's1', updatedAt: UPDATED, ...entry } });
    await writeLines(join(dir, 'agents/main/sessions/s1.jsonl'), [header, ...lines]);
    return dir;
  }

  test('is running while a living process holds the lock of its transcript', async (t) => {
    const dir = await withEntry(t, {}, [said('user', 'go')]);
    assert.equal(await stateOf(dir), 'open: turn not finished; no live process is known');
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
    t.after(() => child.kill('SIGKILL'));
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    const facts = await systemProcesses().look(pid);
    const start = facts.state === 'running' && facts.start !== undefined ? Number(facts.start) : undefined;
    const lock = join(dir, 'agents/main/sessions/s1.jsonl.lock');
    const createdAt = new Date().toISOString();
    await writeFile(
      lock,
      JSON.stringify({
        pid,
        createdAt,
        maxHoldMs: 1,
        ...(start === undefined || Number.isNaN(start) ? {} : { starttime: start }),
      }),
    );
    assert.equal(await stateOf(dir), `running: process ${pid} holds the lock of the transcript`);
    await writeFile(lock, JSON.stringify({ pid, createdAt, starttime: 1 }));
    if (process.platform === 'linux') assert.match(await stateOf(dir), /^open/);
    await writeFile(lock, JSON.stringify({ pid })); // anyone may have that number now
    assert.match(await stateOf(dir), /^open/);
    await writeFile(lock, '{');
    assert.match(await stateOf(dir), /^open/);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await writeFile(lock, JSON.stringify({ pid, createdAt, starttime: start }));
    assert.match(await stateOf(dir), /^open/);
  });

  test('is running where its gateway lives and says so, and open where none proves it', async (t) => {
    const dir = await withEntry(t, { status: 'running', startedAt: Date.now() + 60_000 }, [
      said('user', 'go'),
    ]);
    assert.equal(await stateOf(dir), 'open: OpenClaw says that it runs; no live process proves it');
    const temp = await tempFolder(t);
    const folder = join(temp, process.getuid === undefined ? 'openclaw' : `openclaw-${process.getuid()}`);
    await mkdir(folder);
    const configPath = join(dir, 'openclaw.json');
    await writeFile(join(folder, 'gateway.0123abcd.lock'), JSON.stringify({ pid: process.pid, configPath }));
    assert.equal(await stateOf(dir, temp), `running: the gateway, process ${process.pid}, says that it runs`);
    await writeStore(dir, 'main', { main: { sessionId: 's1', status: 'running', startedAt: 1 } });
    assert.match(await stateOf(dir, temp), /^open/, 'a run that began before the gateway was of another one');
  });

  test('is what OpenClaw says of the last run, and of a sub-agent that it has ended', async (t) => {
    assert.equal(
      await stateOf(await withEntry(t, { status: 'failed' })),
      'idle: OpenClaw says of the last run: failed',
    );
    assert.equal(
      await stateOf(await withEntry(t, { status: 'done', spawnedBy: 'agent:main:gone' })),
      'ended: OpenClaw says of the last run: done',
    );
    assert.equal(
      await stateOf(await withEntry(t, { abortedLastRun: true })),
      'idle: the last run was aborted',
    );
  });
});
