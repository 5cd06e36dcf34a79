import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { sessionsAddEvent } from '../../../server/protocol/sessionHistoryMethods.ts';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsFind } from '../../../server/protocol/sessionQueryMethods.ts';
import { schemaSteps } from '../../../server/store/schema.ts';
import { runCommand } from '../../support/command.ts';
import { RpcClient, RpcError } from '../../support/rpcClient.ts';
import { tempFolder } from '../../support/tempFolder.ts';

const CLI_SOURCE = fileURLToPath(new URL('../../../server/cli.ts', import.meta.url));
const NEXT_STEP = 'ALTER TABLE sessions ADD COLUMN of_the_next_version TEXT;';

/** The schema of a version that does not exist yet. */
const nextSchema: Plugin = {
  name: 'next-schema',
  setup(builder) {
    builder.onLoad({ filter: /store[/\\]schema\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const end = source.lastIndexOf('];');
      return { loader: 'ts', contents: `${source.slice(0, end)}\`${NEXT_STEP}\`${source.slice(end)}` };
    });
  },
};

async function buildCommand(folder: string, name: string, plugins: Plugin[]): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [CLI_SOURCE],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'error',
    plugins,
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  return outfile;
}

const start = { task: 'Fix it', mode: 'developer' };

/** Writes until a write is refused; gives what was acknowledged, and what the refusal was. */
async function writeUntilRefused(client: RpcClient, id: string) {
  const written: number[] = [];
  for (let number = 0; ; number++) {
    try {
      await client.call(sessionsAddEvent, { id, type: 'note', data: { number } });
      written.push(number);
    } catch (error) {
      return { written, error };
    }
  }
}

describe('two versions with different schemas at work on one store', () => {
  it('the older one stops before it writes, and nothing is lost of what either wrote', async (t) => {
    const home = await tempFolder(t);
    const folder = await tempFolder(t);
    const [current, next] = await Promise.all([
      buildCommand(folder, 'current', []),
      buildCommand(folder, 'next', [nextSchema]),
    ]);
    const older = Array.from({ length: 3 }, () => new RpcClient(t, home, { cli: current }));
    const sessions = await Promise.all(older.map((client) => client.call(sessionsStart, start)));
    const writing = older.map((client, index) => writeUntilRefused(client, sessions[index]?.id ?? ''));
    const newer = new RpcClient(t, home, { cli: next });
    const fresh = await newer.call(sessionsStart, start);
    const outcomes = await Promise.all(writing);
    for (const { error } of outcomes) {
      assert.ok(error instanceof RpcError);
      assert.equal(error.code, 'STORE_NEWER');
      assert.match(error.message, /Update Lockstep/);
    }
    await newer.call(sessionsAddEvent, { id: fresh.id, type: 'note', data: {} });
    // Reads of the older one are refused as well: it would have to guess.
    await assert.rejects(older[0]?.call(sessionsFind, {}) ?? Promise.resolve(), { code: 'STORE_NEWER' });
    const late = await runCommand(['call', 'sessions.start', JSON.stringify(start)], {
      cli: current,
      env: { LOCKSTEP_HOME: home },
    });
    assert.deepEqual([late.code, /STORE_NEWER/.test(late.stderr)], [1, true]);

    await Promise.all([...older, newer].map((client) => client.stop()));
    const db = new DatabaseSync(join(home, 'lockstep.db'), { readOnly: true });
    t.after(() => db.close());
    assert.equal(db.prepare('PRAGMA user_version').get()?.['user_version'], schemaSteps.length + 1);
    assert.equal(db.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
    const notes = db.prepare(
      "SELECT data ->> '$.number' AS number FROM events WHERE session_id = ? AND type = 'note' ORDER BY seq",
    );
    outcomes.forEach(({ written }, index) => {
      const found = notes.all(sessions[index]?.id ?? '').map((row) => row['number']);
      assert.deepEqual(found, written);
    });
    assert.equal(db.prepare('SELECT count(*) AS total FROM sessions').get()?.['total'], 4);
    // The day's own backup comes when the processes have run for a while.
    const backups = (await readdir(join(home, 'backups'))).filter((name) => !name.startsWith('daily-'));
    assert.match(backups.join(), new RegExp(`^before-update-.*-v${schemaSteps.length}\\.db$`));
  });
});
