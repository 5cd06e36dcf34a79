import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { wireError } from '../../../../server/protocol/error.ts';
import { grant } from '../../../../server/protocol/lockMethods.ts';
import { session } from '../../../../server/protocol/session.ts';
import { sessionsCleanup } from '../../../../server/protocol/sessionTrashMethods.ts';
import { width } from '../../../../server/doors/cli/text.ts';
import { runCommand } from '../../../support/command.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { FakeTerminal, newCli } from './inProcess.ts';

const listed = z.strictObject({ sessions: z.array(session), more: z.literal(true).optional() });
const ID = /^[0-9a-f-]{36}$/;

describe('lockstep on a store, as a process', { concurrency: 2 }, () => {
  it('prints the id of a new session alone, and runs a loop that its budget ends with 3', async (t) => {
    const env = { LOCKSTEP_HOME: await tempFolder(t) };
    const begun = await runCommand(['start', '-', '--max-iterations', '2'], { env, stdin: 'Fix it\nsoon' });
    assert.deepEqual([begun.code, begun.stderr], [0, '']);
    const id = begun.stdout.trimEnd();
    assert.match(id, ID);
    const codes = [];
    for (let times = 0; times < 4; times++) codes.push((await runCommand(['iterate', id], { env })).code);
    assert.deepEqual(codes, [0, 0, 3, 3]);
    const shown = await runCommand(['show', id, '--json'], { env });
    assert.equal(z.looseObject({ status: z.string() }).parse(JSON.parse(shown.stdout)).status, 'timeout');
  });

  it('sends an export through a pipe to an import into another store', async (t) => {
    const [from, to] = [{ LOCKSTEP_HOME: await tempFolder(t) }, { LOCKSTEP_HOME: await tempFolder(t) }];
    const id = (await runCommand(['start', 'Fix it', '--label', 'fix'], { env: from })).stdout.trimEnd();
    const exported = await runCommand(['export', 'fix'], { env: from });
    const imported = await runCommand(['import', '-'], { env: to, stdin: exported.stdout });
    assert.deepEqual([imported.code, imported.stdout], [0, `${id}  Fix it\n`]);
    assert.equal((await runCommand(['list', '-q'], { env: to })).stdout, `${id}\n`);
  });
});

