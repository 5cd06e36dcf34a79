import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { RunLogs } from '../../../../server/workflows/run/runLogs.ts';
import { tempFolder } from '../../../support/tempFolder.ts';

const ID = '019cdf3a-7b21-7000-8000-000000000001';

async function newLogs(t: TestContext) {
  const home = await tempFolder(t);
  const logs = new RunLogs(home);
  return {
    home,
    logs,
    path: join(home, 'runs', `${ID}.log`),
    /** What a process said that was started for the run. */
    said: (text: string) => {
      const file = logs.open(ID);
      assert.ok(file !== undefined);
      writeSync(file, text);
      closeSync(file);
    },
  };
}

describe('what the process of a run says on stderr', () => {
  test('is kept in a file that is for its person alone, until there is nothing to tell', async (t) => {
    const { home, logs, path, said } = await newLogs(t);
    said('lockstep: The store cannot be used: it is full.\n(STORE_UNAVAILABLE, request 1)\n');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(home, 'runs')).mode & 0o777, 0o700);
    assert.equal(await logs.reason(ID), 'The store cannot be used: it is full.');
    assert.deepEqual(await logs.runs(), [ID]);
    logs.remove(ID);
    logs.remove(ID);
    assert.deepEqual(
      [await logs.reason(ID), await logs.runs(), readdirSync(join(home, 'runs'))],
      [undefined, [], []],
    );
  });

  test('is not the reason of a process that came later and has said nothing', async (t) => {
    const { logs, path, said } = await newLogs(t);
    said('lockstep: The first.\n');
    logs.begin(ID);
    assert.equal(await logs.reason(ID), undefined);
    said('lockstep: The second.');
    assert.equal(await logs.reason(ID), 'The second.');
    assert.match(readFileSync(path, 'utf8'), /The first\.\n[^]*The second\.$/);
  });

  test('is the error that nobody has caught, where its own words are missing, else its last line', async (t) => {
    const { logs, said } = await newLogs(t);
    for (const [program, reason] of [
      ['throw new TypeError("no\\nsense", { cause: new Error("of it") })', 'TypeError: no'],
      ['process.stderr.write("one\\n\\ntwo\\n\\n")', 'two'],
    ] as const) {
      said(spawnSync(process.execPath, ['--eval', program], { encoding: 'utf8' }).stderr);
      assert.equal(await logs.reason(ID), reason);
    }
    said(`lockstep: ${'x'.repeat(10_000)}\n`);
    assert.equal((await logs.reason(ID))?.length, 1000);
  });

  test('does not fill the disk: a file that has become large is begun anew', async (t) => {
    const { logs, path, said } = await newLogs(t);
    said('x'.repeat(70_000));
    said('lockstep: The reason.\n');
    assert.ok(statSync(path).size < 1000);
    assert.equal(await logs.reason(ID), 'The reason.');
    said('x'.repeat(2_000_000));
    assert.equal(await logs.reason(ID), `What its process said is in ${path}.`);
  });

  test('is kept below the folder of the store, whatever the id of an imported run is', async (t) => {
    const { home, logs } = await newLogs(t);
    for (const id of ['../../up', '..', 'a/b', 'c\0d', '%', '\uD800']) logs.begin(id);
    assert.deepEqual(readdirSync(home), ['runs']);
    assert.deepEqual((await logs.runs()).sort(), ['%', '..', '../../up', 'a/b', 'c\0d', '\uFFFD'].sort());
    writeFileSync(join(home, 'runs', '%.log'), '');
    assert.equal((await logs.runs()).length, 6, 'a name that none of us has made is let be');
  });

  test('is lost, and no more than that, where no file can be', async (t) => {
    const home = await tempFolder(t);
    writeFileSync(join(home, 'runs'), '');
    const logs = new RunLogs(home);
    assert.equal(logs.open(ID), undefined);
    logs.begin(ID);
    logs.remove(ID);
    assert.deepEqual([await logs.reason(ID), await logs.runs()], [undefined, []]);
  });

  test('is not written through a link', async (t) => {
    const { home, logs, path } = await newLogs(t);
    logs.begin(ID);
    logs.remove(ID);
    const other = join(home, 'other');
    writeFileSync(other, 'untouched');
    symlinkSync(other, path);
    assert.equal(logs.open(ID), undefined);
    assert.equal(readFileSync(other, 'utf8'), 'untouched');
  });
});
