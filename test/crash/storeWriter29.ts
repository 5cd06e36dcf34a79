import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { isPlainObject } from '../../server/protocol/json.ts';
import type { WriterLine } from './storeWriters.ts';

/**
 * Writes to a `sessions.json` as a gateway of OpenClaw 2026.2.9 does, as fast as it can, until it is killed: the lock is
 * made with `wx`, waited for in steps of 25 ms for 10 s, taken from whoever has had it for 30 s, alive or not, and
 * removed at the end, whosever it is then. Each line that it prints is there though it is killed right after.
 */
const [storePath = '', slot = '', keys = '1', first = '1'] = process.argv.slice(2);

const anyStore = z.record(z.string(), z.unknown());

const TIMEOUT_MS = 10_000;
const POLL_MS = 25;
const STALE_MS = 30_000;

const lockPath = `${storePath}.lock`;

function say(line: WriterLine): void {
  fs.writeSync(1, `${JSON.stringify(line)}\n`);
}

function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Whether it was taken from a holder that had it for too long. */
async function acquire(): Promise<{ payload: string; stole: boolean }> {
  const startedAt = Date.now();
  for (let stole = false; ;) {
    try {
      const handle = await fs.promises.open(lockPath, 'wx');
      const payload = JSON.stringify({ pid: process.pid, startedAt: Date.now() });
      await handle.writeFile(payload, 'utf8');
      await handle.close();
      return { payload, stole };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const time = Date.now();
      if (time - startedAt > TIMEOUT_MS) throw new Timeout();
      try {
        if (time - (await fs.promises.stat(lockPath)).mtimeMs > STALE_MS) {
          await fs.promises.unlink(lockPath);
          stole = true;
          continue;
        }
      } catch {
        // it was given back meanwhile
      }
      await delay(POLL_MS);
    }
  }
}

class Timeout extends Error {}

async function change(key: string, serial: number): Promise<void> {
  const { payload, stole } = await acquire();
  say({ what: 'begin', at: now(), stole });
  try {
    const store = anyStore.parse(JSON.parse(fs.readFileSync(storePath, 'utf8')));
    const before = store[key];
    store[key] = {
      sessionId: randomUUID(),
      ...(isPlainObject(before) ? before : {}),
      label: `${key} ${serial}`,
      updatedAt: Date.now(),
    };
    const temporary = `${storePath}.${process.pid}.${randomUUID()}.tmp`;
    await fs.promises.writeFile(temporary, JSON.stringify(store, null, 2), { mode: 0o600, encoding: 'utf8' });
    await fs.promises.rename(temporary, storePath);
    await fs.promises.chmod(storePath, 0o600);
  } finally {
    let found = '';
    try {
      found = fs.readFileSync(lockPath, 'utf8');
    } catch {
      // another has removed it
    }
    say({ what: 'end', at: now(), lost: found !== payload });
    await fs.promises.unlink(lockPath).catch(() => undefined);
  }
}

for (let serial = Number(first); ; serial++) {
  const key = `agent:main:${slot}-${serial % Number(keys)}`;
  say({ what: 'try', key, serial });
  try {
    await change(key, serial);
    say({ what: 'done', key, serial });
  } catch (error) {
    if (!(error instanceof Timeout)) throw error;
    say({ what: 'timeout' });
  }
  await delay(Math.random() * 10);
}
