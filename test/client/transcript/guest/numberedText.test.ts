import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numberedText } from '../../../../client/transcript/guest/items/numberedText.ts';

test('the lines of a file that was read have their numbers apart', () => {
  assert.deepEqual(numberedText('     9\u2192a\n    10\u2192\tb\n    11\u2192\n\n<note>end</note>'), {
    lines: [
      { number: '9', text: 'a' },
      { number: '10', text: '\tb' },
      { number: '11', text: '' },
    ],
    rest: '<note>end</note>',
  });
  assert.deepEqual(numberedText('1\ta\n2\tb')?.lines.length, 2);
});

test('other texts that begin with numbers are not such', () => {
  for (const text of ['', '1: a', '12: a\n40: b', '3.14\n2.71', 'a\n1\tb', '2 a\n3 b'])
    assert.equal(numberedText(text), undefined);
});
