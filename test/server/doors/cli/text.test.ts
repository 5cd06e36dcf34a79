import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shortIds } from '../../../../server/doors/cli/sessionWords.ts';
import { facts, table } from '../../../../server/doors/cli/table.ts';
import { age, cut, manyLines, oneLine, pad, shellWord, width } from '../../../../server/doors/cli/text.ts';

describe('text for terminals', () => {
  it('holds nothing that a terminal would obey', () => {
    assert.equal(oneLine('a\u001b[31mb\u0007\r\nc\u009bd\u2028e'), 'a [31mb c d e');
    assert.equal(oneLine('safe\u202egnp\u061c.exe\u2066'), 'safegnp.exe');
    assert.equal(manyLines('a\r\n\tb\u001b[2Jc'), 'a\n\tb [2Jc');
    assert.equal(oneLine('👩‍👩‍👧 family'), '👩‍👩‍👧 family', 'joined emoji stay whole');
  });

  it('is cut to columns, in which wide characters count twice, and never within one', () => {
    assert.equal(cut('abcdef', 6), 'abcdef');
    assert.equal(cut('abcdef', 5), 'abcd…');
    assert.equal(cut('日本語日本語', 6), '日本…');
    assert.equal(cut('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 5), '👩‍👩‍👧👩‍👩‍👧…');
    assert.equal(cut('abc', 0), '');
    for (const text of ['日本語日本語', '👩‍👩‍👧 family and 日本', 'e\u0301e\u0301e\u0301e\u0301'])
      for (let columns = 0; columns < 20; columns++) assert.ok(width(cut(text, columns)) <= columns);
    assert.equal(width(pad('日本', 6)), 6);
  });

  it('tells ages in a few characters', () => {
    const minute = 60_000;
    for (const [ms, words] of [
      [-5, 'now'],
      [minute - 1, 'now'],
      [5 * minute, '5m'],
      [3 * 60 * minute, '3h'],
      [12 * 1440 * minute, '12d'],
      [800 * 1440 * minute, '2y'],
    ] as const)
      assert.equal(age(ms), words);
  });

  it('quotes what a shell would not take as it is', () => {
    assert.deepEqual(['a/b-c', "it's $x", ''].map(shellWord), ['a/b-c', `'it'\\''s $x'`, `''`]);
  });
});

describe('tables', () => {
  const columns = [
    { heading: 'ID', cell: ({ id }: { id: string }) => id },
    { heading: 'N', cell: ({ n }: { n: number }) => String(n), align: 'right' },
    { heading: 'LABEL', cell: ({ label }: { label: string }) => label, most: 6 },
    { heading: 'TITLE', cell: ({ title }: { title: string }) => title },
  ] as const;
  const rows = [
    { id: 'one', n: 5, label: '日本語日本語', title: 'A title that\nis long' },
    { id: 'three', n: 12, label: '', title: '短い' },
  ];

  it('align their columns, and cut nothing where there is no terminal', () => {
    assert.deepEqual(table(columns, rows, undefined), [
      'ID      N  LABEL         TITLE',
      'one     5  日本語日本語  A title that is long',
      'three  12                短い',
    ]);
  });

  it('leave out a column in which nothing stands', () => {
    const [heading] = table(columns, [{ id: 'one', n: 5, label: '', title: 't' }], undefined);
    assert.equal(heading, 'ID   N  TITLE');
  });

  it('are never wider than the terminal, whatever its width', () => {
    assert.deepEqual(table(columns, rows, 24), [
      'ID      N  LABEL   TITLE',
      'one     5  日本…   A ti…',
      'three  12          短い',
    ]);
    for (let most = 1; most < 60; most++) {
      for (const line of table(columns, rows, most)) assert.ok(width(line) <= most, `${most}: ${line}`);
      for (const line of facts([{ name: 'name', value: 'a long value' }], Math.max(7, most)))
        assert.ok(width(line) <= Math.max(7, most), line);
    }
  });

  it('colour a cell after it was cut and padded', () => {
    const coloured = columns.map((column) => ({ ...column, style: (text: string) => `<${text}>` }));
    assert.equal(table(coloured, rows, 24)[1], '<one  >  < 5>  <日本… >  <A ti…>');
  });
});

describe('short ids', () => {
  it('tell the ids apart, and hold the time in full', () => {
    const ids = [
      '019cdf3a-7b21-7d40-9e55-2c6f8b0a4d13',
      '019cdf3a-7b21-7d40-9e56-2c6f8b0a4d13',
      '019d0000-7b21-7d40-9e56-2c6f8b0a4d13',
    ];
    assert.deepEqual(
      [...shortIds(ids).values()],
      ['019cdf3a-7b21-7d40-9e55', '019cdf3a-7b21-7d40-9e56', '019d0000-7b21'],
    );
    assert.deepEqual([...shortIds([]).values()], []);
  });
});
