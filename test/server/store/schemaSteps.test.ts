import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { Connection } from '../../../server/store/connection.ts';
import { APPLICATION_ID, schemaSteps } from '../../../server/store/schema.ts';
import { tempFolder } from '../../support/tempFolder.ts';

const fileSystem = { networkType: () => undefined };
const newer = [...schemaSteps, 'ALTER TABLE sessions ADD COLUMN of_the_next_version TEXT;'];

async function oldStore(t: TestContext): Promise<string> {
  const path = join(await tempFolder(t), 'lockstep.db');
  const old = new DatabaseSync(path);
  const steps = schemaSteps.slice(0, -1);
  for (const step of steps) old.exec(step);
  old.exec(
    `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${steps.length}; PRAGMA journal_mode = WAL;`,
  );
  old.close();
  return path;
}

function versionOf(path: string): unknown {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db.prepare('PRAGMA user_version').get()?.['user_version'];
  } finally {
    db.close();
  }
}

const backupsOf = (path: string) => readdir(join(path, '..', 'backups')).catch((): string[] => []);

describe('the steps of the schema', () => {
  it('are taken once, with one backup before them, however many open the store', async (t) => {
    const path = await oldStore(t);
    for (let time = 0; time < 3; time++) new Connection(path, fileSystem).close();
    assert.equal(versionOf(path), schemaSteps.length);
    assert.equal((await backupsOf(path)).length, 1);
  });

  it('make no backup while another process has the store, however often they are tried', async (t) => {
    const path = await oldStore(t);
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    for (let time = 0; time < 5; time++) {
      assert.throws(() => new Connection(path, fileSystem), /locked/);
    }
    other.exec('ROLLBACK');
    other.close();
    assert.deepEqual(await backupsOf(path), []);
    assert.equal(versionOf(path), schemaSteps.length - 1);
  });

  it('of an older version never take back those of a newer one that came between', async (t) => {
    const path = await oldStore(t);
    // The newer one comes just as the older one has found the store to be old, and waits for the lock.
    // oxlint-disable-next-line typescript/unbound-method -- it is called with its object below
    const begin = DatabaseSync.prototype.exec;
    let isNewerThrough = false;
    t.mock.method(DatabaseSync.prototype, 'exec', function (this: DatabaseSync, sql: string) {
      if (sql === 'BEGIN IMMEDIATE' && !isNewerThrough) {
        isNewerThrough = true;
        new Connection(path, fileSystem, newer).close();
      }
      return begin.call(this, sql);
    });
    assert.throws(() => new Connection(path, fileSystem), { code: 'STORE_NEWER' });
    assert.equal(isNewerThrough, true);
    assert.equal(versionOf(path), newer.length);
    new Connection(path, fileSystem, newer).close();
  });
});
