import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { session } from '../../../../server/protocol/session.ts';
import { sessionsCleanup } from '../../../../server/protocol/sessionTrashMethods.ts';
import { width } from '../../../../server/doors/cli/text.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { FakeTerminal, newCli } from './inProcess.ts';

const listed = z.strictObject({ sessions: z.array(session) });
const ID = /^[0-9a-f-]{36}$/;

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
