import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import * as z from 'zod';
import { LockstepError } from '../../../server/domain/errors.ts';
import type { SourceProblem } from '../../../server/protocol/sourceSession.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { writeLines } from './files.ts';
import { claudeSource, listOf, outline, pageOf, piSource } from './reading.ts';

const LINE = { type: 'user', uuid: 'u', message: { role: 'user', content: 'hello' } };

const listingOfChild = z.object({
  titles: z.array(z.string()),
  total: z.number(),
  problems: z.array(z.object({ path: z.string(), message: z.string() })),
  pageError: z.string(),
});

function inOrder(problems: readonly SourceProblem[]): string[][] {
  return problems.map(({ path, message }) => [path, message]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
}

/** What {@link ./listInChild.ts} says: where we are root, without the powers that let root read everything. */
async function listAsOrdinaryUser(configDir: string, path: string) {
  const script = join(import.meta.dirname, 'listInChild.ts');
  const command = [process.execPath, script, configDir, path];
  const isRoot = process.getuid?.() === 0;
  const [program = '', ...args] = isRoot
    ? ['setpriv', '--inh-caps=-all', '--bounding-set=-all', ...command]
    : command;
  const { stdout } = await promisify(execFile)(program, args);
  return listingOfChild.parse(JSON.parse(stdout));
}

test('what cannot be read is a problem, and hides nothing else', async (t) => {
  const folder = await tempFolder(t);
  await writeLines(join(folder, 'projects/p/good.jsonl'), [LINE]);
  const secret = await writeLines(join(folder, 'projects/p/secret.jsonl'), [LINE]);
  await writeLines(join(folder, 'projects/closed/s.jsonl'), [LINE]);
  await chmod(secret, 0);
  await chmod(join(folder, 'projects/closed'), 0);
  let listing;
  try {
    listing = await listAsOrdinaryUser(folder, 'p/secret.jsonl');
  } finally {
    await chmod(join(folder, 'projects/closed'), 0o755); // so that it can be removed
  }
  assert.deepEqual(listing, {
    titles: ['hello'],
    total: 1,
    problems: [
      { path: join(folder, 'projects/closed'), message: 'The folder cannot be read: permission denied.' },
      { path: secret, message: 'The session cannot be read: permission denied.' },
    ],
    pageError: 'SESSION_NOT_FOUND: The session claude-code:p/secret.jsonl cannot be read: permission denied.',
  });
});

test('what only has the name of a session is a problem', async (t) => {
  const folder = await tempFolder(t);
  const p = join(folder, 'projects/p');
  await mkdir(join(p, 'folder.jsonl'), { recursive: true });
  await promisify(execFile)('mkfifo', [join(p, 'pipe.jsonl')]);
  await writeLines(join(p, 'back\\slash.jsonl'), [LINE]);
  const { sessions, problems } = await listOf(claudeSource(folder));
  assert.deepEqual(sessions, []);
  assert.deepEqual(inOrder(problems), [
    [join(p, 'back\\slash.jsonl'), 'Its name holds a backslash, so that it cannot be referred to.'],
    [join(p, 'folder.jsonl'), 'This is a folder with the name of a session.'],
    [join(p, 'pipe.jsonl'), 'This is neither a file nor a folder.'],
  ]);
});

test('a link is followed to a file below the root, and is a problem where it leads elsewhere', async (t) => {
  const folder = await tempFolder(t);
  const p = join(folder, 'projects/p');
  const own = await writeLines(join(p, 'own.jsonl'), [LINE]);
  const outside = await writeLines(join(folder, 'outside/secret.jsonl'), [LINE]);
  await symlink(own, join(p, 'inside.jsonl'));
  await symlink(outside, join(p, 'outside.jsonl'));
  await symlink(join(folder, 'nowhere'), join(p, 'broken.jsonl'));
  await symlink(join(folder, 'outside'), join(folder, 'projects/q'));
  await symlink(p, join(folder, 'projects/again'));
  const { sessions, problems } = await listOf(claudeSource(folder));
  assert.deepEqual(sessions.map(({ ref }) => ref).sort(), [
    'claude-code:p/inside.jsonl',
    'claude-code:p/own.jsonl',
  ]);
  assert.deepEqual(inOrder(problems), [
    [join(p, 'broken.jsonl'), 'It cannot be read: it does not exist.'],
    [join(p, 'outside.jsonl'), 'This is a link to a file elsewhere, which is not followed.'],
    [join(folder, 'projects/q'), 'This is a link to a folder elsewhere, which is not followed.'],
  ]);
});

test('a root that does not exist has no sessions, and one that is no folder is a problem', async (t) => {
  const folder = await tempFolder(t);
  for (const source of [claudeSource(folder), piSource(folder)]) {
    assert.deepEqual(await listOf(source), { sessions: [], total: 0, problems: [] });
  }
  await writeLines(join(folder, 'projects'), []);
  const { problems } = await listOf(claudeSource(folder));
  assert.deepEqual(
    problems.map(({ message }) => message),
    ['The folder cannot be read: it is not a folder.'],
  );
});

describe('a page is refused for whatever is no session below the root', () => {
  const refused = [
    '',
    '.jsonl',
    'p/none.jsonl',
    'p/text.txt',
    'p',
    '../outside/secret.jsonl',
    'p/../p/s.jsonl',
    './p/s.jsonl',
    'p//s.jsonl',
    '/etc/passwd',
    'p/s.jsonl/',
    'p\\s.jsonl',
    'p/s.jsonl\0',
    'p/\0.jsonl',
    'p/outside.jsonl',
    'q/secret.jsonl',
    'p/folder.jsonl',
    'p/pipe.jsonl',
    'p/s.jsonl/x.jsonl',
    `${'x'.repeat(5000)}.jsonl`,
  ];
  for (const path of refused) {
    test(JSON.stringify(path.slice(0, 40)), async (t) => {
      const folder = await tempFolder(t);
      await writeLines(join(folder, 'projects/p/s.jsonl'), [LINE]);
      await writeLines(join(folder, 'projects/p/text.txt'), [LINE]);
      const outside = await writeLines(join(folder, 'outside/secret.jsonl'), [LINE]);
      await symlink(outside, join(folder, 'projects/p/outside.jsonl'));
      await symlink(join(folder, 'outside'), join(folder, 'projects/q'));
      await mkdir(join(folder, 'projects/p/folder.jsonl'));
      await promisify(execFile)('mkfifo', [join(folder, 'projects/p/pipe.jsonl')]);
      const source = claudeSource(folder);
      await assert.rejects(source.page(path, { limit: 1 }), (error) => {
        assert.ok(error instanceof LockstepError, String(error));
        assert.equal(error.code, 'SESSION_NOT_FOUND');
        return true;
      });
      assert.deepEqual(outline((await pageOf(source, 'p/s.jsonl')).items), ['user: hello']);
    });
  }
});
