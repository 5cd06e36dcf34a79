import assert from 'node:assert/strict';
import { existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { LockFiles } from '../../../server/locks/lockFiles.ts';
import { removeStale, settleAside } from '../../../server/locks/removal.ts';
import { systemErrorCode } from '../../../server/platform/systemError.ts';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import type { Lock } from '../../../server/protocol/lock.ts';
import { locksClean } from '../../../server/protocol/lockMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { cleanerIn, iso, ownLock, put } from './house.ts';
import { deadPid } from './livingProcess.ts';

const HOUR = 3_600_000;

/** A look at locks that something happens before or after: where others get in between. */
type Hook = (path: string, nth: number) => Promise<void> | void;

function hooked({ before, after }: { before?: Hook; after?: Hook }): typeof LockFiles {
  let looks = 0;
  return class extends LockFiles {
    override async look(path: string, guardedBy?: string): Promise<Lock | undefined> {
      const nth = ++looks;
      await before?.(path, nth);
      const lock = await super.look(path, guardedBy);
      await after?.(path, nth);
      return lock;
    }
  };
}

/** A dead lock that is about to be removed while something happens; gives what a remover says, and what is left. */
async function removing(
  t: TestContext,
  hooks: (at: { path: string; guarded: string }) => Parameters<typeof hooked>[0],
) {
  const root = await tempFolder(t);
  const home = await tempFolder(t);
  const guarded = join(root, 'x.jsonl');
  const path = await put(`${guarded}.lock`, { pid: await deadPid(), createdAt: iso(HOUR) }, HOUR);
  const planned = await cleanerIn(t, home).files.look(path);
  assert.equal(planned?.verdict, 'dead');
  const { files } = cleanerIn(t, home, { wrap: hooked(hooks({ path, guarded })) });
  const refusal = await removeStale(planned, path, files);
  const left = new Map<string, string>();
  for (const name of (await readdir(root)).sort()) {
    left.set(name.replace(/[0-9a-f-]{36}/, 'UUID'), await readFile(join(root, name), 'utf8'));
  }
  return { root, path, home, planned, refusal, left };
}

const newer = () => JSON.stringify({ pid: process.pid, createdAt: iso() });

describe('a dead lock that is being removed', () => {
  it('is removed, with two looks', async (t) => {
    let looks = 0;
    const { refusal, left } = await removing(t, () => ({ before: () => void looks++ }));
    assert.deepEqual([refusal, [...left.keys()], looks], [undefined, [], 2]);
  });

  it('and was taken anew before the first look is left', async (t) => {
    const content = newer();
    const { refusal, left } = await removing(t, ({ path }) => ({
      before: async (_, nth) => {
        if (nth === 1) await put(path, content);
      },
    }));
    assert.deepEqual(
      [refusal, [...left]],
      ['it has changed since it was planned', [['x.jsonl.lock', content]]],
    );
  });

  it('and is taken anew right after the first look is left where it is', async (t) => {
    const content = newer();
    const { refusal, left } = await removing(t, ({ path }) => ({
      after: async (_, nth) => {
        if (nth !== 1) return;
        await rm(path);
        await writeFile(path, content, { flag: 'wx' });
      },
    }));
    assert.deepEqual([refusal, [...left]], ['it has changed just now', [['x.jsonl.lock', content]]]);
  });

  it('and is gone right after the first look is no error', async (t) => {
    const { refusal, left } = await removing(t, ({ path }) => ({
      after: (_, nth) => (nth === 1 ? rm(path) : undefined),
    }));
    assert.deepEqual([refusal, [...left.keys()]], ['it is gone already', []]);
  });

  it('is removed though its place is taken before the second look, and the newer lock stays', async (t) => {
    const content = newer();
    const { refusal, left } = await removing(t, ({ path }) => ({
      before: (_, nth) => (nth === 2 ? writeFile(path, content, { flag: 'wx' }) : undefined),
    }));
    assert.deepEqual([refusal, [...left]], [undefined, [['x.jsonl.lock', content]]]);
  });

  it('is put back, as it was, where somebody works on what it guards before the second look', async (t) => {
    const { path, home, planned, refusal, left } = await removing(t, ({ guarded }) => ({
      before: (_, nth) => (nth === 2 ? writeFile(guarded, '{}\n') : undefined),
    }));
    assert.deepEqual(
      [refusal, [...left.keys()]],
      ['it is not stale any more, and was put back', ['x.jsonl', 'x.jsonl.lock']],
    );
    const now = await cleanerIn(t, home).files.look(path);
    assert.deepEqual([now?.fingerprint, now?.verdict], [planned.fingerprint, 'unverifiable']);
  });

  it('is kept aside where it cannot be put back without overwriting a newer one', async (t) => {
    const content = newer();
    const { refusal, left } = await removing(t, ({ path, guarded }) => ({
      before: async (_, nth) => {
        if (nth !== 2) return;
        await writeFile(guarded, '{}\n');
        await writeFile(path, content, { flag: 'wx' });
      },
    }));
    assert.match(
      String(refusal),
      /could not be put back \(there is a newer lock in its place\): it is at .*\.aside$/,
    );
    assert.deepEqual([...left.keys()], ['x.jsonl', 'x.jsonl.lock', 'x.jsonl.lock.UUID.aside']);
    assert.equal(left.get('x.jsonl.lock'), content);
  });

  it('is put back where the second look fails', async (t) => {
    const { refusal, left } = await removing(t, () => ({
      before: (_, nth) => {
        if (nth === 2) throw Object.assign(new Error('too many files'), { code: 'EMFILE' });
      },
    }));
    assert.deepEqual(
      [refusal, [...left.keys()]],
      ['it is not stale any more, and was put back', ['x.jsonl.lock']],
    );
  });

  it('is left where the first look fails', async (t) => {
    const { refusal, left } = await removing(t, () => ({
      before: () => {
        throw Object.assign(new Error('too many files'), { code: 'EMFILE' });
      },
    }));
    assert.deepEqual([refusal, [...left.keys()]], ['too many files are open', ['x.jsonl.lock']]);
  });

  it('and is settled by another meanwhile is removed once', async (t) => {
    const { refusal, left } = await removing(t, () => ({
      before: (path, nth) => (nth === 2 ? rm(path) : undefined),
    }));
    assert.deepEqual([refusal, [...left.keys()]], [undefined, []]);
  });
});

describe('a dead lock of our own that is being removed', () => {
  it('is not looked at once more: by then the next holder may have written its record in place of the dead one’s', async (t) => {
    const home = await tempFolder(t);
    const path = await ownLock(join(home, 'locks'), 'x', await deadPid());
    const planned = await cleanerIn(t, home).files.look(path);
    assert.equal(planned?.verdict, 'dead');
    let looks = 0;
    const { files } = cleanerIn(t, home, { wrap: hooked({ before: () => void looks++ }) });
    assert.equal(await removeStale(planned, path, files), undefined);
    assert.deepEqual([looks, await readdir(join(home, 'locks'))], [1, []]);
  });

  it('takes the record of no other holder with it', async (t) => {
    const home = await tempFolder(t);
    const own = join(home, 'locks');
    const path = await ownLock(own, 'x', await deadPid());
    const aside = `${path}.00000000-0000-4000-8000-000000000000.aside`;
    await rename(path, aside);
    // Nothing is known of the first any more, and ten minutes are over.
    await ownLock(own, 'x', process.pid);
    await utimes(aside, new Date(0), new Date(0));
    const { files } = cleanerIn(t, home);
    assert.equal(await settleAside(aside, path, files), undefined);
    assert.equal((await files.look(path))?.verdict, 'alive');
    assert.deepEqual((await readdir(own)).sort(), ['x.lock', 'x.lock.owner.json']);
  });
});

describe('a folder that is put back', () => {
  it('does not replace that of a newer holder', async (t) => {
    const ownFolder = join(await tempFolder(t), 'locks');
    const path = join(ownFolder, 'x.lock');
    const aside = `${path}.00000000-0000-4000-8000-000000000000.aside`;
    await mkdir(aside, { recursive: true });
    await mkdir(path);
    const { ino } = await stat(path);
    const { files } = cleanerIn(t, dirname(ownFolder));
    assert.match(String(await settleAside(aside, path, files)), /there is a newer lock in its place/);
    assert.equal((await stat(path)).ino, ino);
    await rm(path, { recursive: true });
    const { ino: first } = await stat(aside);
    assert.equal(await settleAside(aside, path, files), 'it is not stale any more, and was put back');
    assert.equal((await stat(path)).ino, first);
    assert.deepEqual(await readdir(ownFolder), ['x.lock']);
  });
});

/**
 * Lets one of several actors go on at a time, from one of its steps to the next, in an order that is chosen. The
 * scheduler of fast-check goes on the moment that one can, and so mostly with whom the disk has answered first.
 */
class Turns {
  readonly #parked: (() => void)[] = [];
  #running = 0;
  #changed = Promise.withResolvers<void>();

  step(): Promise<void> {
    return new Promise((resolve) => {
      this.#parked.push(resolve);
      this.#changed.resolve();
    });
  }

  async run(actors: readonly (() => Promise<void>)[], choose: () => number): Promise<void> {
    this.#running = actors.length;
    const all = Promise.all(
      actors.map((actor) =>
        actor().finally(() => {
          this.#running--;
          this.#changed.resolve();
        }),
      ),
    );
    // What goes wrong with an actor is told at the end.
    all.catch(() => undefined);
    while (this.#running > 0) {
      if (this.#parked.length === this.#running)
        this.#parked.splice(choose() % this.#parked.length, 1)[0]?.();
      this.#changed = Promise.withResolvers();
      if (this.#running > 0 && this.#parked.length < this.#running) await this.#changed.promise;
    }
    await all;
  }
}

describe('cleaners among others who take locks, in any order of their steps', () => {
  /** Processes that live and die as the run of a property says. */
  class Population {
    readonly #living = new Set<number>();
    #last = 1000;
    born(): number {
      this.#living.add(++this.#last);
      return this.#last;
    }
    dies(pid: number): void {
      this.#living.delete(pid);
    }
    lives(pid: number): boolean {
      return this.#living.has(pid);
    }
    readonly processes = {
      ...systemProcesses(),
      machine: () => Promise.resolve({ host: hostname(), bootId: 'a-boot', pidNamespace: 'pid:[1]' }),
      look: (pid: number) =>
        Promise.resolve(
          this.#living.has(pid) || pid === process.pid
            ? ({ state: 'running', start: '1', startedAt: Date.UTC(2026, 0, 1), isForeign: false } as const)
            : ({ state: 'gone' } as const),
        ),
    };
  }

  it('a lock of the living stays in its place all the time, and those of the dead end up removed', async (t) => {
    const base = await tempFolder(t);
    let runs = 0;
    const plan = fc.record({
      choices: fc.infiniteStream(fc.nat(1000)),
      locks: fc.constantFrom(1, 1, 2),
      cleaners: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 2, maxLength: 2 }),
      acquirers: fc.array(
        fc.record({
          lock: fc.nat(1),
          rounds: fc.integer({ min: 1, max: 3 }),
          dies: fc.boolean(),
          cleans: fc.boolean(),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ choices, locks, cleaners, acquirers }) => {
        const folder = join(base, String(++runs));
        const root = join(folder, 'root');
        const population = new Population();
        const turns = new Turns();
        const step = () => turns.step();
        const paths = Array.from({ length: locks }, (_, index) => join(root, `${index}.jsonl.lock`));
        for (const path of paths) await put(path, { pid: 999, createdAt: iso(HOUR) }, HOUR);

        /** What the living hold now: it has to be in its place whenever anybody looks. */
        const held = new Map<string, string>();
        const violations: string[] = [];
        const inspect = () => {
          for (const [path, content] of held) {
            const now = existsSync(path) ? readFileSync(path, 'utf8') : 'nothing';
            if (now !== content) violations.push(`${path} is ${now}, held is ${content}`);
          }
        };
        const wrap = hooked({
          before: async () => {
            await step();
            inspect();
          },
          after: async () => {
            inspect();
            await step();
          },
        });

        // Each has a home of its own, so that nothing keeps them from working at the same time.
        async function clean(home: string, times: number) {
          const { cleaner } = cleanerIn(t, join(folder, home), { processes: population.processes, wrap });
          for (let turn = 0; turn < times; turn++) {
            await step();
            await cleaner.clean(locksClean.params.parse({ roots: [root], dryRun: false }));
          }
        }

        /** As OpenClaw: exclusive creation; its own is removed when it is done. Some look for stale ones as well. */
        async function acquire({
          lock,
          rounds,
          dies,
          cleans,
        }: {
          lock: number;
          rounds: number;
          dies: boolean;
          cleans: boolean;
        }) {
          const path = paths[lock % locks] ?? '';
          const { files } = cleanerIn(t, join(folder, 'acquirer'), { processes: population.processes, wrap });
          for (let round = 0; round < rounds; round++) {
            const pid = population.born();
            const content = JSON.stringify({ pid, createdAt: new Date().toISOString() });
            for (let tries = 0; tries < 25; tries++) {
              await step();
              try {
                writeFileSync(path, content, { flag: 'wx' });
              } catch (error) {
                if (systemErrorCode(error) !== 'EEXIST') throw error;
                const found = cleans ? await files.look(path) : undefined;
                if (found?.verdict === 'dead') await removeStale(found, path, files);
                continue;
              }
              held.set(path, content);
              await step();
              await step();
              inspect();
              held.delete(path);
              if (dies && round === rounds - 1) population.dies(pid);
              else unlinkSync(path);
              break;
            }
          }
        }

        await turns.run(
          [
            ...cleaners.map((times, index) => () => clean(`cleaner-${index}`, times)),
            ...acquirers.map((one) => () => acquire(one)),
          ],
          () => Number(choices.next().value),
        );
        assert.deepEqual(violations, []);

        const { cleaner } = cleanerIn(t, join(folder, 'last'), { processes: population.processes });
        const last = await cleaner.clean(locksClean.params.parse({ roots: [root], dryRun: false }));
        assert.deepEqual([last.skipped, last.problems], [[], []]);
        assert.deepEqual(await readdir(root), [], 'none of those who hold locks at the end lives');
        await rm(folder, { recursive: true });
      }),
      { numRuns: 150 },
    );
  });
});
