import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createServer } from '../../server/server.ts';
import { migrationList } from '../../server/protocol/migrationMethods.ts';
import type { Caller } from '../server/methods/caller.ts';
import { tempFolder } from '../support/tempFolder.ts';
import { driver } from '../server/migration/migrator.ts';
import { writeManyFolders } from '../server/migration/samples.ts';

const DYING = fileURLToPath(new URL('./migrateAndDie.ts', import.meta.url));
/** `npm run test:migration` has 200 sessions, and kills at every step. */
const SESSIONS = Number(process.env['LOCKSTEP_MIGRATION_SESSIONS'] ?? 8);
const MOMENTS = Number(process.env['LOCKSTEP_MIGRATION_MOMENTS'] ?? 5);
const ALL_STEPS = 1e9;

/** Runs a migration in a process of its own that is killed at a moment. Gives how many steps it had where it was not. */
async function runAndDie(home: string, params: object, nth: number): Promise<number | 'killed'> {
  const child = spawn(process.execPath, [DYING, home, JSON.stringify(params), String(nth)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  await once(child, 'close');
  if (child.signalCode === 'SIGKILL') return 'killed';
  assert.equal(child.exitCode, 0, err);
  return Number(out);
}

async function withServer<T>(home: string, work: (call: Caller) => Promise<T>): Promise<T> {
  const server = createServer({
    env: { LOCKSTEP_HOME: home },
    userHome: home,
    logger: { log: () => undefined },
  });
  try {
    return await work(async (method, params) => {
      const outcome = await server.registry.call(method.name, params);
      if (!outcome.ok) throw Object.assign(new Error(outcome.error.message), outcome.error);
      return method.result.parse(outcome.result);
    });
  } finally {
    server.dispose();
  }
}

async function checksums(folder: string): Promise<Record<string, string>> {
  const sums: Record<string, string> = {};
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile())
      sums[relative(folder, path)] = createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
  }
  return sums;
}

/** All that is in a store, without what differs from run to run. */
async function storeContent(home: string): Promise<string> {
  return withServer(home, async (call) => {
    const { sessions, events } = driver(call);
    const all = await Promise.all(
      (await sessions()).map(
        async ({ revision: _, metadata: { migratedFrom: _from, ...metadata }, ...session }) => [
          session,
          metadata,
          await events(session.id),
        ],
      ),
    );
    return JSON.stringify(all);
  });
}

function stateContent(sums: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sums).filter(
      ([name]) => !name.includes('backup_old_format') && !name.includes('sessions.json'),
    ),
  );
}

const momentsOf = (steps: number): number[] => {
  const wanted = Math.min(steps, MOMENTS);
  return Array.from({ length: wanted }, (_, index) => 1 + Math.floor((index * steps) / wanted));
};

/** Old files, and what an undisturbed migration of them makes. */
async function prepared(t: TestContext, to: 'lockstep' | 'openclaw') {
  const root = await tempFolder(t);
  const old = join(root, 'old');
  await writeManyFolders(old, SESSIONS);
  const before = await checksums(old);
  const place = async (name: string) => {
    const folder = join(root, name);
    const [project, home, stateDir] = [join(folder, 'project'), join(folder, 'home'), join(folder, 'state')];
    await cp(old, project, { recursive: true });
    const target = to === 'openclaw' ? { to, stateDir } : { to };
    return {
      folder,
      project,
      home,
      stateDir,
      apply: { method: 'migration.apply', path: project, ...target },
    };
  };
  const reference = await place('reference');
  const steps = await runAndDie(reference.home, reference.apply, ALL_STEPS);
  if (steps === 'killed') throw new Error('it has more steps than there are');
  return { before, place, reference, steps };
}

async function originalsAreAsTheyWere(project: string, before: Record<string, string>): Promise<void> {
  const now = await checksums(project);
  assert.deepEqual(
    Object.fromEntries(Object.entries(now).filter(([name]) => !name.startsWith('backup_old_format'))),
    before,
  );
}

describe(`a migration of ${SESSIONS} sessions that is killed`, () => {
  for (const to of ['lockstep', 'openclaw'] as const) {
    it(`goes on or is taken back, whenever that was (to ${to})`, async (t) => {
      const { before, place, reference, steps } = await prepared(t, to);
      const whole = await storeContent(reference.home);
      const wholeState = stateContent(await checksums(reference.stateDir));
      for (const [index, moment] of momentsOf(steps).entries()) {
        const { project, home, stateDir, apply } = await place(`run-${moment}`);
        assert.equal(await runAndDie(home, apply, moment), 'killed', `step ${moment} of ${steps}`);
        await originalsAreAsTheyWere(project, before);
        let isTakenBack = false;
        await withServer(home, async (call) => {
          const drive = driver(call);
          const { migrations } = await call(migrationList, {});
          assert.ok(migrations.length <= 1);
          const [begun] = migrations;
          // Killed before its manifest was there, it has done nothing, and is begun anew.
          isTakenBack = index % 2 === 1 && begun !== undefined;
          if (isTakenBack && begun) {
            const { left } = await drive.restore(begun.id);
            assert.deepEqual(left, [], `step ${moment}`);
            return;
          }
          const { method: _, ...params } = apply;
          const { stats } = await drive.apply(params);
          assert.deepEqual([stats.skipped, stats.errors], [[], []], `step ${moment}`);
          assert.equal(stats.migrated + stats.already, SESSIONS);
          const [migration] = (await call(migrationList, {})).migrations;
          assert.deepEqual(await drive.verify(migration?.id ?? ''), { same: SESSIONS, changed: [] });
        });
        await originalsAreAsTheyWere(project, before);
        const state = await checksums(stateDir);
        const names = Object.keys(state).filter((name) => /\.(?:tmp|lock)$/.test(name));
        assert.deepEqual(
          names.filter((name) => !name.includes('sessions.json.')),
          [],
          `step ${moment}`,
        );
        if (isTakenBack) {
          assert.equal(await storeContent(home), '[]', `step ${moment}`);
          assert.deepEqual(Object.keys(stateContent(state)), [], `step ${moment}`);
        } else {
          assert.equal(await storeContent(home), whole, `step ${moment}`);
          assert.deepEqual(stateContent(state), wholeState, `step ${moment}`);
        }
      }
    });
  }
});
