import assert from 'node:assert/strict';
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { LockstepError } from '../../../../../server/domain/errors.ts';
import { readDatabase } from '../../../../../server/sources/openclaw/sqlite/readDatabase.ts';
import { tempFolder } from '../../../../support/tempFolder.ts';
import { bytesBelow, databasePath, openAgentDatabase, talk, writeAgentDatabase } from './agentDatabase.ts';
import { openWriter } from './writer.ts';

const KEY = 'agent:main:main';

async function oneSession(t: TestContext): Promise<{ dir: string; path: string }> {
  const dir = await tempFolder(t);
  const path = writeAgentDatabase(dir, 'main', [{ key: KEY, id: 's1', events: talk('hello', 'hi') }]);
  return { dir, path };
}

function labelOf(path: string): Promise<unknown> {
  return readDatabase(path, (db) => db.sql('SELECT label FROM session_nodes').get()?.['label']);
}

const setLabel = (label: string) => `UPDATE session_nodes SET label = '${label}'`;

function failsWith(code: string, words: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof LockstepError);
    assert.equal(error.code, code);
    assert.match(error.message, words);
    return true;
  };
}

describe("an agent's database", () => {
  test('that nobody has open is read without a trace', async (t) => {
    const { dir, path } = await oneSession(t);
    const before = bytesBelow(dir);
    assert.equal(await labelOf(path), null);
    assert.deepEqual(bytesBelow(dir), before);
    assert.deepEqual(Object.keys(before), [
      'agents',
      'agents/main',
      'agents/main/agent',
      'agents/main/agent/openclaw-agent.sqlite',
    ]);
  });

  test('whose rows are in the log of a living writer is read with them, and without a trace', async (t) => {
    const { dir, path } = await oneSession(t);
    const writer = await openWriter(t, path);
    for (const label of ['one', 'two', 'three']) {
      await writer.run(setLabel(label));
      const before = bytesBelow(dir);
      assert.ok('agents/main/agent/openclaw-agent.sqlite-wal' in before);
      assert.equal(await labelOf(path), label);
      assert.deepEqual(bytesBelow(dir), before);
    }
    await writer.close();
    assert.deepEqual(Object.keys(bytesBelow(dir)).length, 4, 'the last writer puts its log away as ever');
    assert.equal(await labelOf(path), 'three');
  });

  test('whose writer was killed is read with what its log holds, and without a trace', async (t) => {
    const { dir, path } = await oneSession(t);
    const writer = await openWriter(t, path);
    await writer.run(setLabel('last words'));
    await writer.kill();
    const before = bytesBelow(dir);
    assert.equal(await labelOf(path), 'last words');
    assert.deepEqual(bytesBelow(dir), before);
  });

  test('is not kept by a reader from being checkpointed', async (t) => {
    const { path } = await oneSession(t);
    const writer = await openWriter(t, path);
    await writer.run(setLabel('one'));
    await labelOf(path);
    await writer.run('PRAGMA wal_checkpoint(TRUNCATE)');
    assert.equal(await labelOf(path), 'one');
    await writer.run(setLabel('two'));
    assert.equal(await labelOf(path), 'two');
  });

  test('gives what was committed, however its writer writes, checkpoints and comes and goes', async (t) => {
    const { path } = await oneSession(t);
    const progress = { begun: 0, committed: 0, isOver: false };
    const writing = (async () => {
      for (let life = 0; life < 4; life++) {
        const writer = await openWriter(t, path);
        for (let n = 0; n < 25; n++) {
          progress.begun += 1;
          await writer.run(setLabel(String(progress.begun)));
          progress.committed = progress.begun;
          if (n % 7 === 0) await writer.run('PRAGMA wal_checkpoint(TRUNCATE)');
        }
        await (life % 2 === 0 ? writer.close() : writer.kill());
      }
    })();
    const over = writing.finally(() => (progress.isOver = true));
    let reads = 0;
    while (!progress.isOver) {
      const least = progress.committed;
      const label = Number(await labelOf(path));
      const { begun } = progress;
      assert.ok(label >= least && label <= begun, `read ${label}, with ${least} to ${begun} committed`);
      reads += 1;
    }
    await over;
    assert.ok(reads > 10);
    assert.equal(await labelOf(path), '100');
  });

  test('that a writer opened while it was read is read again, with what was committed', async (t) => {
    const { path } = await oneSession(t);
    const writers: DatabaseSync[] = [];
    t.after(() => writers.forEach((writer) => writer.close()));
    const labels: unknown[] = [];
    const last = await readDatabase(path, (db) => {
      if (writers.length === 0) {
        const writer = new DatabaseSync(path);
        writers.push(writer);
        writer.exec(setLabel('just now'));
      }
      labels.push(db.sql('SELECT label FROM session_nodes').get()?.['label']);
      return labels.at(-1);
    });
    assert.deepEqual([last, labels], ['just now', [null, 'just now']]);
  });

  test('with a log whose index is gone is refused, since reading it would make one', async (t) => {
    const { dir, path } = await oneSession(t);
    const writer = await openWriter(t, path);
    await writer.run(setLabel('unread'));
    await writer.kill();
    await rm(`${path}-shm`);
    const before = bytesBelow(dir);
    await assert.rejects(
      labelOf(path),
      failsWith('STORE_UNAVAILABLE', /write-ahead log without an index.*Start OpenClaw/),
    );
    assert.deepEqual(bytesBelow(dir), before);
  });

  test('that a change was interrupted in is refused', async (t) => {
    const { path } = await oneSession(t);
    await writeFile(`${path}-journal`, 'half');
    await assert.rejects(labelOf(path), failsWith('STORE_UNAVAILABLE', /interrupted/));
  });

  test('is not read where its name is a link that leaves the folder of the agent', async (t) => {
    const { dir, path } = await oneSession(t);
    await rename(path, join(dir, 'elsewhere.sqlite'));
    await symlink(join(dir, 'elsewhere.sqlite'), path);
    await assert.rejects(labelOf(path), failsWith('STORE_UNAVAILABLE', /link to a file elsewhere/));
  });

  test('is read wherever it lies, whatever the name of the folder', async (t) => {
    const dir = join(await tempFolder(t), 'a b?immutable=0&mode=rwc#%41');
    const path = writeAgentDatabase(dir, 'main', [{ key: KEY, id: 's1', columns: { label: 'here' } }]);
    assert.equal(await labelOf(path), 'here');
  });

  test('that is a folder, or nothing, is refused with words', async (t) => {
    const dir = await tempFolder(t);
    const path = databasePath(dir, 'main');
    await assert.rejects(labelOf(path), failsWith('STORE_UNAVAILABLE', /does not exist/));
    await mkdir(path, { recursive: true });
    await assert.rejects(labelOf(path), failsWith('STORE_UNAVAILABLE', /not a file/));
  });

  test('cannot be changed by what reads it', async (t) => {
    const { path } = await oneSession(t);
    await assert.rejects(readDatabase(path, (db) => db.sql(setLabel('mine')).run()));
    assert.equal(await labelOf(path), null);
  });

  test('that runs code of its maker instead of being a table has no columns', async (t) => {
    const dir = await tempFolder(t);
    const db = openAgentDatabase(dir, 'main');
    db.exec(`DROP TABLE session_nodes; CREATE VIEW session_nodes AS WITH RECURSIVE n(x) AS
      (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT x AS session_key FROM n;
      CREATE TABLE computed (plain, made GENERATED ALWAYS AS (zeroblob(plain)));
      CREATE VIRTUAL TABLE searched USING fts5(text)`);
    db.close();
    const columns = await readDatabase(databasePath(dir, 'main'), (found) =>
      ['session_nodes', 'computed', 'searched', 'nowhere'].map((table) => [...found.columnsOf(table)]),
    );
    assert.deepEqual(columns, [[], ['plain'], [], []]);
  });

  test('of whatever bytes is read, or refused with a code, and never touched', async (t) => {
    const { path } = await oneSession(t);
    const good = await readFile(path);
    const damaged = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 40 })
      .map((changes) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        return bytes;
      });
    const anyBytes = fc.oneof(
      damaged,
      fc.nat(good.length).map((end) => good.subarray(0, end)),
      fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
      fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.concat([good.subarray(0, 100), bytes])),
    );
    await fc.assert(
      fc.asyncProperty(anyBytes, async (bytes) => {
        await writeFile(path, bytes);
        const before = bytesBelow(dirname(path));
        await labelOf(path).catch((error: unknown) =>
          assert.ok(error instanceof LockstepError, String(error)),
        );
        assert.deepEqual(bytesBelow(dirname(path)), before);
      }),
      { numRuns: 150 },
    );
  });
});
