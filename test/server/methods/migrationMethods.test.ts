import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as protocol from '../../../server/protocol/migrationMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { writeMessageFiles, writeSessionFolders } from '../migration/samples.ts';
import { caller } from './caller.ts';

describe('the methods of migrations', () => {
  it('inspect, plan, apply, verify, list and restore, each with what the one before gave', async (t) => {
    const project = await tempFolder(t);
    await writeMessageFiles(project);
    await writeSessionFolders(project);
    const call = await caller(t);
    const inspected = await call(protocol.migrationInspect, { path: project });
    assert.deepEqual(
      inspected.found.map(({ format, sessions }) => [format, sessions]),
      [
        ['message-files', 2],
        ['session-folders', 1],
      ],
    );
    const { items } = await call(protocol.migrationPlan, { path: project });
    const applied = await call(protocol.migrationApply, { path: project, items });
    assert.deepEqual([applied.phase, applied.done, applied.total], ['done', 3, 3]);
    const manifest = applied.migration?.id ?? '';
    assert.equal((await call(protocol.migrationVerify, { manifest })).same, 3);
    const { migrations } = await call(protocol.migrationList, {});
    assert.deepEqual(migrations, [applied.migration]);
    const restored = await call(protocol.migrationRestore, { manifest });
    assert.deepEqual([restored.removed.length, restored.migration.status], [3, 'restored']);
    await assert.rejects(call(protocol.migrationApply, { manifest }), { message: /is taken back/ });
  });

  it('refuse params that contradict each other, and what is no manifest and no fingerprint', async (t) => {
    const project = await tempFolder(t);
    await writeMessageFiles(project);
    const call = await caller(t);
    const refused = { code: 'INVALID_PARAMS' };
    await assert.rejects(call(protocol.migrationApply, {}), refused);
    await assert.rejects(call(protocol.migrationApply, { path: project, manifest: 'x' }), refused);
    await assert.rejects(call(protocol.migrationApply, { path: project, items: ['x'] }), {
      message: /"x" is not a fingerprint of a plan/,
    });
    for (const manifest of ['x', '../lockstep', join(project, '.sessions', 'telegram-17.json'), '/nowhere'])
      await assert.rejects(call(protocol.migrationRestore, { manifest }), refused);
    await assert.rejects(
      call(protocol.migrationPlan, { path: project, cursor: 'gone' }),
      /begin the plan anew/,
    );
  });
});
