import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { supervisorEntry } from '../../../../server/workflows/supervisor/supervisorEntry.ts';
import { tempFolder } from '../../../support/tempFolder.ts';

describe("the supervisor's program", () => {
  it('is found from the sources', () => {
    assert.match(supervisorEntry(), /server[\\/]supervisor\.ts$/);
  });

  it('is found from a bundle, and from a chunk of it', async (t) => {
    const dist = await tempFolder(t);
    await mkdir(join(dist, 'chunks'));
    const bundle = join(dist, 'supervisor.js');
    await writeFile(bundle, '');
    for (const from of ['cli.js', 'chunks/chunk-1.js'])
      assert.equal(supervisorEntry(pathToFileURL(join(dist, from)).href), bundle);
  });

  it('is missed with words', async (t) => {
    const from = pathToFileURL(join(await tempFolder(t), 'a', 'b', 'cli.js')).href;
    assert.throws(() => supervisorEntry(from), /the supervisor's program is at none of .*supervisor\.js/);
  });
});
