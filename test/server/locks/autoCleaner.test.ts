import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Logger } from '../../../server/platform/logger.ts';
import { createServer } from '../../../server/server.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { House, iso, names, ownLock, put } from './house.ts';
import { deadPid } from './livingProcess.ts';

const HOUR = 3_600_000;

/** A dead lock of our own, and one of OpenClaw. */
async function staleHouse(t: TestContext, autoClean: string) {
  const folder = await tempFolder(t);
  const house = new House(t, folder, { LOCKSTEP_LOCK_AUTO_CLEAN: autoClean, LOCKSTEP_LOCK_WAIT_MS: '10000' });
  const pid = await deadPid();
  const own = await ownLock(join(house.home, 'locks'), 'own', pid);
  const sessions = join(house.userHome, '.openclaw', 'agents', 'main', 'sessions');
  const foreign = await put(join(sessions, 'x.jsonl.lock'), { pid, createdAt: iso(HOUR) });
  const planned = async () => names((await house.plan({ roots: undefined })).planned);
  return { house, pid, own, foreign, planned };
}

/** Timers are stood in for in these tests, so this is no pause. */
async function untilSo(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

describe('cleaning by itself', () => {
  it('is of our own locks alone, unless it is said otherwise: at once and every five minutes', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    for (const [autoClean, left] of [
      ['', ['x.jsonl.lock']],
      ['own', ['x.jsonl.lock']],
      ['all', []],
    ] as const) {
      const { house, pid, own, foreign, planned } = await staleHouse(t, autoClean);
      const cleaning = house.server.cleanLocks();
      await untilSo(() => !existsSync(own) && (autoClean !== 'all' || !existsSync(foreign)));
      assert.deepEqual(await planned(), left);

      await ownLock(join(house.home, 'locks'), 'own', pid);
      t.mock.timers.tick(5 * 60_000 - 1);
      for (let turns = 0; turns < 100; turns++) await turn();
      assert.ok(existsSync(own), 'not before its time');
      t.mock.timers.tick(1);
      await untilSo(() => !existsSync(own));
      assert.deepEqual(await planned(), left);
      cleaning.dispose();
    }
  });

  it('is not where it is off, and ends with its server', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const off = await staleHouse(t, 'off');
    off.house.server.cleanLocks();
    const on = await staleHouse(t, 'own');
    on.house.server.cleanLocks();
    await untilSo(() => !existsSync(on.own));
    on.house.server.dispose();
    await ownLock(join(on.house.home, 'locks'), 'own', on.pid);
    t.mock.timers.tick(60 * 60_000);
    // Longer than a cleaner would take: another one, over a folder of the same size, is through meanwhile.
    assert.deepEqual(await off.planned(), ['own.lock', 'x.jsonl.lock']);
    assert.deepEqual((await off.house.apply({ roots: undefined })).removed.length, 2);
    assert.ok(existsSync(on.own));
  });

  it('goes on after it has failed, and logs why', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const home = join(await tempFolder(t), 'a file');
    await writeFile(home, '');
    const lines: string[] = [];
    const logger: Logger = { log: (level, message) => void lines.push(`${level} ${message}`) };
    const server = createServer({ env: { LOCKSTEP_HOME: home }, userHome: home, logger });
    t.after(() => server.dispose());
    server.cleanLocks();
    for (const count of [1, 2]) {
      await untilSo(() => lines.length === count);
      t.mock.timers.tick(5 * 60_000);
    }
    assert.deepEqual([...new Set(lines)], ['warn Stale locks could not be cleaned']);
  });
});
