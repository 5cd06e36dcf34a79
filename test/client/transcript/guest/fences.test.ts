import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { splitFences } from '../../../../client/transcript/guest/fences.ts';

const prose = (text: string) => ({ kind: 'prose' as const, text });
const code = (text: string, language = '') => ({ kind: 'code' as const, text, language });

describe('splitFences', () => {
  const cases: readonly [string, string, ReturnType<typeof splitFences>][] = [
    ['text without fences is prose, with its blank lines', 'a\n\nb', [prose('a\n\nb')]],
    ['nothing is nothing', '', []],
    [
      'a block between paragraphs',
      'a\n\n```ts\nlet x;\n```\n\nb',
      [prose('a'), code('let x;', 'ts'), prose('b')],
    ],
    ['a block alone', '```\nx\n```', [code('x')]],
    ['an empty block', '```\n```', [code('')]],
    ['a block still being written', 'a\n```sh\nls\n', [prose('a'), code('ls\n', 'sh')]],
    ['a longer fence holds a shorter one', '````md\n```\nx\n```\n````', [code('```\nx\n```', 'md')]],
    ['tildes, which backticks do not close', '~~~\n```\n~~~', [code('```')]],
    [
      'blocks in lists lose the indentation of the list',
      '- a\n  ```js\n  f(\n    1)\n  ```',
      [prose('- a'), code('f(\n  1)', 'js')],
    ],
    ['Windows line ends', '```js\r\nx\r\n```\r\ny', [code('x\r', 'js'), prose('y')]],
    ['backticks within a line are prose', 'use ```x``` here', [prose('use ```x``` here')]],
    ['indentation of the first line of prose stays', '  a', [prose('  a')]],
  ];
  for (const [name, text, segments] of cases) {
    test(name, () => assert.deepEqual(splitFences(text), segments));
  }
});
