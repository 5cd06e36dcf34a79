import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { PathChecks } from '../../../../client/transcript/guest/paths/pathChecks.ts';
import { pathTarget } from '../../../../client/transcript/guest/paths/pathText.ts';

describe('texts that name a file', () => {
  const cases: readonly [string, ReturnType<typeof pathTarget>][] = [
    ['src/a.ts', { path: 'src/a.ts' }],
    ['/home/ada/notes', { path: '/home/ada/notes' }],
    ['./a b/c.md', { path: './a b/c.md' }],
    [String.raw`C:\src\a.ts:3`, { path: String.raw`C:\src\a.ts`, line: 3 }],
    ['src/a.ts:12', { path: 'src/a.ts', line: 12 }],
    ['src/a.ts:12:5', { path: 'src/a.ts', line: 12, column: 5 }],
    ['src/a.ts:12-20', { path: 'src/a.ts', line: 12 }],
    ['src/a.ts#L7', { path: 'src/a.ts', line: 7 }],
    ['src/a.ts(3,9)', { path: 'src/a.ts', line: 3, column: 9 }],
    ['package.json', { path: 'package.json' }],
    ['Makefile', { path: 'Makefile' }],
    ['.gitignore', { path: '.gitignore' }],
    ['app/[id]/page.tsx', { path: 'app/[id]/page.tsx' }],
  ];
  for (const [text, target] of cases) test(text, () => assert.deepEqual(pathTarget(text), target));
});

describe('texts that do not', () => {
  const texts = [
    '',
    ' a/b',
    'https://x.test/a',
    'npm test',
    'a.b.c()',
    'precedence.get',
    '1/2',
    '3.14',
    '/',
    '//',
    '--out=a/b',
    'src/**/*.ts',
    'cat a/b | wc',
    'git log -- a/b',
    'echo "$HOME/x"',
    'a\nb/c',
  ];
  for (const text of texts) test(JSON.stringify(text), () => assert.equal(pathTarget(text), undefined));
});

test('no text is too strange', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => pathTarget(text) !== null));
  for (const part of ['/', ':1', '(1', 'a/', '. ', '#L']) pathTarget(part.repeat(500));
});

describe('asking which paths exist', () => {
  function asking() {
    const asked: string[][] = [];
    const checks = new PathChecks((message) => {
      if (message.type === 'checkPaths') asked.push(message.paths);
    });
    return { asked, checks };
  }

  test('is one message for all that is drawn at a time, and each path is asked for once', async () => {
    const { asked, checks } = asking();
    const answers: (readonly [string, boolean])[] = [];
    for (const path of ['a', 'b', 'a']) checks.want(path, (exists) => answers.push([path, exists]));
    await Promise.resolve();
    assert.deepEqual(asked, [['a', 'b']]);
    assert.equal(checks.known('a'), undefined);
    checks.receive({
      found: [
        { path: 'a', exists: true },
        { path: 'b', exists: false },
      ],
    });
    assert.deepEqual(answers, [
      ['a', true],
      ['a', true],
      ['b', false],
    ]);
    assert.deepEqual([checks.known('a'), checks.known('b')], [true, false]);
  });

  test('is more messages for more than one may hold', async () => {
    const { asked, checks } = asking();
    for (let index = 0; index < 450; index++) checks.want(`${index}`, () => {});
    await Promise.resolve();
    assert.deepEqual(
      asked.map((paths) => paths.length),
      [200, 200, 50],
    );
  });

  test('who no longer wants an answer gets none', async () => {
    const { checks } = asking();
    checks.want('a', () => assert.fail())();
    await Promise.resolve();
    checks.receive({ found: [{ path: 'a', exists: true }] });
  });
});
