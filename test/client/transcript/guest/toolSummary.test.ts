import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toolFile, toolIcon, toolSummary } from '../../../../client/transcript/guest/toolSummary.ts';

describe('toolSummary', () => {
  const cases: readonly [string, unknown, string][] = [
    ['a command', { timeout: 5, command: 'npm test' }, 'npm test'],
    ['a command as words', { command: ['bash', '-lc', 'npm test'] }, 'bash -lc npm test'],
    ['a path', { old: 'a', file_path: 'src/a.ts' }, 'src/a.ts'],
    ['a pattern rather than where it is looked for', { path: 'src', pattern: 'a+' }, 'a+'],
    ['several lines as one', { command: 'cat <<E\n  a\nE' }, 'cat <<E a E'],
    ['a text of a name it does not know', { n: 1, topic: 'birds' }, 'birds'],
    ['a text alone', 'whatever', 'whatever'],
    [
      'a patch by its files',
      '*** Begin Patch\n*** Update File: a.ts\n-b\n+c\n*** Add File: d.md\n+e\n*** End Patch',
      'a.ts, d.md',
    ],
    ['nothing telling', { n: 1, list: [{}], empty: '' }, ''],
    ['no arguments', undefined, ''],
    ['null', null, ''],
    ['a list', ['a'], 'a'],
  ];
  for (const [name, input, summary] of cases) {
    test(name, () => assert.equal(toolSummary(input), summary));
  }

  test('a very long one is cut', () => {
    assert.equal(toolSummary({ command: 'x'.repeat(1_000_000) }), `${'x'.repeat(300)}…`);
  });
});

test('the file that a call is about is known by the names of its arguments', () => {
  assert.deepEqual([{ file_path: 'a' }, { path: 'b' }, { path: 1 }, 'c', null].map(toolFile), [
    'a',
    'b',
    undefined,
    undefined,
    undefined,
  ]);
});

test('tools have icons that suit their names', () => {
  const names = [
    'Bash',
    'exec_command',
    'WebSearch',
    'Grep',
    'Write',
    'apply_patch',
    'TodoWrite',
    'Read',
    'zzz',
  ];
  assert.deepEqual(names.map(toolIcon), [
    'terminal',
    'terminal',
    'globe',
    'search',
    'new-file',
    'edit',
    'checklist',
    'file',
    'tools',
  ]);
});
