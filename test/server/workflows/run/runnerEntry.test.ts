import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { runnerEntry } from '../../../../server/workflows/run/runnerEntry.ts';
import { tempFolder } from '../../../support/tempFolder.ts';

describe('the program of a runner', () => {
  it('is found from the sources', () => {
    assert.match(runnerEntry(), /server[\\/]cli\.ts$/);
  });

  it('is found from a bundle, and from a chunk of it', async (t) => {
    const dist = await tempFolder(t);
    await mkdir(join(dist, 'chunks'));
    const bundle = join(dist, 'cli.js');
    await writeFile(bundle, '');
    for (const from of ['server.js', 'chunks/chunk-1.js'])
      assert.equal(runnerEntry(pathToFileURL(join(dist, from)).href), bundle);
  });

  it('is missed with words', async (t) => {
    const from = pathToFileURL(join(await tempFolder(t), 'a', 'b', 'server.js')).href;
    assert.throws(() => runnerEntry(from), /the lockstep command is at none of .*cli\.js/);
  });
});