describe('a session on the command line', () => {
  it('is named by its id, by the beginning of it, or by its label', async (t) => {
    const { ok, run, start } = await newCli(t);
    const id = await start('Fix the login test', '--label', 'login-fix');
    for (const name of [id, id.slice(0, 13), id.slice(0, 4).toUpperCase(), 'login-fix'])
      assert.match(await ok(['iterate', name]), new RegExp(`^${id} active, iteration \\d of 50$`));
    assert.equal((await run(['iterate', id.slice(0, 3)])).code, 1, 'too short to mean anything');
  });

  it('that several could be is not guessed: they are listed', async (t) => {
    const { run, start } = await newCli(t);
    const ids = [await start('One', '--label', 'first'), await start('Two')];
    const { code, stdout, stderr } = await run(['pause', '01']);
    assert.deepEqual([code, stdout], [1, ''], 'two characters are no beginning');
    assert.match(stderr, /There is no session 01\./);
    const prefix = (ids[0] ?? '').slice(0, 6);
    const words = await run(['pause', prefix]);
    assert.deepEqual([words.code, words.stdout], [2, '']);
    assert.match(words.stderr, new RegExp(`${prefix} fits 2 sessions`));
    assert.match(words.stderr, new RegExp(`  ${ids[0]}  active  first  One\n`));
    assert.match(words.stderr, new RegExp(`  ${ids[1]}  active  Two\n`));
    const error = wireError.parse(JSON.parse((await run(['pause', prefix, '--json'])).stderr));
    assert.equal(error.code, 'INVALID_PARAMS');
    assert.match(JSON.stringify(error.details), /"label":"first","title":"One","status":"active"/);
  });

  it('that is not there is said to be missing, and where to look', async (t) => {
    const { ok, run, start } = await newCli(t);
    const missing = await run(['show', 'nope']);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /There is no session nope\.[\s\S]*lockstep list --archived\n/);
    const id = await start('Fix it', '--label', 'gone');
    await ok(['rm', 'gone']);
    const removed = await run(['show', 'gone']);
    assert.match(removed.stderr, new RegExp(`It is in the trash\\.[\\s\\S]*  lockstep restore ${id}\n`));
  });

  it('is that of with-lease where none is given, with the lease on it and on no other', async (t) => {
    const { ok, run, start, server } = await newCli(t);
    const [id, other] = [await start('One'), await start('Two')];
    const acquired = await server.registry.call('locks.acquire', { session: id, ownerPid: process.pid });
    assert.ok(acquired.ok);
    const { token } = grant.parse(acquired.result);
    const env = { LOCKSTEP_SESSION: id, LOCKSTEP_LEASE: token };
    const locked = await run(['iterate', id]);
    assert.equal(locked.code, 5);
    assert.match(locked.stderr, new RegExp(`What you can do:\n  lockstep pause ${id}\n`));
    assert.equal(await ok(['iterate'], { env }), `${id} active, iteration 1 of 50`);
    assert.match(await ok(['show'], { env }), /\nheld by +somebody \(process \d+ on .*\), for /);
    assert.match(await ok(['iterate', other], { env }), new RegExp(`^${other} `), 'it was shown no lease');
    assert.match(await ok(['complete', '--result', '{"green": true}'], { env }), /completed/);
    assert.match(await ok(['fail', other, 'No way'], { env }), new RegExp(`^${other} failed`));
    const none = await run(['iterate']);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /iterate needs a session: .*lockstep list/);
  });

  it('goes through its life, and each exit code says how it stands', async (t) => {
    const { ok, run, start } = await newCli(t);
    const id = await start('Fix it', '-i', '2');
    const step = async (...args: string[]) => {
      const { code, stdout } = await run(args);
      return [code, stdout.replace(id, 'it').trimEnd()];
    };
    assert.deepEqual(await step('iterate', id, '--data', '{"phase": "tests"}'), [
      0,
      'it active, iteration 1 of 2',
    ]);
    assert.deepEqual(await step('iterate', id, '--end', '--outcome', 'red'), [
      0,
      'it active, iteration 1 of 2',
    ]);
    assert.deepEqual(await step('pause', id, '--reason', 'lunch'), [0, 'it paused, iteration 1 of 2']);
    assert.deepEqual(await step('iterate', id), [4, '']);
    assert.deepEqual(await step('pause', id), [4, '']);
    assert.deepEqual(await step('resume', id), [0, 'it active, iteration 1 of 2']);
    assert.deepEqual(await step('iterate', id), [0, 'it active, iteration 2 of 2']);
    assert.deepEqual(await step('iterate', id), [3, 'it timeout, iteration 2 of 2']);
    const hint = await run(['iterate', id]);
    assert.match(hint.stderr, new RegExp(`  lockstep resume ${id} --add 10\n`));
    assert.deepEqual(await step('resume', id), [3, '']);
    assert.deepEqual(await step('resume', id, '--add', '3'), [0, 'it active, iteration 2 of 5']);
    assert.deepEqual(await step('complete', id, '--result', 'not {JSON'), [
      0,
      'it completed, iteration 2 of 5',
    ]);
    assert.deepEqual(await step('iterate', id), [1, '']);
    const events = await ok(['show', id, '--events']);
    for (const words of [
      /started: Fix it/,
      /iteration begins \{"phase":"tests"\}/,
      /iteration ends: red/,
      /paused: lunch/,
      /out of iterations: 2 of 2 used/,
      /resumed, 3 iterations added/,
      /completed: not \{JSON/,
    ])
      assert.match(events, words);
  });

  it('tells the one who holds it that a pause was asked for, at the end of the iteration, with 4', async (t) => {
    const { ok, run, start, server } = await newCli(t);
    const id = await start();
    const acquired = await server.registry.call('locks.acquire', { session: id, ownerPid: process.pid });
    assert.ok(acquired.ok);
    const env = { LOCKSTEP_SESSION: id, LOCKSTEP_LEASE: grant.parse(acquired.result).token };
    await ok(['iterate'], { env });
    assert.match(await ok(['pause', id]), /pausing, iteration 1/);
    const ended = await run(['iterate', '--end'], { env });
    assert.equal(ended.code, 4);
    assert.match(ended.stdout, /paused, iteration 1/);
    assert.match(ended.stderr, new RegExp(`^To go on: lockstep resume ${id}\n$`));
  });

  it('takes what an agent is given, and gives it back', async (t) => {
    const { home, ok, run, start } = await newCli(t);
    const file = join(home, 'context.json');
    await writeFile(file, '{"branch": "main"}');
    const parent = await start('Parent', '--label', 'parent');
    const id = await start('Child', '--context', `@${file}`, '--parent', 'parent', '--user', 'alice');
    const child = session.parse(JSON.parse(await ok(['call', 'sessions.get', JSON.stringify({ id })])));
    assert.deepEqual([child.parentId, child.userId, child.workspace], [parent, 'alice', process.cwd()]);
    const merged = await ok(['context', id, '--merge', '-', '--json'], { stdin: '{"tests": 3}' });
    const { context } = z.looseObject({ context: z.unknown() }).parse(JSON.parse(merged));
    assert.deepEqual(context, { branch: 'main', tests: 3 });
    assert.match(
      await ok(['context', id]),
      /^Task\nChild\n\nmode +developer\niterations +0 of 50, 50 left\n/,
    );
    for (const wrong of ['{', '[]', '@/no/such/file']) {
      const { code, stderr } = await run(['context', id, '--merge', wrong]);
      assert.notEqual(code, 0);
      assert.match(stderr, /--merge needs|could not be read/);
    }
  });
});

