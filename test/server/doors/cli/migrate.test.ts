import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { migrationList, migrationSummary } from '../../../../server/protocol/migrationMethods.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { writeMessageFiles, writeSessionFolders } from '../../migration/samples.ts';
import { jsonOf, objectIn } from '../../migration/shapes.ts';
import { newCli } from './inProcess.ts';

describe('lockstep migrate', () => {
  it('tells with --dry-run what it would do, and does nothing', async (t) => {
    const project = await tempFolder(t);
    await writeMessageFiles(project);
    await writeFile(join(project, '.sessions', 'cut.json'), '{');
    const { run, ok } = await newCli(t);
    const { code, stdout, stderr } = await run(['migrate', project, '--dry-run']);
    assert.equal(code, 0);
    assert.match(stdout, /new\s+6\s.*Lamps in the shop/);
    assert.match(stdout, /Could not be read, and stays as it is:\n\s+\S+cut\.json: It is not JSON/);
    assert.match(stderr, /Nothing was changed/);
    assert.equal(await ok(['list', '-q', '--all']), '');
    assert.equal(existsSync(join(project, 'backup_old_format')), false);
  });

  it('migrates, tells of damaged files, lists, verifies and takes back', async (t) => {
    const project = await tempFolder(t);
    await writeMessageFiles(project);
    await writeSessionFolders(project);
    const { run, ok } = await newCli(t);
    const done = await run(['migrate', project]);
    assert.equal(done.code, 0);
    assert.match(done.stdout, /3 sessions found: 3 migrated\.\nBackup: /);
    const id = /migrate restore (\S+)/.exec(done.stdout)?.[1] ?? '';
    assert.match(await ok(['migrate', project]), /3 there already/);
    assert.match(await ok(['migrate', 'list']), new RegExp(`done\\s+3\\s+lockstep\\s+${id}`));
    assert.match(await ok(['migrate', 'verify', id]), /3 sessions as written/);
    assert.match((await run(['migrate', 'restore', id])).stdout, /3 sessions taken back, 0 files put back/);
    assert.equal(await ok(['list', '-q', '--all']), '');
  });

  it('gives the result as JSON, makes no backup where none is wanted, and fails where a file does', async (t) => {
    const project = await tempFolder(t);
    await writeMessageFiles(project);
    await writeFile(join(project, '.sessions', 'cut.json'), '{');
    const stateDir = join(await tempFolder(t), 'state');
    const { run } = await newCli(t);
    const { code, stdout } = await run([
      'migrate',
      project,
      '--to',
      'openclaw',
      '--agent-id',
      'work',
      '--state-dir',
      stateDir,
      '--no-backup',
      '--json',
    ]);
    assert.equal(code, 1);
    const result = migrationSummary.partial().parse({ ...objectIn(jsonOf(stdout)) });
    assert.deepEqual([result.status, result.backup, result.stats?.migrated], ['done', undefined, 2]);
    assert.deepEqual(
      result.stats?.errors.map(({ path }) => path),
      [join(project, '.sessions', 'cut.json')],
    );
    assert.ok(existsSync(join(stateDir, 'agents', 'work', 'sessions', 'sessions.json')));
    assert.equal(existsSync(join(project, 'backup_old_format')), false);
  });

  it('tells of sessions in conflict, and makes no backup for their sake', async (t) => {
    const project = await tempFolder(t);
    await writeMessageFiles(project);
    const { run, ok } = await newCli(t);
    await ok(['migrate', project]);
    await writeFile(
      join(project, '.sessions', 'telegram-17.json'),
      JSON.stringify({ messages: [{ role: 'user', content: 'Something else' }] }),
    );
    for (let times = 0; times < 2; times++) {
      const { code, stdout, stderr } = await run(['migrate', project]);
      assert.equal(code, 1);
      assert.match(stdout, /^2 sessions found: 0 migrated, 1 there already, 1 skipped\.\n$/);
      assert.match(stderr, /telegram-17\.json was skipped: .* is not written over/);
    }
    assert.equal((await readdir(join(project, 'backup_old_format'))).length, 1);
    assert.equal((await ok(['migrate', 'list'])).trim().split('\n').length, 2);
  });

  it('tells what was left out and what became another, once it is done', async (t) => {
    const project = await tempFolder(t);
    const file = join(project, '.sessions', 'a.json');
    await mkdir(join(project, '.sessions'));
    const messages = [{ role: 'user', content: 'Look', images: 'x'.repeat(1_500_000) }];
    await writeFile(file, JSON.stringify({ created_at: '2026-01-10T08:00:00', messages }));
    const loss = /"\S*images" has 1500002 bytes and is left out\.$/;
    const { stdout } = await (await newCli(t)).run(['migrate', project]);
    const [, left = '', changed = ''] =
      /\n\nLeft out:\n(.+)\n\nChanged on the way:\n(.+)\n$/s.exec(stdout) ?? [];
    assert.ok(left.startsWith(`  ${file}: `), stdout);
    assert.match(left, loss);
    assert.ok(changed.includes(`  ${file}: Times without a zone are taken as UTC.`), stdout);

    const { ok } = await newCli(t);
    const { stats } = migrationSummary.parse(jsonOf(await ok(['migrate', project, '--json'])));
    assert.deepEqual(
      stats.losses?.map(({ path }) => path),
      [file],
    );
    assert.match(stats.losses?.[0]?.reason ?? '', loss);
    assert.ok(stats.notes?.some(({ reason }) => reason === 'Times without a zone are taken as UTC.'));
    const { migrations } = migrationList.result.parse(jsonOf(await ok(['migrate', 'list', '--json'])));
    assert.deepEqual(migrations[0]?.stats, stats, 'and the manifest too');
  });

  it('takes only what begins with a known source for one, and not where a file has that name', async (t) => {
    const { run, ok } = await newCli(t);
    const before = process.cwd();
    t.after(() => process.chdir(before));
    process.chdir(await tempFolder(t));
    const file = join(process.cwd(), 'my-dir:1');
    assert.ok((await run(['migrate', 'my-dir:1'])).stderr.includes(`${file} cannot be read`));
    assert.match((await run(['migrate', 'lockstep:'])).stderr, /sessions of the store are there already/);
    assert.doesNotMatch(await ok(['migrate', 'pi:', '--dry-run']), /Lamps in the shop/);
    for (const name of ['my-dir:1', 'pi:']) {
      await writeMessageFiles(name);
      assert.match(await ok(['migrate', name, '--dry-run']), /Lamps in the shop/);
    }
  });

  it('says what is missing', async (t) => {
    const { run } = await newCli(t);
    for (const args of [[], ['restore'], ['/a', '/b'], ['/a', '--to', 'nowhere']]) {
      const { code, stderr } = await run(['migrate', ...args]);
      assert.equal(code, 2, stderr);
    }
  });
});
