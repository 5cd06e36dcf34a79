import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { tempFolder } from '../support/tempFolder.ts';
import { Campaign } from './campaign.ts';
import { figuresOf } from './figures.ts';
import { checkHistory } from './leaseChecker.ts';
import { Random } from './random.ts';

const ROUNDS = Number(process.env['LOCKSTEP_CRASH_ROUNDS'] ?? 12);
const SEED = process.env['LOCKSTEP_CRASH_SEED'] ?? randomBytes(4).toString('hex');

describe('leases', () => {
  it(`stay right while their owners are killed and stopped at random (seed ${SEED})`, async (t) => {
    const home = await tempFolder(t);
    const campaign = new Campaign(t, home, new Random(SEED));
    await campaign.begin();
    for (let round = 0; round < ROUNDS; round++) {
      await campaign.round(round);
      assert.deepEqual(campaign.recorder.faults, [], `seed ${SEED}, round ${round}`);
    }
    const history = await campaign.finish();
    const violations = [...campaign.recorder.faults, ...checkHistory(history)];
    const figures = {
      rounds: ROUNDS,
      ...campaign.figures,
      ...figuresOf(history),
      lockFiles: campaign.planted.figures,
    };
    t.diagnostic(JSON.stringify({ seed: SEED, ...figures, violations: violations.length }));

    const record = join(tmpdir(), `lockstep-crash-${SEED}.json`);
    if (violations.length > 0) {
      await writeFile(
        record,
        JSON.stringify({ ...history, deaths: [...history.deaths], events: [...history.events] }),
      );
    }
    assert.deepEqual(violations, [], `the history is in ${record}`);

    const db = new DatabaseSync(join(home, 'lockstep.db'), { readOnly: true });
    t.after(() => db.close());
    assert.deepEqual(
      db
        .prepare('PRAGMA integrity_check')
        .all()
        .map((row) => ({ ...row })),
      [{ integrity_check: 'ok' }],
    );
  });
});