describe('lockstep list', () => {
  it('says what to do where there is nothing', async (t) => {
    const { run } = await newCli(t);
    for (const [args, words] of [
      [['list'], /no sessions yet\. Start one: lockstep start/],
      [['list', '--status', 'active'], /--archived/],
      [['list', '--trash'], /The trash is empty/],
      [['stats'], /nothing to count yet/],
      [['cleanup'], /nothing to clean up/],
      [['backup', '--list'], /no backups in .* yet\. Make one: lockstep backup/],
    ] as const) {
      const { code, stdout, stderr } = await run(args);
      assert.deepEqual([code, stdout], [0, ''], args.join(' '));
      assert.match(stderr, words);
    }
  });

  it('filters, finds, and prints ids or JSON', async (t) => {
    const { home, ok, run, start } = await newCli(t);
    const one = await start('Fix the login test', '--mode', 'reviewer', '-w', home);
    const two = await start('Write docs', '--user', 'alice', '--label', 'docs', '--parent', one);
    await ok(['pause', two]);
    for (const [args, ids] of [
      [[], [two, one]],
      [['login'], [one]],
      [['--status', 'paused,timeout'], [two]],
      [['--mode', 'reviewer'], [one]],
      [['--user', 'alice'], [two]],
      [['--parent', one.slice(0, 20)], [two]],
      [['--workspace', home], [one]],
      [['--workspace', '.'], [two]],
      [['--kind', 'workflow'], []],
    ] as const)
      assert.equal(await ok(['list', '-q', ...args]), ids.join('\n'), args.join(' '));
    const { sessions } = listed.parse(JSON.parse(await ok(['list', '--json'])));
    assert.deepEqual(
      sessions.map(({ id }) => id),
      [two, one],
    );
    for (const wrong of [
      ['--status', 'done'],
      ['--kind', 'dream'],
      ['--limit', '0'],
      ['--limit', 'x'],
    ]) {
      const { code, stderr } = await run(['list', ...wrong]);
      assert.equal(code, 2);
      assert.match(stderr, new RegExp(`^lockstep: ${wrong[0]} needs `));
    }
  });

  it('shows the newest up to a limit, and says that there are more', async (t) => {
    const { ok, run, start } = await newCli(t);
    for (let count = 0; count < 3; count++) await start(`Task ${count}`);
    const { stdout, stderr } = await run(['list', '--limit', '2']);
    assert.equal(stdout.split('\n').length, 4);
    assert.match(stderr, /the newest 2 sessions; more with --limit or --all/);
    assert.equal(listed.parse(JSON.parse(await ok(['list', '-n', '2', '--json']))).more, true);
    assert.deepEqual((await run(['list', '--all', '-n', '2'])).stderr, '');
    assert.equal((await ok(['list', '--all', '-q', '-n', '1'])).split('\n').length, 3);
  });

  it('fits the terminal, whatever a title holds, and has colours there alone', async (t) => {
    const { ok, start } = await newCli(t);
    const id = await start(
      '日本語のタイトルがとても長い場合はどうなりますか、端末の幅に合わせて切り取られます、はい',
    );
    await start('Evil \u001b]0;owned\u0007 title \u202etxt.exe');
    const plain = await ok(['list']);
    assert.ok(plain.includes('切り取られます、はい'), 'nothing is cut without a terminal');
    for (const bad of ['\u001b', '\u0007', '\u202e']) assert.equal(plain.includes(bad), false);
    const terminal = new FakeTerminal(60);
    const seen = (await ok(['list'], { terminal })).split('\n');
    for (const line of seen) assert.ok(width(line) <= 60, line);
    assert.ok(seen.some((line) => line.includes(id.slice(0, 13)) && line.endsWith('…')));
    assert.ok(seen[1]?.includes('\u001b[32mactive\u001b[39m'));
  });
});

