import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fileNameOf } from '../../../client/services/fileName.ts';
import { tempFolder } from '../../support/tempFolder.ts';

const name = (title: string) => fileNameOf(title, 'session');

describe('the name of a file for a session', () => {
  it('is its title where that can be', () => {
    assert.equal(name('Fix the flaky checkout test'), 'Fix the flaky checkout test');
    assert.equal(name('Preise für Gräser umrechnen'), 'Preise für Gräser umrechnen');
  });

  it('has nothing that means a folder, a device or a hidden file', () => {
    assert.equal(name('../../etc/passwd'), 'etc-passwd');
    assert.equal(name('C:\\temp: a|b?'), 'C-temp- a-b');
    assert.equal(name('.ssh'), 'ssh');
    assert.equal(name('nul'), '_nul');
    assert.equal(name('con.txt'), '_con.txt');
    assert.equal(name('two\nlines\tand\u0000more'), 'two lines and more');
  });

  it('is the other name where nothing is left', () => {
    for (const title of ['', '  ', '...', '///', '\u0007']) assert.equal(name(title), 'session');
  });

  it('is cut between characters, not within one', () => {
    assert.equal(name('👩‍👩‍👧'.repeat(40)).replaceAll(/👩\u200d?👩\u200d?👧/gu, ''), '');
    assert.equal(name('a'.repeat(300)), 'a'.repeat(100));
  });

  it('is one that a file can have, whatever the title', async (t) => {
    const folder = await tempFolder(t);
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (title) => {
        const empty = join(folder, String(round++));
        await mkdir(empty);
        await writeFile(join(empty, `${name(title)}.jsonl`), '');
        assert.deepEqual(await readdir(empty), [`${name(title)}.jsonl`]);
      }),
      { numRuns: 200 },
    );
  });
});
