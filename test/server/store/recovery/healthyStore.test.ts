import assert from 'node:assert/strict';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import * as state from '../../../../server/domain/sessionState.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { firstStep } from '../conformance.ts';
import { destroy, FILES, openStore, recover, rowsOf, type OpenStore } from './stores.ts';

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((value) => value.isWellFormed() && value.trim() !== '' && !value.includes('\0'));
const size = fc.oneof(
  { weight: 20, arbitrary: fc.nat(300) },
  { weight: 3, arbitrary: fc.integer({ min: 3900, max: 4200 }) },
  { weight: 3, arbitrary: fc.nat(30_000) },
  { weight: 1, arbitrary: fc.constant(1_000_000) },
);
const event = fc.record({
  data: fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3 }),
  size,
});
const session = fc.record({
  task: text,
  label: fc.boolean(),
  events: fc.array(event, { maxLength: 30 }),
  removed: fc.nat(4).map((of5) => of5 === 0),
  completed: fc.boolean(),
});

interface Drawn {
  readonly task: string;
  readonly label: boolean;
  readonly events: readonly { readonly data: Record<string, unknown>; readonly size: number }[];
  readonly removed: boolean;
  readonly completed: boolean;
}

async function write(open: OpenStore, sessions: readonly Drawn[], from: number): Promise<void> {
  const { store } = open;
  for (const [index, { task, label, events, removed, completed }] of sessions.entries()) {
    const labelled = label ? { label: `${from + index}: ${task}` } : {};
    const { id } = await store.create(firstStep({ task, context: { task }, ...labelled }));
    for (const { data, size } of events) {
      const filled = { ...data, filling: 'x'.repeat(size) };
      await store.update(id, state.addEvent({ id, type: 'note', data: filled }));
    }
    if (completed) await store.update(id, state.complete({ id, result: task }));
    if (removed) await destroy(open, id);
  }
}

describe('recovery of a store that is not damaged', () => {
  it('saves every session and every event as it was, with and without a log', async (t) => {
    const folder = await tempFolder(t);
    await fc.assert(
      fc.asyncProperty(
        fc.array(session, { maxLength: 12 }),
        fc.array(session, { maxLength: 4 }),
        async (checkpointed, logged) => {
          const open = openStore(folder);
          const { path, file } = open;
          await write(open, checkpointed, 0);
          await file.read((connection) => connection.sql('SELECT 1').get());
          file.close();
          await write(open, logged, 1000);
          const copy = `${path}.copy`;
          await copyFile(path, copy);
          if (logged.length > 0) await copyFile(`${path}-wal`, `${copy}-wal`);
          const expected = rowsOf(path);
          file.close();
          const before = await readFile(copy);

          const recovery = await recover(copy, `${path}.new`);
          assert.deepEqual(recovery.problems, []);
          assert.deepEqual(recovery.sessions, { saved: expected.sessions.length, rebuilt: 0 });
          assert.deepEqual(recovery.events, {
            saved: expected.events.length,
            damaged: 0,
            lost: 0,
          });
          assert.equal(recovery.pages.unreadable, 0);
          assert.deepEqual(rowsOf(`${path}.new`), expected);
          assert.deepEqual(await readFile(copy), before);
        },
      ),
      { numRuns: Math.ceil(FILES / 2) },
    );
  });

  it('makes an empty store of an empty store', async (t) => {
    const { path, file } = openStore(await tempFolder(t));
    await file.probe();
    file.close();
    const to = join(await tempFolder(t), 'new', 'lockstep.db');
    const recovery = await recover(path, to);
    assert.deepEqual(recovery.sessions, { saved: 0, rebuilt: 0 });
    assert.deepEqual(recovery.problems, []);
    assert.deepEqual(rowsOf(to).sessions, []);
  });
});
