import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LockstepError } from '../../../../server/domain/errors.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { FILES, fill, openStore, randomNumbers, recover, rowsOf } from './stores.ts';

const PAGE = 4096;

/** Recovers, where refusing with words is as good. */
async function recoverOrRefuse(from: string, to: string): Promise<void> {
  try {
    await recover(from, to);
  } catch (error) {
    assert.ok(error instanceof LockstepError, String(error));
    for (const suffix of ['', '-wal', '-shm']) assert.equal(existsSync(to + suffix), false, suffix);
  }
}

async function wholeStore(folder: string): Promise<Buffer> {
  const open = openStore(folder);
  await fill(open, 8, randomNumbers(1));
  open.file.close();
  return readFile(open.path);
}

const header = Buffer.from('SQLite format 3\0', 'latin1');
/** Bytes that look the more like pages the further one gets in this list. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 3 * PAGE }),
  fc.uint8Array({ maxLength: 3 * PAGE }).map((rest) => Buffer.concat([header, rest])),
  fc
    .array(
      fc.record({
        type: fc.constantFrom(0, 2, 5, 10, 13),
        cells: fc.nat(0xffff),
        rest: fc.uint8Array({ minLength: 8, maxLength: 600 }),
      }),
      { minLength: 1, maxLength: 12 },
    )
    .map((pages) =>
      Buffer.concat(
        pages.map(({ type, cells, rest }, index) => {
          const page = Buffer.alloc(PAGE, rest);
          if (index === 0) header.copy(page);
          const start = index === 0 ? 100 : 0;
          page[start] = type;
          page.writeUInt16BE(cells % 300, start + 3);
          for (let cell = 0; cell < cells % 300; cell++)
            page.writeUInt16BE((cells * (cell + 7)) % PAGE, start + 8 + 2 * cell);
          return page;
        }),
      ),
    ),
);

describe('recovery of what is no store', () => {
  it('refuses any bytes with words, in the file and in the log, or saves what is in them', async (t) => {
    const folder = await tempFolder(t);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(bytes, fc.option(bytes, { nil: undefined }), async (file, log) => {
        const from = join(folder, `${run++}.db`);
        await writeFile(from, file);
        if (log) await writeFile(`${from}-wal`, log);
        await recoverOrRefuse(from, `${from}.new`);
      }),
      { numRuns: 2 * FILES },
    );
  });

  it('saves all of a store whose header tells of any numbers', async (t) => {
    const folder = await tempFolder(t);
    const whole = await wholeStore(folder);
    let run = 0;
    const numbers = fc.array(fc.tuple(fc.integer({ min: 16, max: 99 }), fc.nat(255)), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(numbers, async (changes) => {
        const from = join(folder, `${run++}.db`);
        const file = Buffer.from(whole);
        for (const [at, value] of changes) file[at] = value;
        await writeFile(from, file);
        const { sessions, events } = await recover(from, `${from}.new`);
        assert.ok(sessions.saved >= 7, `${sessions.saved} sessions`);
        assert.equal(events.damaged + events.lost, 0);
      }),
      { numRuns: Math.ceil(FILES / 2) },
    );
  });

  it('ends where pages go in a circle', async (t) => {
    const folder = await tempFolder(t);
    const whole = await wholeStore(folder);
    const pages = whole.length / PAGE;
    for (const target of [2, 3, 9, pages]) {
      const file = Buffer.from(whole);
      for (let page = 1; page < pages; page++) {
        const at = page * PAGE;
        // Interior pages lead to one of them again, and overflow pages, which begin with zeros, to one page.
        if (file[at] === 5) file.writeUInt32BE(page + 1, at + 8);
        if (file[at] === 0) file.writeUInt32BE(target, at);
      }
      const from = join(folder, `circle${target}.db`);
      await writeFile(from, file);
      const { sessions } = await recover(from, `${from}.new`);
      assert.ok(sessions.saved > 0);
    }
  });

  it('does not read one overflow page again and again because a thousand rows name it', async (t) => {
    const folder = await tempFolder(t);
    const page = Buffer.alloc(PAGE);
    page[0] = 13;
    page.writeUInt16BE(1000, 3);
    // Every cell is the same one: 60 MiB of payload, which begins here and goes on in page 3.
    for (let cell = 0; cell < 1000; cell++) page.writeUInt16BE(3000, 8 + 2 * cell);
    Buffer.from([0x9e, 0x80, 0x80, 0x00, 1]).copy(page, 3000);
    const overflow = Buffer.alloc(PAGE);
    overflow.writeUInt32BE(4, 0);
    const next = Buffer.alloc(PAGE);
    next.writeUInt32BE(3, 0);
    const first = Buffer.alloc(PAGE);
    header.copy(first);
    const from = join(folder, 'overflow.db');
    await writeFile(from, Buffer.concat([first, page, overflow, next]));
    await assert.rejects(recover(from, `${from}.new`), { code: 'STORE_CORRUPT' });
  });

  it('refuses what is no file, and what is not there', async (t) => {
    const folder = await tempFolder(t);
    await mkdir(join(folder, 'folder'));
    await writeFile(join(folder, 'empty'), '');
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const to = join(folder, 'new.db');
    for (const [name, code, words] of [
      ['folder', 'STORE_UNAVAILABLE', /is not a file/],
      ['pipe', 'STORE_UNAVAILABLE', /is not a file/],
      ['missing', 'STORE_UNAVAILABLE', /it does not exist/],
      ['missing/under', 'STORE_UNAVAILABLE', /it does not exist/],
      ['empty', 'STORE_CORRUPT', /it is empty/],
    ] as const) {
      await assert.rejects(recover(join(folder, name), to), { code, message: words }, name);
      assert.equal(existsSync(to), false, name);
    }
  });

  it('overwrites nothing', async (t) => {
    const folder = await tempFolder(t);
    const from = join(folder, 'from.db');
    await writeFile(from, await wholeStore(folder));
    for (const suffix of ['', '-wal']) {
      const to = join(folder, `to${suffix}.db`);
      await writeFile(to + suffix, 'mine');
      await assert.rejects(recover(from, to), { code: 'INVALID_PARAMS', message: /is there already/ });
      assert.equal(await readFile(to + suffix, 'utf8'), 'mine');
    }
    await assert.rejects(recover(from, from), { code: 'INVALID_PARAMS' });
  });

  it('saves all of a file that was made far longer, with nothing in it', async (t) => {
    const folder = await tempFolder(t);
    const from = join(folder, 'long.db');
    await writeFile(from, await wholeStore(folder));
    const expected = (await recover(from, `${from}.expected`)).sessions;
    await truncate(from, 128 * 1024 * 1024);
    const recovery = await recover(from, `${from}.new`);
    assert.deepEqual(recovery.sessions, expected);
    assert.deepEqual(rowsOf(`${from}.new`).events, rowsOf(`${from}.expected`).events);
  });

  it('lets others work meanwhile', async (t) => {
    const folder = await tempFolder(t);
    const from = join(folder, 'long.db');
    await writeFile(from, await wholeStore(folder));
    await truncate(from, 128 * 1024 * 1024);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await recover(from, `${from}.new`).finally(() => clearInterval(timer));
    assert.ok(turns > 0, `${turns} turns`);
  });
});
