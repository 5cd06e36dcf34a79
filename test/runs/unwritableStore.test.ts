import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { runsContinue } from '../../server/protocol/workflowMethods.ts';
import { hasEnded, isAt, runFolder } from '../server/workflows/run/runFolder.ts';
import { runCommand } from '../support/command.ts';
import { until } from '../support/until.ts';

const TWICE = `
agent: counter
inputs: { folder: . }
steps:
  - { id: a, prompt: "\${inputs.folder}/a", maxIterations: 3, untilOutput: "lines: 2" }
`;

describe('a run whose process cannot write the store any more', () => {
  test('tells why that has gone, until it has come to its end', async (t) => {
    const place = await runFolder(t);
    const { folder, env, once, slow, lines, call } = place;
    const logs = join(folder, 'home', 'runs');
    await slow('a', true);
    const { id } = await place.start(TWICE, { folder });
    await until(async () => (await lines('a')) === 1);
    // As on a full disk: the store has outgrown what its process may write from now on.
    await promisify(execFile)('prlimit', ['--pid', String(await place.runnerOf(id)), '--fsize=4096']);
    await slow('a', false);
    const { error } = await once(id, isAt('interrupted'));
    assert.match(error ?? '', /^Store cannot be used: The disk that holds [^\n]*$/);

    const log = join(logs, `${id}.log`);
    assert.equal((await stat(log)).mode & 0o777, 0o600);
    assert.match(await readFile(log, 'utf8'), /\(STORE_\w+, request /);
    for (const line of [['runs'], ['runs', id], ['show', id]]) {
      const { code, stdout } = await runCommand(line, { env });
      assert.equal(code, 0);
      assert.ok(stdout.includes(error ?? '?'), stdout);
    }

    await call(runsContinue, { id });
    assert.equal((await once(id, hasEnded)).status, 'completed');
    // Its process goes after the run.
    await until(async () => (await readdir(logs)).length === 0);
  });
});
