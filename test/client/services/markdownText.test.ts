import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { markdownBlock, markdownText } from '../../../client/services/markdownText.ts';

describe('text from outside in a page of markdown', () => {
  it('keeps what it says and loses what it would do', () => {
    assert.equal(markdownText('a | b\nc'), String.raw`a \| b c`);
    assert.equal(
      markdownText('[click](command:x) <img src=x> `code`'),
      String.raw`\[click\](command:x) \<img src=x\> \`code\``,
    );
    assert.ok(!markdownText('https://example.org').includes('://'));
    assert.match(markdownText('a\u202eb'), /U\+202E/);
  });

  it('cannot end the block that it stands in', () => {
    const block = markdownBlock('```\n# out\n````', 'text');
    assert.ok(block.startsWith('`````text\n') && block.endsWith('\n`````'));
  });
});