describe('copies, the trash and the store on the command line', () => {
  it('forks from an event on, and prints the id alone', async (t) => {
    const { ok, start } = await newCli(t);
    const id = await start();
    await ok(['iterate', id]);
    await ok(['iterate', id]);
    const fork = await ok(['fork', id, '--at', '2']);
    assert.match(fork, ID);
    assert.match(
      await ok(['show', fork]),
      new RegExp(`active, iteration 1 of 50[\\s\\S]*${id}, after event 2`),
    );
  });

  it('writes an export as a whole or not at all, for its owner alone', async (t) => {
    const { home, ok, run, start } = await newCli(t);
    const id = await start('Fix the login test', '--label', 'fix');
    const folder = await tempFolder(t);
    const [lines, page] = [join(folder, 'fix.jsonl'), join(folder, 'fix.md')];
    await ok(['export', 'fix', id, '-o', lines]);
    await ok(['export', 'fix', '-o', page]);
    assert.equal(
      await ok(['export', 'fix']),
      (await readFile(lines, 'utf8')).trimEnd(),
      'named twice, once there',
    );
    assert.match(await readFile(page, 'utf8'), /^# Fix the login test\n/);
    assert.equal((await stat(lines)).mode & 0o777, 0o600);
    const before = await readFile(lines, 'utf8');
    const failed = await run(['export', id, '01234567-0000-7000-8000-000000000000', '-o', lines]);
    assert.equal(failed.code, 1);
    assert.equal(await readFile(lines, 'utf8'), before);
    assert.deepEqual(await readdir(folder), ['fix.jsonl', 'fix.md'], 'nothing half-written is left');
    const nowhere = await run(['export', id, '-o', join(home, 'no', 'such', 'folder.jsonl')]);
    assert.deepEqual(
      [nowhere.code, /could not be written: it does not exist/.test(nowhere.stderr)],
      [1, true],
    );

    const again = await ok(['import', lines]);
    assert.match(again, new RegExp(`^${id} -> [0-9a-f-]{36}  .*label fix is taken, and was dropped`));
  });

  it('says what an import cannot read, and imports nothing', async (t) => {
    const { home, ok, run } = await newCli(t);
    for (const [args, stdin, words] of [
      [['import', join(home, 'none.jsonl')], '', /none\.jsonl could not be read: it does not exist/],
      [['import', '-'], '', /there is nothing in stdin/],
      [['import', '-'], 'hello', /lockstep: Invalid parameters/],
    ] as const) {
      const { code, stderr } = await run(args, { stdin });
      assert.notEqual(code, 0);
      assert.match(stderr, words);
    }
    assert.equal(await ok(['list', '-q']), '');
  });

  it('puts sessions into the trash and takes them out of it, and touches none where a name is wrong', async (t) => {
    const { ok, run, start } = await newCli(t);
    const [one, two] = [await start('One', '--label', 'one'), await start('Two')];
    assert.equal((await run(['rm', one, 'nope'])).code, 1);
    assert.equal(await ok(['list', '-q']), `${two}\n${one}`);
    assert.equal(await ok(['rm', 'one', two]), `${one} is in the trash: One\n${two} is in the trash: Two`);
    assert.equal(await ok(['list', '-q']), '');
    assert.match(await ok(['list', '--trash']), /one +One$/m);
    assert.equal(await ok(['restore', 'one']), `${one} is restored: One`);
    assert.equal((await run(['restore', 'one'])).code, 1);
    const restored = await ok(['restore', two, '--json']);
    assert.deepEqual(
      listed.parse(JSON.parse(restored)).sessions.map(({ id }) => id),
      [two],
    );
  });

  it('cleans up by plan and apply', async (t) => {
    const { ok, run, start } = await newCli(t);
    const [done, open] = [await start('Done'), await start('Open')];
    await ok(['complete', done]);
    assert.match((await run(['cleanup'])).stderr, /nothing to clean up/, 'it has ended just now');
    const plan = await run(['cleanup', '--older-than', '0d']);
    assert.match(plan.stdout, new RegExp(`^ID .*\n${done.slice(0, 13)}.* Done\n$`));
    assert.match(plan.stderr, /lockstep cleanup --older-than 0d --apply/);
    assert.equal(await ok(['list', '-q']), `${open}\n${done}`, 'a plan changes nothing');
    const json = await ok(['cleanup', '--older-than', '0', '--json']);
    assert.equal(sessionsCleanup.result.parse(JSON.parse(json)).total, 1);
    assert.match(await ok(['cleanup', '--older-than', '0h', '--apply']), /1 session in the trash now/);
    assert.equal(await ok(['list', '-q']), open);
    assert.equal(await ok(['list', '-q', '--trash']), done);
    assert.match(
      (await run(['cleanup', '--older-than', 'soon'])).stderr,
      /--older-than needs a time such as/,
    );
  });

  it('backs up, lists the backups, and goes back to one', async (t) => {
    const { home, ok, run, start } = await newCli(t);
    const id = await start('Before');
    const path = join(home, 'mine.db');
    assert.equal(await ok(['backup', path]), path);
    assert.notEqual((await run(['backup', path])).code, 0, 'no file is replaced');
    const own = await ok(['backup']);
    assert.match(await ok(['backup', '--list']), new RegExp(`^MADE .*\n.* manual .*${own}$`));
    await start('After');
    const plan = await run(['recover', '--from', path]);
    assert.match(plan.stdout, /sessions +1\n/);
    assert.match(plan.stderr, /Nothing was changed\. .*--apply/);
    assert.equal((await ok(['list', '-q'])).split('\n').length, 2);
    assert.match(await ok(['recover', '--from', path, '--apply']), /kept +\S+/);
    assert.equal(await ok(['list', '-q']), id);
  });
});

describe('a damaged store', () => {
  it('is told with the commands that look into it and recover it, each once', async (t) => {
    const { home, run } = await newCli(t);
    await writeFile(join(home, 'lockstep.db'), 'this is no store\n'.repeat(1000));
    const { code, stderr } = await run(['list']);
    assert.equal(code, 1);
    assert.match(stderr, /What you can do:\n {2}lockstep recover\n {2}lockstep doctor\n$/);
  });
});

describe('lockstep stats', () => {
  it('counts by status, mode, kind, user, workspace and day', async (t) => {
    const { ok, start } = await newCli(t);
    await ok(['complete', await start('One', '--user', 'alice')]);
    await start('Two', '--mode', 'reviewer');
    const words = await ok(['stats']);
    for (const part of [
      /^sessions +2\n/,
      /completed of ended +100 %/,
      /STATUS +SESSIONS\n(?:active|completed) +1 +█+\n/,
      /MODE +SESSIONS/,
      /KIND +SESSIONS\nsession +2/,
      /USER +SESSIONS\nalice +1/,
      /WORKSPACE +SESSIONS/,
      /DAY \(UTC\) +STARTED +COMPLETED +FAILED\n(?:\d{4}-\d\d-\d\d .*\n){13}\d{4}-\d\d-\d\d +2 +1 +0 +█+$/,
    ])
      assert.match(words, part);
    const terminal = new FakeTerminal(50);
    for (const line of (await ok(['stats'], { terminal })).split('\n')) assert.ok(width(line) <= 50, line);
    assert.match(await ok(['stats', '--user', 'alice']), /^sessions +1\n/);
  });
});
