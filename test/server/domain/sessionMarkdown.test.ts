import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { itemMarkdown } from '../../../server/domain/sessionMarkdown.ts';

describe('a session as markdown', () => {
  it('fences any text, also one with more runs of backticks than a call takes arguments', () => {
    const output = `${'` '.repeat(400_000)}\`\`\`\`\``;
    const text = itemMarkdown({
      id: '1',
      position: 0,
      kind: 'tool_result',
      callId: '1',
      result: { output, isError: false },
    });
    assert.ok(text.includes(`\n\`\`\`\`\`\`\n${output}\n\`\`\`\`\`\`\n`));
  });
});
