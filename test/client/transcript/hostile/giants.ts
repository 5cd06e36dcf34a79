import { hostileTexts } from './hostileText.ts';

const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

/** As long as the host lets a text be that it gives to the page. */
const CUT = 20_000;
const DEEP = 10_000;

const shapes: readonly ((size: number) => string)[] = [
  (size) => '>'.repeat(size),
  (size) => '> '.repeat(size / 2),
  (size) => '- '.repeat(size / 2),
  (size) => '1. '.repeat(size / 3),
  (size) => lines(Math.floor(Math.sqrt(size)), (index) => `${' '.repeat(index * 2)}- x`),
  (size) => '*'.repeat(size),
  (size) => '**a '.repeat(size / 4),
  (size) => '*a _b '.repeat(size / 6),
  (size) => '~~'.repeat(size / 2),
  (size) => '['.repeat(size),
  (size) => '[a]('.repeat(size / 4),
  (size) => '![['.repeat(size / 3),
  (size) => '[a](<'.repeat(size / 5),
  (size) => '<'.repeat(size),
  (size) => '<!--'.repeat(size / 4),
  (size) => '<a '.repeat(size / 3),
  (size) => '`'.repeat(size),
  (size) => '`a``b'.repeat(size / 5),
  (size) => lines(size / 4, (index) => '`'.repeat(3 + (index % 5))),
  (size) => `${'&'.repeat(size / 2)}${'&#0;'.repeat(size / 8)}`,
  (size) => '\\'.repeat(size),
  (size) => '|'.repeat(size),
  (size) =>
    `${'|a'.repeat(size / 20)}|\n${'|-'.repeat(size / 20)}|\n${lines(20, () => '|b'.repeat(size / 60))}`,
  (size) => `|a|b|\n|-|-|\n${lines(size / 8, (index) => `|${index}|x|`)}`,
  (size) => '# '.repeat(size / 2),
  (size) => lines(size / 4, () => '***'),
  (size) => lines(size / 4, () => '```'),
  (size) => `${'a@'.repeat(size / 4)}${'https://'.repeat(size / 16)}`,
  (size) => 'http://a.b/('.repeat(size / 12),
  (size) => lines(size / 12, (index) => `[r${index}]: https`),
  (size) => lines(size / 2, () => 'a'),
  (size) => '\n'.repeat(size),
  (size) => ' '.repeat(size),
  (size) => '\t'.repeat(size),
];

/** As deep and as wide as a text can be that is given to the page, and as one can be at all. */
export const nestings = hostileTexts(
  'nesting',
  shapes.map((shape) => shape(CUT)),
);

/** Ten thousand levels of each. The host would have cut them: the page must hold out all the same. */
export const deepNestings = hostileTexts(
  'deep nesting',
  shapes.map((shape) => shape(DEEP * 5)),
);

const MEGABYTE = 1024 * 1024;

export const hugeLines = hostileTexts('huge', [
  'x'.repeat(MEGABYTE),
  'word '.repeat(MEGABYTE / 5),
  '界'.repeat(MEGABYTE / 3),
  `{"a":"${'\\u0000'.repeat(MEGABYTE / 6)}"}`,
  `\`\`\`ts\n${'x'.repeat(MEGABYTE)}\n\`\`\``,
]);
