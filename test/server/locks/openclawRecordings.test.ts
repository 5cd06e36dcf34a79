import assert from 'node:assert/strict';
import { cp, readdir, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ProcessFacts } from '../../../server/domain/lockVerdict.ts';
import { locksClean } from '../../../server/protocol/lockMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { cleanerIn, names } from './house.ts';

/**
 * Locks as they were planted before the start of a gateway 2026.7.1-2, with numbers of our own: what that gateway did
 * with each is on record, and told here in `GATEWAY`.
 */
const FIXTURES = fileURLToPath(new URL('../../fixtures/openclaw-locks/', import.meta.url));

/** When the gateway was started, some seconds after the locks were planted. */
const NOW = Date.parse('2026-03-12T10:05:51.000Z');

/** Stands in for the machine of the recording: 31007 is a `sleep`, 31019 an OpenClaw, 4190001 no process. */
const running = (start: string, startedAt: string): ProcessFacts => ({
  state: 'running',
  start,
  startedAt: Date.parse(startedAt),
  isForeign: false,
});
const PROCESSES = new Map([
  [31007, running('611200', '2026-03-12T09:20:10.000Z')],
  [31019, running('611201', '2026-03-12T09:20:10.010Z')],
]);
const machine = {
  pid: 31_100,
  machine: () => Promise.resolve({ host: hostname(), bootId: 'a-boot', pidNamespace: 'pid:[1]' }),
  look: (pid: number) => Promise.resolve<ProcessFacts>(PROCESSES.get(pid) ?? { state: 'gone' }),
};

/** The locks that the gateway removed, and why. It left all others. */
const GATEWAY: Readonly<Record<string, readonly string[]>> = {
  'a-dead-pid.jsonl.lock': ['dead-pid'],
  'b-recycled-pid.jsonl.lock': ['recycled-pid'],
  'c-other-program.jsonl.lock': ['non-openclaw-owner'],
  'e-empty-old.jsonl.lock': ['missing-pid', 'invalid-createdAt'],
  'f-garbage-old.jsonl.lock': ['missing-pid', 'invalid-createdAt'],
  'g-legacy-dead.jsonl.lock': ['dead-pid', 'too-old'],
  'h-no-createdAt.jsonl.lock': ['invalid-createdAt', 'non-openclaw-owner'],
};
/** Where Lockstep decides otherwise: OPENCLAW.md, section 14. */
const LOCKSTEP: Readonly<Record<string, readonly string[] | 'kept'>> = {
  'c-other-program.jsonl.lock': 'kept',
  'h-no-createdAt.jsonl.lock': 'kept',
  // The gateway looks at no store's lock. By its pid, as all others.
  'sessions.json.lock': ['dead-pid'],
};

async function planted(t: TestContext) {
  const folder = await tempFolder(t);
  const root = join(folder, 'agents', 'main', 'sessions');
  await cp(FIXTURES, root, { recursive: true });
  for (const name of await readdir(root)) {
    const isOld = name.startsWith('e-') || name.startsWith('f-');
    const time = new Date(isOld ? NOW - 60_000 : NOW - 7000);
    await utimes(join(root, name), time, time);
  }
  const { cleaner, catalogue } = cleanerIn(t, join(folder, 'lockstep'), {
    clock: { now: () => NOW },
    processes: machine,
  });
  const clean = (params: object) => cleaner.clean(locksClean.params.parse({ roots: [root], ...params }));
  return { root, clean, catalogue };
}

describe('locks that were planted before the start of a gateway', () => {
  it('are planned with the reasons that the gateway gave, but for those of a living process', async (t) => {
    const { clean } = await planted(t);
    const { planned, problems } = await clean({});
    assert.deepEqual(problems, []);
    const expected = Object.entries({ ...GATEWAY, ...LOCKSTEP }).filter(([, reasons]) => reasons !== 'kept');
    const found = planned.map(({ path = '', reasons }) => [basename(path), reasons]);
    assert.deepEqual(Object.fromEntries(found), Object.fromEntries(expected));
  });

  it('are removed, and no others', async (t) => {
    const { root, clean } = await planted(t);
    const { planned, removed, skipped } = await clean({ dryRun: false });
    assert.deepEqual([names(removed), skipped], [names(planned), []]);
    assert.deepEqual((await readdir(root)).sort(), [
      'c-other-program.jsonl.lock',
      'd-empty-fresh.jsonl.lock',
      'h-no-createdAt.jsonl.lock',
      'i-too-old.jsonl.lock',
      'j-held-too-long.jsonl.lock',
      'k-fresh.jsonl.lock',
    ]);
  });

  it('are never planned for their age, which is told: one of a living owner that is too old', async (t) => {
    const { root, clean, catalogue } = await planted(t);
    for (const staleMs of [0, 1000, 1_800_000]) {
      const { planned } = await clean({ staleMs });
      assert.deepEqual(
        names(planned).filter((name) => /^[cdhijk]-/.test(name)),
        [],
      );
    }
    const { locks } = await catalogue.files([root]);
    const tooOld = locks.filter(({ reasons }) => reasons.includes('too-old'));
    assert.deepEqual(
      tooOld.map(({ path = '', verdict, reasons }) => [basename(path), verdict, ...reasons].join(' ')).sort(),
      ['g-legacy-dead.jsonl.lock dead dead-pid too-old', 'i-too-old.jsonl.lock alive too-old'],
    );
  });
});
