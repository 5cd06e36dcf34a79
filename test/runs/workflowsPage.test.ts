import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { shellWord } from '../../server/doors/cli/text.ts';
import { CLI } from '../support/command.ts';
import { tempFolder } from '../support/tempFolder.ts';

const PAGE = new URL('../../docs/workflows.md', import.meta.url);
const END_OF_BLOCK = '--- end of a block ---';

interface Block {
  readonly commands: string;
  /** Lines that it prints, in that order; there may be others where the page has an ellipsis, and before and after them. */
  readonly output: readonly string[];
}

/** The commands of the page, and what it says that they print. */
async function blocks(): Promise<readonly Block[]> {
  const page = await readFile(PAGE, 'utf8');
  return [...page.matchAll(/```sh\n([\s\S]*?)```(?:\n\n```text\n([\s\S]*?)```)?/g)].map(
    ([, commands = '', output = '']) => ({
      commands,
      output: output.split('\n').filter((line) => line !== '' && line !== '…'),
    }),
  );
}

/** Without what differs from one time to the next. */
function masked(line: string): string {
  return line
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}(?:-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?/g, '<id>')
    .replaceAll(/\d+(?:\.\d+)? (?:ms|s|min)\b/g, '<duration>')
    .replaceAll(/ +(?:now|\d+ s) {2}/g, ' <age>  ')
    .trimEnd();
}

it('the page about workflows: its commands, one after the other in an empty folder, print what it says', async (t) => {
  const folder = await tempFolder(t);
  const [home, bin, empty] = ['home', 'bin', 'empty'].map((name) => join(folder, name));
  assert.ok(home !== undefined && bin !== undefined && empty !== undefined);
  for (const made of [home, bin, empty]) await mkdir(made);
  const lockstep = join(bin, 'lockstep');
  await writeFile(lockstep, `#!/bin/sh\nexec ${[process.execPath, CLI].map(shellWord).join(' ')} "$@"\n`);
  await chmod(lockstep, 0o755);

  const page = await blocks();
  assert.ok(page.length > 8);
  const script = page.map(({ commands }) => `${commands}\necho '${END_OF_BLOCK}'\n`).join('');
  const { stdout } = await promisify(execFile)('sh', ['-c', `exec 2>&1\n${script}`], {
    cwd: empty,
    env: {
      PATH: [bin, process.env['PATH']].join(delimiter),
      HOME: home,
      NODE_COMPILE_CACHE: join(home, 'compiled'),
    },
    maxBuffer: 16 * 1024 * 1024,
  });
  const printed = stdout.split(`${END_OF_BLOCK}\n`);
  for (const [at, { commands, output }] of page.entries()) {
    const lines = (printed[at] ?? '').split('\n').map(masked);
    let from = 0;
    for (const line of output) {
      const found = lines.indexOf(masked(line), from);
      assert.notEqual(found, -1, `${line}\nis not what was printed by\n${commands}\n${printed[at]}`);
      from = found + 1;
    }
  }
});
