import assert from 'node:assert/strict';
import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { WorkspaceFiles } from '../../../client/transcript/workspaceFiles.ts';
import { tempFolder } from '../../support/tempFolder.ts';

/** A home with two folders of the workspace, one that is none, and a session that worked in a part of the first. */
async function computer(t: TestContext) {
  const home = await realpath(await tempFolder(t));
  const shop = join(home, 'shop');
  const tools = join(home, 'tools');
  const secret = join(home, 'secret');
  await mkdir(join(shop, 'server', 'src'), { recursive: true });
  await mkdir(tools);
  await mkdir(secret);
  await writeFile(join(shop, 'server', 'src', 'cart.ts'), '');
  await writeFile(join(shop, 'README.md'), '');
  await writeFile(join(tools, 'lint.ts'), '');
  await writeFile(join(secret, 'key.txt'), '');
  const place = join(shop, 'server');
  const files = new WorkspaceFiles(() => ({ folders: [shop, tools], place, home }));
  return { home, shop, tools, secret, files };
}

describe('WorkspaceFiles', () => {
  test("finds relative paths in the session's folder first, then in the folders of the workspace", async (t) => {
    const { shop, tools, files } = await computer(t);
    assert.equal(await files.find('src/cart.ts'), join(shop, 'server', 'src', 'cart.ts'));
    assert.equal(await files.find('./src/../src/cart.ts'), join(shop, 'server', 'src', 'cart.ts'));
    assert.equal(await files.find('../README.md'), join(shop, 'README.md'));
    assert.equal(await files.find('README.md'), join(shop, 'README.md'));
    assert.equal(await files.find('lint.ts'), join(tools, 'lint.ts'));
    await writeFile(join(shop, 'server', 'README.md'), '');
    assert.equal(await files.find('README.md'), join(shop, 'server', 'README.md'));
  });

  test('takes absolute paths, and those from the home folder', async (t) => {
    const { tools, files } = await computer(t);
    assert.equal(await files.find(join(tools, 'lint.ts')), join(tools, 'lint.ts'));
    assert.equal(await files.find('~/tools/lint.ts'), join(tools, 'lint.ts'));
  });

  test('tells nothing of what is outside of the workspace', async (t) => {
    const { secret, files } = await computer(t);
    for (const path of [join(secret, 'key.txt'), '~/secret/key.txt', '../../secret/key.txt', '/etc/passwd'])
      assert.equal(await files.find(path), undefined, path);
  });

  test('is not led out of the workspace by symbolic links, and follows those within', async (t) => {
    const { secret, shop, tools, files } = await computer(t);
    await symlink(join(secret, 'key.txt'), join(shop, 'key.txt'));
    await symlink(secret, join(shop, 'away'));
    await symlink(tools, join(shop, 'tools'));
    assert.equal(await files.find('key.txt'), undefined);
    assert.equal(await files.find('away/key.txt'), undefined);
    assert.equal(await files.find('tools/lint.ts'), join(tools, 'lint.ts'));
  });

  test('names a file as it stands in the workspace, where that is opened through a link', async (t) => {
    const { home, shop } = await computer(t);
    const link = join(home, 'current');
    await symlink(shop, link);
    const files = new WorkspaceFiles(() => ({ folders: [link], place: undefined, home }));
    assert.equal(await files.find('README.md'), join(link, 'README.md'));
    assert.equal(await files.find(join(shop, 'README.md')), join(link, 'README.md'));
  });

  test('finds no folders, and nothing for what is no path', async (t) => {
    const { shop, files } = await computer(t);
    for (const path of ['src', shop, '.', '..', '~', '', 'a\0b', 'x'.repeat(5000), '\\\\host\\share\\a.ts'])
      assert.equal(await files.find(path), undefined, path);
  });

  test('without a workspace there are no files', async (t) => {
    const { home, shop } = await computer(t);
    const files = new WorkspaceFiles(() => ({ folders: [], place: shop, home }));
    assert.equal(await files.find('README.md'), undefined);
    const gone = new WorkspaceFiles(() => ({ folders: [join(home, 'gone')], place: shop, home }));
    assert.equal(await gone.find('README.md'), undefined);
  });

  test('answers for many paths at once, each of them once', async (t) => {
    const { files } = await computer(t);
    const missing = Array.from({ length: 100 }, (_, index) => `missing/${index}.ts`);
    const found = await files.check(['README.md', ...missing, 'src/cart.ts', 'README.md', 'bad\0path']);
    assert.equal(found.length, 103);
    assert.deepEqual(
      found
        .filter(({ exists }) => exists)
        .map(({ path }) => path)
        .sort(),
      ['README.md', 'src/cart.ts'],
    );
  });
});
