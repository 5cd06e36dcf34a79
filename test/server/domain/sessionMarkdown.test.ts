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

  it('indents only values that stay small by it', () => {
    const other = (data: unknown) => itemMarkdown({ id: '1', position: 0, kind: 'other', type: 't', data });
    assert.match(other({ a: 1 }), /\{\n  "a": 1\n\}/);
    let deep: unknown = Array.from({ length: 1000 }, () => ['x']);
    for (let depth = 0; depth < 150; depth += 1) deep = [deep];
    assert.ok(other(deep).length < JSON.stringify(deep).length + 100);
  });

  it('names the call of a result that stands by itself', () => {
    const result = { output: 'done', isError: false };
    const text = itemMarkdown({ id: '1', position: 0, kind: 'tool_result', callId: 'toolu_7', result });
    assert.match(text, /^\n### Result of the tool call toolu\\_7\n/);
  });

  it('says of a tool call how it ended, and that there are pictures', () => {
    const images = [
      { position: 4, index: 0 },
      { position: 4, index: 1 },
    ];
    const base = { id: '1', position: 0, kind: 'tool_call', name: 'shot' } as const;
    assert.equal(
      itemMarkdown({ ...base, result: { output: 'no display', isError: true, exitCode: 3, images } }),
      '\n### Tool: shot (failed)\n\n```\nno display\n```\n\nExit code 3\n\n_2 pictures_\n',
    );
    assert.equal(
      itemMarkdown({
        ...base,
        result: { output: '', isError: false, exitCode: 0, images: images.slice(1) },
      }),
      '\n### Tool: shot\n\n_1 picture_\n',
    );
    assert.equal(
      itemMarkdown({ id: '1', position: 0, kind: 'message', role: 'user', text: 'See', images }),
      '\n### User\n\nSee\n\n_2 pictures_\n',
    );
  });
});
