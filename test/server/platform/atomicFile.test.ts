import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { writeFileAtomic } from '../../../server/platform/atomicFile.ts';
import { tempFolder } from '../../support/tempFolder.ts';

describe('a file that is written in one step', () => {
  it('has its content and its mode, whatever was there and whatever the umask', async (t) => {
    const path = join(await tempFolder(t), 'f');
    await writeFile(path, 'old', { mode: 0o644 });
    const umask = process.umask(0o077);
    t.after(() => process.umask(umask));
    writeFileAtomic(path, { content: 'new', mode: 0o640 });
    assert.equal(await readFile(path, 'utf8'), 'new');
    assert.equal((await stat(path)).mode & 0o777, 0o640);
    assert.deepEqual(await readdir(join(path, '..')), ['f']);
  });

  it('has its parts one after the other, however many and long they are', async (t) => {
    const path = join(await tempFolder(t), 'f');
    const parts = Array.from({ length: 300 }, (_, index) => `${index}🌱`.repeat(9000));
    writeFileAtomic(path, { content: parts, mode: 0o600 });
    assert.equal(await readFile(path, 'utf8'), parts.join(''));
    writeFileAtomic(path, { content: [], mode: 0o600 });
    assert.equal(await readFile(path, 'utf8'), '');
  });

  it('is the old one, whole, while it is written, and for good where the check throws', async (t) => {
    const folder = await tempFolder(t);
    const path = join(folder, 'f');
    await writeFile(path, 'old');
    const seen: unknown[] = [];
    const check = () => {
      const names = readdirSync(folder);
      const temporary = names.find((name) => name !== 'f') ?? '';
      seen.push(readFileSync(path, 'utf8'), readFileSync(join(folder, temporary), 'utf8'));
      assert.match(temporary, new RegExp(`^f\\.${process.pid}\\.[0-9a-f-]{36}\\.tmp$`));
      throw new Error('not now');
    };
    assert.throws(() => writeFileAtomic(path, { content: 'new', mode: 0o600, check }), /not now/);
    assert.deepEqual(seen, ['old', 'new']);
    assert.equal(await readFile(path, 'utf8'), 'old');
    assert.deepEqual(await readdir(folder), ['f']);
  });

  it('that cannot be put in its place leaves nothing', async (t) => {
    const folder = await tempFolder(t);
    await mkdir(join(folder, 'f', 'inside'), { recursive: true });
    assert.throws(() => writeFileAtomic(join(folder, 'f'), { content: 'new', mode: 0o600 }));
    assert.deepEqual(await readdir(folder), ['f']);
    assert.throws(() => writeFileAtomic(join(folder, 'no', 'f'), { content: 'new', mode: 0o600 }), {
      code: 'ENOENT',
    });
  });

  it('takes the place of a link: whoever means what it leads to says so', async (t) => {
    const folder = await tempFolder(t);
    await writeFile(join(folder, 'target'), 'old');
    await symlink('target', join(folder, 'link'));
    writeFileAtomic(join(folder, 'link'), { content: 'new', mode: 0o600 });
    assert.equal(await readFile(join(folder, 'target'), 'utf8'), 'old');
  });
});
