import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { wireError } from '../../../../server/protocol/error.ts';
import { grant } from '../../../../server/protocol/lockMethods.ts';
import { session } from '../../../../server/protocol/session.ts';
import { width } from '../../../../server/doors/cli/text.ts';
import { runCommand } from '../../../support/command.ts';
import { FakeTerminal, newCli } from './inProcess.ts';

const listed = z.strictObject({ sessions: z.array(session), more: z.literal(true).optional() });
const ID = /^[0-9a-f-]{36}$/;

describe('lockstep on a store, as a process', { concurrency: 2 }, () => {
  it('prints the id of a new session alone, and runs a loop that its budget ends with 3', async (t) => {
    const { home, run, ok } = await newCli(t);
    const env = { LOCKSTEP_HOME: home };
    const begun = await runCommand(['start', '-', '--max-iterations', '2'], { env, stdin: 'Fix it\nsoon' });
    assert.deepEqual([begun.code, begun.stderr], [0, '']);
    const id = begun.stdout.trimEnd();
    assert.match(id, ID);
    const codes = [];
    for (let times = 0; times < 3; times++) codes.push((await run(['iterate', id])).code);
    codes.push((await runCommand(['iterate', id], { env })).code);
    assert.deepEqual(codes, [0, 0, 3, 3]);
    const shown: unknown = JSON.parse(await ok(['show', id, '--json']));
    assert.equal(z.looseObject({ status: z.string() }).parse(shown).status, 'timeout');
  });

  it('sends an export through a pipe to an import into another store', async (t) => {
    const [from, to] = [await newCli(t), await newCli(t)];
    const id = await from.start('Fix it', '--label', 'fix');
    const exported = await runCommand(['export', 'fix'], { env: { LOCKSTEP_HOME: from.home } });
    const env = { LOCKSTEP_HOME: to.home };
    const imported = await runCommand(['import', '-'], { env, stdin: exported.stdout });
    assert.deepEqual([imported.code, imported.stdout], [0, `${id}  Fix it\n`]);
    assert.equal(await to.ok(['list', '-q']), id);
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
