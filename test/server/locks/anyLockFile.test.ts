import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import { iso, names, newHouse, put } from './house.ts';
import { deadPid, LivingProcess } from './livingProcess.ts';

const HOUR = 3_600_000;

describe('lock files of any content', () => {
  it('are planned only on proof: a pid that is gone or another process, or no pid for more than 30 s', async (t) => {
    const house = await newHouse(t);
    const { pid: living } = new LivingProcess(t);
    const dead = await deadPid();
    const alive = new Map([
      [living, await startOf(living)],
      [process.pid, await startOf(process.pid)],
    ]);
    const { start } = await startOf(living);

    const odd = fc.constantFrom<unknown>(
      null,
      '',
      '7',
      true,
      -1,
      0,
      1.5,
      2 ** 31,
      1e300,
      [],
      {},
      { pid: dead },
    );
    const payload = fc.record(
      {
        pid: fc.oneof({ weight: 4, arbitrary: fc.constantFrom<unknown>(living, dead, process.pid) }, odd),
        createdAt: fc.oneof(
          {
            weight: 3,
            arbitrary: fc.integer({ min: -2 * 86_400_000, max: 365 * 86_400_000 }).map((age) => iso(age)),
          },
          odd,
        ),
        startedAt: fc.oneof(fc.integer({ min: -1000, max: 3_000_000_000_000 }), odd),
        starttime: fc.oneof(fc.constantFrom<unknown>(start, start - 1, String(start)), odd),
      },
      { requiredKeys: [] },
    );
    const text = payload.map((value) => JSON.stringify(value));
    const content = fc.oneof(
      { weight: 4, arbitrary: text.map((one) => Buffer.from(one)) },
      fc.tuple(text, fc.nat(60)).map(([one, end]) => Buffer.from(one.slice(0, end))),
      text.map((one) => Buffer.from(`\uFEFF${one}`)),
      text.map((one) => Buffer.from(`${one}\0`)),
      text.map((one) => Buffer.from(one, 'utf16le')),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(70_000, 65_536, 65_537).map((size) => Buffer.alloc(size, '[')),
      fc.nat(60_000).map((size) => Buffer.from(`${' '.repeat(size)}{"pid":${dead}}`)),
    );
    const file = fc.record({
      content,
      ageMs: fc.constantFrom(-HOUR, 0, 20_000, 40_000, HOUR, 400 * 86_400_000),
      guardedMs: fc.constantFrom(undefined, 0, 60_000, HOUR),
    });

    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 12 }), async (files) => {
        await rm(house.root, { recursive: true });
        await mkdir(house.root);
        for (const [index, { content, ageMs, guardedMs }] of files.entries()) {
          await put(join(house.root, `${index}.jsonl.lock`), content, ageMs);
          if (guardedMs !== undefined) await put(join(house.root, `${index}.jsonl`), '{}\n', guardedMs);
        }
        const { planned, problems } = await house.plan();
        assert.deepEqual(problems, []);
        const taken = new Set(names(planned));
        for (const [index, { content, ageMs, guardedMs }] of files.entries()) {
          const said = saidBy(content);
          const isProved =
            said !== 'too large' &&
            (isPid(said['pid']) ? isOther(said, alive.get(said['pid'])) : ageMs > 30_000);
          const isFresh = guardedMs !== undefined && guardedMs < 120_000;
          assert.equal(
            taken.has(`${index}.jsonl.lock`),
            isProved && !isFresh,
            JSON.stringify({ content: content.toString('utf8').slice(0, 200), ageMs, guardedMs }),
          );
        }
        const { locks } = await house.list();
        assert.equal(locks.length, files.length, 'every lock is on the list');
      }),
      { numRuns: 100 },
    );
  });
});

/** What a file says, told apart from the server: an object, however it is cut and wrapped; nothing for all else. */
function saidBy(content: Buffer): Record<string, unknown> | 'too large' {
  if (content.length > 65_536) return 'too large';
  try {
    const value: unknown = JSON.parse(content.toString('utf8').replace(/^\uFEFF/, ''));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

interface Start {
  readonly start: number;
  readonly startedAt: number;
}

async function startOf(pid: number): Promise<Start> {
  const found = await systemProcesses().look(pid);
  assert.ok(found.state === 'running' && found.start !== undefined && found.startedAt !== undefined);
  return { start: Number(found.start), startedAt: found.startedAt };
}

function isPid(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 2 ** 31;
}

/** Whether a living process, if there is one, is proved to be another one than the one that a file tells of. */
function isOther(
  { createdAt, startedAt, starttime }: Record<string, unknown>,
  alive: Start | undefined,
): boolean {
  if (!alive) return true;
  if (Number.isSafeInteger(starttime) && Number(starttime) >= 0) return starttime !== alive.start;
  const made = [
    typeof createdAt === 'string' && /^\d{4}-.*T.*Z$/.test(createdAt) ? Date.parse(createdAt) : NaN,
    typeof startedAt === 'number' ? startedAt : NaN,
  ].find((time) => time >= Date.UTC(2020, 0, 1) && time < Date.now() + 86_400_000);
  return made !== undefined && alive.startedAt > made + 2000;
}
