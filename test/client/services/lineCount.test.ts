import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { countLines } from '../../../client/services/lineCount.ts';
import { tempFolder } from '../../support/tempFolder.ts';

describe('the lines of a file', () => {
  it('are those that hold something, the one without an end too', async (t) => {
    const file = join(await tempFolder(t), 'lines.jsonl');
    for (const [text, count] of [
      ['', 0],
      ['\n \r\n\t\n', 0],
      ['{}\n', 1],
      ['{}\n\n{}', 2],
      ['a\r\nb\r\n', 2],
    ] as const) {
      await writeFile(file, text);
      assert.equal(await countLines(file), count, JSON.stringify(text));
    }
  });

  it('are counted in a file that is larger than what is read of it at once', async (t) => {
    const file = join(await tempFolder(t), 'large.jsonl');
    await writeFile(file, `${'x'.repeat(99)}\n`.repeat(5000));
    assert.equal(await countLines(file), 5000);
  });
});
