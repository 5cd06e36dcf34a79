import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { tempFolder } from '../../../support/tempFolder.ts';
import { firstStep } from '../conformance.ts';
import { note } from './recovered.ts';
import { destroy, openStore, recover, rowsOf } from './stores.ts';

describe('what recovery makes of a store', () => {
  it('does not lose the other rows of a page over a pointer that leads nowhere', async (t) => {
    for (const pointer of [0, 0xffff]) {
      const open = openStore(await tempFolder(t));
      const { id } = await open.store.create(firstStep());
      for (let number = 2; number <= 6; number++) await open.store.update(id, note(id, String(number)));
      open.file.close();
      const bytes = await readFile(open.path);
      const page = Math.floor(bytes.indexOf('{"text":"2"}') / 4096) * 4096;
      assert.equal(bytes[page], 13);
      bytes.writeUInt16BE(pointer, page + 8 + 2);
      await writeFile(open.path, bytes);
      const { events, pages } = await recover(open.path, `${open.path}.new`);
      assert.deepEqual(events, { saved: 5, damaged: 0, lost: 1 });
      assert.equal(pages.unreadable, 1);
    }
  });

  it('puts what had been removed into the trash, where it cannot be told from what was lost', async (t) => {
    const open = openStore(await tempFolder(t));
    const kept = await open.store.create(firstStep());
    const large = 'x'.repeat(3000);
    const gone = await open.store.create(firstStep({ task: large }));
    for (let event = 0; event < 50; event++) await open.store.update(gone.id, note(gone.id, large));
    await destroy(open, gone.id);
    open.file.close();
    const bytes = await readFile(open.path);
    // The number of the first page of the free list.
    bytes.writeUInt32BE(0xffff, 32);
    await writeFile(open.path, bytes);
    const { problems } = await recover(open.path, `${open.path}.new`);
    const { sessions } = rowsOf(`${open.path}.new`);
    assert.deepEqual(
      sessions.filter((row) => row['trashed_at'] === null).map(({ id }) => id),
      [kept.id],
    );
    assert.deepEqual(
      sessions.filter((row) => row['trashed_at'] !== null).map(({ id }) => id),
      [gone.id],
    );
    assert.match(problems.join('\n'), /list of free pages is damaged/);
    assert.match(problems.join('\n'), /1 session that had been removed came back/);
  });

  it('uses whole pages of a log that SQLite would not read any more', async (t) => {
    const open = openStore(await tempFolder(t));
    const { id } = await open.store.create(firstStep());
    for (let event = 0; event < 30; event++) await open.store.update(id, note(id, String(event)));
    const copy = `${open.path}.copy`;
    await copyFile(open.path, copy);
    const log = await readFile(`${open.path}-wal`);
    open.file.close();
    const frames = (log.length - 32) / 4120;
    for (const damage of [5, log.length - 32 - Math.floor(frames / 2) * 4120]) {
      const damaged = Buffer.from(log);
      damaged[damage] = 0x99;
      await writeFile(`${copy}-wal`, damaged);
      const to = `${copy}.${damage}`;
      const { events, problems } = await recover(copy, to);
      assert.deepEqual(events, { saved: 31, damaged: 0, lost: 0 }, problems.join('\n'));
      assert.match(problems.join('\n'), /of the pages after the damage were used/);
    }
    // And what the log alone tells.
    const alone = join(await tempFolder(t), 'gone.db');
    await writeFile(`${alone}-wal`, log);
    const { events, problems } = await recover(alone, `${alone}.new`);
    assert.equal(events.saved, 31);
    assert.match(problems.join('\n'), /is gone; only its log is there/);
  });
});
