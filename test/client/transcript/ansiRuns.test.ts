import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { AnsiRun } from '../../../client/transcript/ansiRuns.ts';
import { ansiRuns, firstRuns, textOf } from '../../../client/transcript/ansiRuns.ts';

const ESC = '\u001b';
const text = (output: string) => textOf(ansiRuns(output));

describe('the text of terminal output', () => {
  const cases: readonly [string, string, string][] = [
    ['sequences go', `${ESC}[1;31mred${ESC}[0m ${ESC}[2Kx`, 'red x'],
    ['so do titles and other strings', `${ESC}]0;title\u0007a ${ESC}P1$r0m${ESC}\\b`, 'a b'],
    ['a link is its text', `${ESC}]8;;http://x${ESC}\\here${ESC}]8;;${ESC}\\.`, 'here.'],
    ['brackets alone are text', 'array[0m]', 'array[0m]'],
    ['controls go', 'bell\u0007 back\u0008 null\u0000', 'bell back null'],
    ['tabs and line ends stay', 'a\tb\r\nc\n', 'a\tb\nc\n'],
    ['progress is its last state', '10%\r50%\r100%\ndone', '100%\ndone'],
    ['a return at the end of a line takes nothing away', 'a\rb\r\nc\r', 'b\nc'],
    ['colours do not hinder that', `${ESC}[31m10%${ESC}[0m\r${ESC}[32m20%${ESC}[0m`, '20%'],
    ['a sequence without an end takes its line', `a${ESC}]unfinished\nb`, 'a\nb'],
    ['a sequence cut in the middle is gone', `a${ESC}[3`, 'a3'],
  ];
  for (const [name, output, expected] of cases) test(name, () => assert.equal(text(output), expected));
});

describe('the style of terminal output', () => {
  const style = (codes: string): AnsiRun['style'] | undefined => ansiRuns(`${ESC}[${codes}mx`)[0]?.style;
  const cases: readonly [string, string, AnsiRun['style']][] = [
    ['one of 8', '31', { foreground: { index: 1 } }],
    ['a bright one, on a ground', '92;44', { foreground: { index: 10 }, background: { index: 4 } }],
    ['a bright ground', '103', { background: { index: 11 } }],
    ['one of 256 that is one of 16', '38;5;9', { foreground: { index: 9 } }],
    ['one of 256', '38;5;208', { foreground: { rgb: [255, 135, 0] } }],
    ['a grey', '48;5;232', { background: { rgb: [8, 8, 8] } }],
    ['a colour of its own', '38;2;1;2;300;1', { foreground: { rgb: [1, 2, 255] }, bold: true }],
    ['with colons', '38:5:208', { foreground: { rgb: [255, 135, 0] } }],
    [
      'how it is written',
      '2;3;4;7;9',
      { dim: true, italic: true, underline: true, inverse: true, strike: true },
    ],
    ['nothing that is known', '38;77;200', {}],
    ['nothing at all', '', {}],
  ];
  for (const [name, codes, expected] of cases) test(name, () => assert.deepEqual(style(codes), expected));

  test('lasts until it is taken back', () => {
    assert.deepEqual(
      ansiRuns(`a${ESC}[1;31mb\nc${ESC}[39md${ESC}[me`).map((run) => [
        run.text,
        run.style.bold,
        run.style.foreground,
      ]),
      [
        ['a', undefined, undefined],
        ['b\nc', true, { index: 1 }],
        ['d', true, undefined],
        ['e', undefined, undefined],
      ],
    );
  });

  test('the beginning keeps its styles', () => {
    const runs = ansiRuns(`ab${ESC}[1mcd${ESC}[0mef`);
    assert.equal(textOf(firstRuns(runs, 3)), 'abc');
    assert.equal(firstRuns(runs, 3)[1]?.style.bold, true);
  });
});

test('whatever a program writes, no control character but tab and line end is left', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ESC,
      `${ESC}[`,
      `${ESC}]`,
      '\r',
      '\n',
      'm',
      ';',
      '38',
      '\u0007',
      '\u009b',
      '\\',
      'K',
      ' ',
    ),
    fc.string({ unit: 'binary', maxLength: 5 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 80 }), (pieces) => {
      // oxlint-disable-next-line no-control-regex -- they are what is looked for
      assert.doesNotMatch(text(pieces.join('')), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    }),
  );
});

test('plain text comes back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (plain) => {
      assert.equal(text(plain), plain.replaceAll(/\p{Cc}/gu, ''));
    }),
  );
});

test('a megabyte of anything is read at once', () => {
  // Quadratic time would be hours.
  for (const part of [
    ESC,
    `${ESC}[`,
    `${ESC}]`,
    'x\r',
    `${ESC}[31mx`,
    `${ESC}[31mx${ESC}[0my\r`,
    `${ESC}       `,
  ]) {
    ansiRuns(part.repeat(1_000_000 / part.length));
  }
  ansiRuns(`${'y'.repeat(500_000)}${'\rz'.repeat(250_000)}`);
  ansiRuns(`${ESC}[${';'.repeat(1_000_000)}`);
});
