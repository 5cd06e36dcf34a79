import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tabTitle } from '../../../client/transcript/tabTitle.ts';

describe('tabTitle', () => {
  test('is one line', () => {
    assert.equal(tabTitle('  Fix\n\tthe  cart '), 'Fix the cart');
  });

  test('is cut between characters, not within one', () => {
    assert.equal(tabTitle('😀'.repeat(40)), '😀'.repeat(40));
    assert.equal(tabTitle('😀'.repeat(41)), `${'😀'.repeat(39)}…`);
  });

  test('shows what would turn the text around it by name', () => {
    assert.equal(tabTitle('invoice\u202efdp.exe'), 'invoice⟨U+202E⟩fdp.exe');
  });
});
