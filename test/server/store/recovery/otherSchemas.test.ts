import assert from 'node:assert/strict';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openDatabaseFile } from '../../../../server/store/recovery/databaseFile.ts';
import { isNewer } from '../../../../server/store/recovery/newerSchema.ts';
import { collectProblems } from '../../../../server/store/recovery/problems.ts';
import { findTables } from '../../../../server/store/recovery/storeTables.ts';
import { APPLICATION_ID, schemaSteps } from '../../../../server/store/schema.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { firstStep } from '../conformance.ts';
import { alter } from './recovered.ts';
import { openStore, recover, rowsOf } from './stores.ts';

const PAGE = 4096;

/** Where the file's header and the statements of its schema have bytes that are not zero. */
function placesOfSchema(file: Buffer, page: number): number[] {
  const places = Array.from({ length: PAGE }, (_, at) => page * PAGE + at);
  const isSchema = file.subarray(page * PAGE, (page + 1) * PAGE).includes('CREATE ');
  return places.filter((at) => at < 100 || (isSchema && file[at] !== 0));
}

describe('what recovery makes of a store', () => {
  it('reads stores of every older schema', async (t) => {
    for (let version = 1; version < schemaSteps.length; version++) {
      const path = join(await tempFolder(t), 'old.db');
      alter(path, (db) => {
        for (const step of schemaSteps.slice(0, version)) db.exec(step);
        db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version};
          INSERT INTO sessions SELECT 'old', 'session', 'label', 'title', 'mode', 'task', 'active', 1, 50, NULL, NULL,
            NULL, NULL, NULL, '{}', NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL, 0, 0, 0, '[]', '[]', '{}', 0, NULL,
            1, 2, 3, NULL, NULL, 1, 1 ${', NULL'.repeat(version - 1)};
          INSERT INTO events VALUES ('old', 1, 2, 'start', '{}')`);
      });
      const { problems, events } = await recover(path, `${path}.new`);
      assert.deepEqual(problems, [], `schema ${version}`);
      assert.deepEqual(events, { saved: 1, damaged: 0, lost: 0 });
      const [row] = rowsOf(`${path}.new`).sessions;
      assert.equal(row?.['label'], 'label');
      assert.equal(row?.['trashed_at'], null);
    }
  });

  it('refuses a store of a newer Lockstep, of which it would lose what it does not know', async (t) => {
    const open = openStore(await tempFolder(t));
    await open.store.create(firstStep());
    open.file.close();
    for (const change of [
      'ALTER TABLE sessions ADD COLUMN mood TEXT',
      'CREATE TABLE moods (mood TEXT)',
      'CREATE INDEX sessions_by_agent ON sessions (agent_id)',
      'DROP INDEX sessions_in_trash',
      'DROP INDEX sessions_in_trash; CREATE INDEX sessions_in_trash ON sessions (trashed_at, id)',
      "CREATE TRIGGER no_end BEFORE DELETE ON sessions BEGIN SELECT raise(ABORT, 'no'); END",
    ]) {
      const newer = `${open.path}.newer`;
      await copyFile(open.path, newer);
      alter(newer, (db) => db.exec(`${change}; PRAGMA user_version = ${schemaSteps.length + 1}`));
      await assert.rejects(recover(newer, `${newer}.new`), { code: 'STORE_NEWER' }, change);
      // With another fault in the header, its version may be one, too: refused, nothing would be saved at all.
      for (const at of [18, 22, 56, 70, 80]) {
        const wrong = await readFile(newer);
        wrong[at] = 7;
        await writeFile(`${newer}.wrong`, wrong);
        await recover(`${newer}.wrong`, `${newer}.saved`);
        await rm(`${newer}.saved`);
      }
      // What is not known in a store that says it is not newer is damage, or somebody's own.
      alter(newer, (db) => db.exec(`PRAGMA user_version = ${schemaSteps.length}`));
      await recover(newer, `${newer}.same`);
      await rm(`${newer}.same`);
    }
  });

  it('takes a wrong byte in the version for no newer Lockstep, also where another is wrong', async (t) => {
    for (const version of schemaSteps.keys()) {
      const path = join(await tempFolder(t), 'store.db');
      alter(path, (db) => {
        for (const step of schemaSteps.slice(0, version + 1)) db.exec(step);
        db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      });
      const whole = await readFile(path);
      for (const at of [60, 61, 62, 63]) {
        const wrong = Buffer.from(whole);
        wrong[at] = 0x77;
        await writeFile(path, wrong);
        await recover(path, `${path}.new`);
        await rm(`${path}.new`);
      }
      // Bytes of the header and of the schema besides.
      const places = [...Array(whole.length / PAGE).keys()]
        .flatMap((page) => placesOfSchema(whole, page))
        .filter((_, index) => index % 61 === version);
      // And one that tells how long a statement is.
      places.push(whole.indexOf('tableremovalsremovals') - 1);
      for (const [index, at] of places.entries()) {
        const wrong = Buffer.from(whole);
        wrong[at] = (whole[at] ?? 0) ^ (1 << (index % 6));
        wrong[63] = schemaSteps.length + 1;
        await writeFile(path, wrong);
        const database = await openDatabaseFile(path, collectProblems(), () => undefined);
        try {
          const tally = {
            used: new Set<number>(),
            unreadable: new Set<number>(),
            missing: new Set<number>(),
          };
          const tables = await findTables(database, tally, () => undefined);
          assert.equal(isNewer(database, tables), false, `byte ${at} of schema ${version + 1}`);
        } finally {
          database.close();
        }
      }
    }
  });
});
