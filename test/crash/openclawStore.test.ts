import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { tempFolder } from '../support/tempFolder.ts';
import { Random } from './random.ts';
import { StoreRecord } from './storeRecord.ts';
import { GatewayWriting, LockstepWriting, type StoreWriting, type WriterPlace } from './storeWriters.ts';

/** 0: a short round, in which the locks of the killed are made to look 30 s old, so that nobody waits for that. */
const SECONDS = Number(process.env['LOCKSTEP_OPENCLAW_CRASH_SECONDS'] ?? 0);
const SHORT_SECONDS = 10;
const SEED = process.env['LOCKSTEP_CRASH_SEED'] ?? randomBytes(4).toString('hex');
const EACH = 4;
/** Writes that each kind has acknowledged at least, however slow the machine is. */
const ENOUGH = 5;

/** Entries that nobody writes. */
const OTHERS = new Map<string, unknown>([
  ['agent:main:main', { sessionId: 'a', updatedAt: 1, label: 'Grüße 🌱', future: { deep: [1, null, 'x'] } }],
  ['agent:main:cron:beds', { sessionId: 'b', updatedAt: 2.5, skillsSnapshot: { prompt: 'p'.repeat(2000) } }],
  ['odd', 'no entry at all'],
  // So many that a write takes some time.
  ...Array.from({ length: 400 }, (_, index): [string, unknown] => [
    `agent:main:other-${index}`,
    { sessionId: `o${index}`, updatedAt: index, note: 'n'.repeat(1000) },
  ]),
]);

/**
 * What this proves: with Lockstep's processes and writers of the protocol of OpenClaw 2026.2.9 on one store, killed at
 * any moment, whatever either kind acknowledged is in the file from then on; each state of the file is whole; what
 * Lockstep refused is not in it; and what nobody writes stays as it is.
 *
 * What it cannot: 2026.2.9 takes a lock that is 30 s old in two steps, so that two of its writers which do so at the
 * same moment can both believe to have it, and gives back what may be another's by then. Writes that are lost to such
 * a moment are told apart by what those writers saw of their lock, and counted.
 */
describe('a store that Lockstep and OpenClaw 2026.2.9 write at once', () => {
  it(`loses nothing that was acknowledged while they are killed at random (seed ${SEED})`, async (t) => {
    const folder = await tempFolder(t);
    const stateDir = join(folder, 'state');
    const sessions = join(stateDir, 'agents', 'main', 'sessions');
    await mkdir(sessions, { recursive: true });
    const storePath = join(sessions, 'sessions.json');
    await writeFile(storePath, JSON.stringify(Object.fromEntries(OTHERS), null, 2), { mode: 0o600 });
    const record = new StoreRecord();
    const place: WriterPlace = { t, stateDir, storePath, home: join(folder, 'home'), record };
    await mkdir(place.home);

    const make = (slot: number): StoreWriting =>
      slot < EACH
        ? new LockstepWriting(place, `lockstep${slot}`)
        : new GatewayWriting(place, `gateway${slot - EACH}`);
    const writers = Array.from({ length: EACH * 2 }, (_, slot) => make(slot));
    const dead = new Set<number>();
    const over = new AbortController();
    const { signal } = over;

    const look = async (): Promise<void> => {
      const expected = record.expected();
      record.compare(await readFile(storePath, 'utf8'), expected, OTHERS);
    };
    const watching = (async () => {
      for (; !signal.aborted; await delay(20)) await look();
    })();
    const ageing = (async () => {
      if (SECONDS > 0) return;
      for (; !signal.aborted; await delay(100)) await ageLocksOf(dead, `${storePath}.lock`);
    })();

    const random = new Random(SEED);
    const end = record.now() + (SECONDS === 0 ? SHORT_SECONDS : SECONDS) * 1000;
    const { figures } = record;
    const hasSeenBoth = (): boolean =>
      Math.min(figures.acknowledgedByLockstep, figures.acknowledgedByGateways) >= ENOUGH;
    for (let before = 0; record.now() < end || !hasSeenBoth();) {
      await delay(random.int(20, SECONDS === 0 ? 400 : 1500));
      // While all wait for a lock to be 30 s old, to kill them is of little use.
      const done = figures.acknowledgedByLockstep + figures.acknowledgedByGateways;
      if (done === before && random.chance(0.9)) continue;
      before = done;
      const slot = random.int(0, writers.length - 1);
      const writer = writers[slot];
      if (writer?.isUp !== true) continue;
      const { kind, pid } = writer;
      await writer.kill();
      const hadIt = (await readFile(`${storePath}.lock`, 'utf8').catch(() => '')).match(
        /"pid": ?(\d+),/,
      )?.[1];
      record.killed(kind, hadIt === String(pid));
      if (kind === 'gateway') dead.add(pid);
      writers[slot] = make(slot);
    }
    await Promise.all(writers.map((writer) => writer.kill()));
    over.abort();
    await Promise.all([watching, ageing]);
    await look();

    const compromised = record.compromised();
    const left = (await readdir(sessions)).filter((name) => name.endsWith('.tmp'));
    t.diagnostic(
      JSON.stringify({
        seed: SEED,
        ...record.figures,
        sectionsThatGatewaysShared: compromised.length,
        lostByThose: {
          lockstep: record.losses.filter(({ write }) => write.by === 'lockstep').length,
          gateways: record.losses.filter(({ write }) => write.by === 'gateway').length,
        },
        temporaryFilesOfTheKilled: left.length,
      }),
    );
    assert.deepEqual([...new Set(record.faults)], []);
    assert.deepEqual(record.unexplained(), []);
    assert.equal((await stat(storePath)).mode & 0o777, 0o600);
  });
});

/** Those of killed gateways, and empty ones that stay so: a gateway was killed before it wrote who it is. */
async function ageLocksOf(dead: ReadonlySet<number>, lockPath: string): Promise<void> {
  try {
    const before = await stat(lockPath);
    const content = await readFile(lockPath, 'utf8');
    const isOfDead = [...dead].some((pid) => content.startsWith(`{"pid":${pid},`));
    if (!isOfDead && (content !== '' || Date.now() - before.mtimeMs < 1000)) return;
    if ((await stat(lockPath)).ino !== before.ino) return;
    await utimes(lockPath, new Date(Date.now() - 31_000), new Date(Date.now() - 31_000));
  } catch {
    // it is gone
  }
}
