import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { fenceDiff } from '../../../../client/transcript/guest/diff/fenceDiff.ts';
import type { FileDiff } from '../../../../client/transcript/guest/diff/fileDiff.ts';
import { countsOf, diffText } from '../../../../client/transcript/guest/diff/fileDiff.ts';
import { replacementLines } from '../../../../client/transcript/guest/diff/replacement.ts';
import { toolEdits } from '../../../../client/transcript/guest/diff/toolEdits.ts';
import { looksLikeDiff, unifiedDiff } from '../../../../client/transcript/guest/diff/unifiedDiff.ts';

const told = (diffs: readonly FileDiff[] | undefined) =>
  diffs?.map((diff) => [diff.path, ...diffText(diff).split('\n')]);

describe('what calls do to files', () => {
  const replaced = [['a.ts', ' const a = 1;', '-b();', '+c();']];
  const before = 'const a = 1;\nb();';
  const after = 'const a = 1;\nc();';
  const cases: readonly [string, string, unknown, ReturnType<typeof told>][] = [
    ['Claude Code: Edit', 'Edit', { file_path: 'a.ts', old_string: before, new_string: after }, replaced],
    ['pi: edit', 'edit', { path: 'a.ts', oldText: before, newText: after }, replaced],
    [
      'Claude Code: MultiEdit',
      'MultiEdit',
      {
        file_path: 'a.ts',
        edits: [
          { old_string: 'a', new_string: 'b' },
          { old_string: 'c', new_string: '' },
        ],
      },
      [['a.ts', '-a', '+b', '⋯', '-c']],
    ],
    ['Claude Code: Write', 'Write', { file_path: 'a.ts', content: 'x\ny\n' }, [['a.ts', '+x', '+y']]],
    [
      'codex: apply_patch',
      'apply_patch',
      '*** Begin Patch\n*** Update File: a.ts\n@@ f()\n a\n-b\n+c\n*** Add File: d.md\n+# D\n*** Delete File: e.ts\n*** End Patch',
      [
        ['a.ts', '@@ f()', ' a', '-b', '+c'],
        ['d.md', '+# D'],
        ['e.ts', '*** Delete File: e.ts'],
      ],
    ],
    [
      'codex: the same through a shell',
      'shell',
      { command: ['apply_patch', '*** Begin Patch\n*** Update File: a.ts\n-b\n+c\n*** End Patch\n'] },
      [['a.ts', '-b', '+c']],
    ],
    ['a command', 'bash', { command: 'ls' }, undefined],
    ['a file that is read', 'Read', { file_path: 'a.ts' }, undefined],
    ['an argument of the same name of another tool', 'search', { path: 'src', content: 'x' }, undefined],
    ['nothing', 'Edit', undefined, undefined],
  ];
  for (const [name, tool, input, expected] of cases) {
    test(name, () => assert.deepEqual(told(toolEdits(tool, input)), expected));
  }
});

describe('unified diffs', () => {
  const git = [
    'diff --git a/src/a.ts b/src/a.ts',
    'index 123..456 100644',
    '--- a/src/a.ts',
    '+++ b/src/a.ts',
    '@@ -1,3 +1,3 @@ f()',
    ' a',
    '--- b',
    '+++ c',
    ' d',
    'diff --git a/old.ts b/new.ts',
    'similarity index 100%',
    'rename from old.ts',
    'rename to new.ts',
  ].join('\n');

  test('are known by how they begin', () => {
    assert.ok(looksLikeDiff(git));
    assert.ok(looksLikeDiff('--- a\n+++ b\n@@ -1 +1 @@\n-a\n+b'));
    assert.ok(looksLikeDiff('@@ -1,2 +1,2 @@\n-a\n+b\n c'));
    assert.ok(!looksLikeDiff('--- a list\n- b'));
    assert.ok(!looksLikeDiff('ok\n@@ -1 +1 @@'));
  });

  test('a removed line that looks like the head of a file is a removed line', () => {
    assert.deepEqual(told(unifiedDiff(git)), [
      ['src/a.ts', '@@ -1,3 +1,3 @@ f()', ' a', '--- b', '+++ c', ' d'],
      [undefined, 'similarity index 100%', 'rename from old.ts', 'rename to new.ts'],
    ]);
    assert.deepEqual(unifiedDiff(git).map(countsOf)[0], { added: 1, removed: 1 });
  });

  test('a new file has the path that it has now', () => {
    const [file] = unifiedDiff('--- /dev/null\n+++ b/x.md\n@@ -0,0 +1 @@\n+x\n');
    assert.equal(file?.path, 'x.md');
    assert.deepEqual(countsOf(file), { added: 1, removed: 0 });
  });

  test('a code block may hold only lines with signs', () => {
    assert.deepEqual(told(fenceDiff('  a\n- b\n+ c')), [[undefined, '  a', '- b', '+ c']]);
  });

  test('no text is too strange, and no added or removed line is lost', () => {
    const line = fc.oneof(
      fc.constantFrom(
        '--- a/x',
        '+++ b/x',
        '@@ -1,2 +1,3 @@',
        'diff --git a/x b/x',
        '',
        '\\ No newline at end of file',
      ),
      fc.string({ maxLength: 6 }).map((rest) => `+${rest}`),
      fc.string({ maxLength: 6 }).map((rest) => ` ${rest}`),
      fc.string({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const shown = unifiedDiff(lines.join('\n')).flatMap((diff) => diffText(diff));
        for (const one of lines
          .join('\n')
          .split(/\r?\n/)
          .filter((other) => /^\+[a-z]/i.test(other))) {
          assert.ok(shown.join('\n').includes(one), one);
        }
      }),
    );
  });
});

test('a replacement tells both texts whole', () => {
  const words = fc
    .array(fc.constantFrom('a', 'b', '', 'c'), { maxLength: 20 })
    .map((lines) => lines.join('\n'));
  const lines = (text: string) => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
  fc.assert(
    fc.property(words, words, (before, after) => {
      const shown = replacementLines(before, after);
      const of = (kind: string) =>
        shown.filter((line) => line.kind === kind || line.kind === 'same').map(({ text }) => text);
      assert.deepEqual(of('removed'), lines(before));
      assert.deepEqual(of('added'), lines(after));
    }),
  );
});

test('texts that have nothing in common are told one after the other', () => {
  const text = (word: string) => Array.from({ length: 5000 }, (_, index) => `${word}${index}`).join('\n');
  const shown = replacementLines(text('a'), text('b'));
  assert.equal(shown.length, 10_000);
  assert.deepEqual([shown[0]?.kind, shown[9999]?.kind], ['removed', 'added']);
});
