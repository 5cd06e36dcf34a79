import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MarkdownHtml } from '../../../../client/transcript/guest/markdown/markdownHtml.ts';

const markdown = new MarkdownHtml();
const html = (text: string) => markdown.html(text);

describe('what Markdown becomes', () => {
  const cases: readonly [string, string, string][] = [
    ['HTML is text', '<b>x</b>', '<p dir="auto">&lt;b&gt;x&lt;/b&gt;</p>\n'],
    ['a line end is a line end', 'a\nb', '<p dir="auto">a<br>\nb</p>\n'],
    [
      "headings stand below the page's own",
      '# a\n###### b',
      '<h2 dir="auto">a</h2>\n<h6 dir="auto">b</h6>\n',
    ],
    [
      'a picture is a link, with its description',
      '![a chart](https://x.test/a.png)',
      '<p dir="auto"><a href="https://x.test/a.png" title="https://x.test/a.png">a chart</a></p>\n',
    ],
    [
      'an address is a link',
      'see https://x.test/a.',
      '<p dir="auto">see <a href="https://x.test/a" title="https://x.test/a">https://x.test/a</a>.</p>\n',
    ],
    [
      'a name that might be an address is none',
      'see x.test, me@x.test',
      '<p dir="auto">see x.test, me@x.test</p>\n',
    ],
    ['a link that runs something is text', '[a](javascript:b)', '<p dir="auto">[a](javascript:b)</p>\n'],
    ['a link to data is text', '[a](data:text/html,b)', '<p dir="auto">[a](data:text/html,b)</p>\n'],
    ['a link to a command is text', '[a](command:b.c)', '<p dir="auto">[a](command:b.c)</p>\n'],
    [
      'a link to a file tells which',
      '[a](src/a%20b.ts:12)',
      '<p dir="auto"><a class="file" data-path="src/a b.ts:12" title="src/a b.ts:12">a</a></p>\n',
    ],
    [
      'what defines a link is not lost',
      '[a]: https://x.test',
      '<p dir="auto">[a]: <a href="https://x.test" title="https://x.test">https://x.test</a></p>\n',
    ],
    ['code in a language', '```ts {1}\na\n```', '<pre data-language="ts"><code>a</code></pre>'],
    ['code that is still being written', '```sh\na', '<pre data-language="sh"><code>a</code></pre>'],
    [
      'tasks have boxes',
      '- [x] a\n- [ ] b',
      '<ul>\n<li dir="auto" class="task">☑ a</li>\n<li dir="auto" class="task">☐ b</li>\n</ul>\n',
    ],
    [
      'characters that turn others around are shown in code',
      '`a\u202eb`',
      '<p dir="auto"><code dir="ltr">a⟨U+202E⟩b</code></p>\n',
    ],
  ];
  for (const [name, text, expected] of cases) test(name, () => assert.equal(html(text), expected));

  test('columns are aligned without a style', () => {
    const table = html('|a|b|\n|-:|:-:|\n|1|2|') ?? '';
    assert.ok(table.includes('<td dir="auto" class="align-right">1</td>'));
    assert.ok(table.includes('<th dir="auto" class="align-center">b</th>'));
    assert.ok(!table.includes('style'));
  });
});

const LENGTH = 20_000;
const repeated = (text: string) => text.repeat(Math.ceil(LENGTH / text.length)).slice(0, LENGTH);

describe('texts that are hard on a parser', () => {
  // As long as the longest text of a page. A parser that takes quadratic time would need minutes for some of them.
  const texts: readonly string[] = [
    '[',
    '![',
    '[a](',
    '[a](<b',
    '*a**b',
    'a**b',
    '_a__b',
    '`a``b',
    '<',
    '<a ',
    '> ',
    '- ',
    '1. ',
    '~~a',
    '&#',
    '\\',
    '|a|b',
    '||\n',
    '# ',
    'a\n=\n',
    '- a\n\n',
    '> - a\n',
    'https://a.b/(',
    'http://',
    '```\n',
    '<!--',
    '***a',
    '"a',
  ].map(repeated);
  const nested = Array.from({ length: 190 }, (_, index) => `${' '.repeat(index)}- a`).join('\n');
  const backticks = Array.from({ length: 190 }, (_, index) => `${'`'.repeat(index)} `).join('');
  const table = `${repeated('|a').slice(0, 6000)}\n${repeated('|-').slice(0, 6000)}\n${repeated('|b\n')}`;

  test('are read, or shown as they are', () => {
    for (const text of [...texts, nested, backticks]) assert.notEqual(html(text), '');
  });

  test('what is nested deeper than the parser goes is shown as it was written', () => {
    assert.equal(html(`${'>'.repeat(500)} deep`), undefined);
    assert.equal(html(`${'- '.repeat(200)}deep`), undefined);
  });

  test('a table of more cells than anyone reads is shown as it was written', () => {
    assert.equal(html(table), undefined);
  });
});

test('whatever is written, every word of it is there', () => {
  const piece = fc.constantFrom(
    '> ',
    '- ',
    '1. ',
    '\n',
    '\n\n',
    '    ',
    '|',
    '[',
    ']',
    '(',
    ')',
    '*',
    '`',
    '```',
    '# ',
    '~',
    '<',
    '![',
    ': ',
    '---',
  );
  const word = fc.stringMatching(/^[a-z]{4,9}$/);
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, word), { maxLength: 60 }), (pieces) => {
      const text = pieces.map((part) => (/[a-z]{4}/.test(part) ? ` ${part} ` : part)).join('');
      const shown = html(text);
      for (const part of pieces) {
        // What follows a fence on its line is the name of a language.
        if (/^[a-z]{4}/.test(part))
          assert.ok(
            shown === undefined || shown.includes(part) || text.includes('```') || text.includes('~'),
            `${part} of ${text}`,
          );
      }
    }),
  );
});
