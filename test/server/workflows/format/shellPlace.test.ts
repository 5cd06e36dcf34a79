import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ShellPlace } from '../../../../server/workflows/format/shellPlace.ts';

function after(line: string): ShellPlace {
  const place = new ShellPlace();
  for (const char of line) place.read(char);
  return place;
}

describe('a place of a command line', () => {
  test('is within what was opened last and is not closed', () => {
    for (const [line, within] of [
      ['', undefined],
      [`echo "a'b`, '"'],
      [`echo 'a"b\\`, "'"],
      [`echo "a$(b`, '('],
      [`echo "a(b`, '"'],
      [`echo "a$(b 'c)"`, "'"],
      [`echo "a$(b 'c)')`, '"'],
      ['echo `a "b"', '`'],
      ['echo `a` (b', '('],
      [`echo "a\\"b`, '"'],
      [`echo "a\\$(b`, '"'],
      [`echo 'a' "b" (c) \\" \\'`, undefined],
      ['echo ) )', undefined],
    ] as const)
      assert.equal(after(line).within, within, line);
  });

  test('is a comment behind a # at the beginning of a word, up to the end of the line', () => {
    for (const line of ['#', 'a #b', 'a;#', "a\n# it's", '$( #', 'a \\\n#'])
      assert.equal(after(line).isComment, true, line);
    for (const line of ['a#', '"#', '" #', "' #", '$#', '\\#', 'a\\ #', '#\n', "# it's\n", "'a'#", 'a\\\n#'])
      assert.equal(after(line).isComment, false, line);
    assert.equal(after(`# it's "\n`).within, undefined);
  });

  test('is escaped behind a backslash, but in single quotes and behind another', () => {
    assert.equal(after('a\\').isEscaped, true);
    assert.equal(after('"\\').isEscaped, true);
    for (const line of ['a\\\\', "'\\", '# \\']) assert.equal(after(line).isEscaped, false, line);
  });

  test('goes on behind a word that it was not shown', () => {
    const place = after('a \\');
    place.pass();
    assert.equal(place.isEscaped, false);
    assert.equal(place.read('#'), undefined);
    assert.equal(place.isComment, false);
    assert.deepEqual([place.read('"'), place.read('"')], ['opens', 'closes']);
  });
});
