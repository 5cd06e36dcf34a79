import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_OUTPUT_TEXT } from '../../../../../server/workflows/agents/agent.ts';
import { TextStream } from '../../../../../server/workflows/agents/streams/textStream.ts';

describe('a stream of text', () => {
  it('is the answer, without the line ends at its end', () => {
    const stream = new TextStream();
    assert.deepEqual(stream.lines(['a', '', 'b']), [
      { type: 'message', role: 'assistant', text: 'a\n\nb\n' },
    ]);
    const said = stream.end({ code: 0, rest: 'c' });
    assert.equal(said.output, 'a\n\nb\nc');
    assert.equal(said.truncated, undefined);
    assert.deepEqual(said.events, [{ type: 'message', role: 'assistant', text: 'c' }]);
  });

  it('keeps the end of a long answer, and says that it was cut', () => {
    const stream = new TextStream();
    for (let n = 0; n < 100_000; n += 1) stream.lines([`${n} 🦊`]);
    const { output, truncated } = stream.end({ code: 0, rest: undefined });
    assert.equal(truncated, true);
    assert.ok(output.endsWith('\n99999 🦊') && output.isWellFormed());
    assert.ok(output.length <= MAX_OUTPUT_TEXT && output.length > MAX_OUTPUT_TEXT - 2);
  });

  it('has succeeded with exit code 0 alone', () => {
    for (const code of [1, 255, undefined])
      assert.equal(new TextStream().end({ code, rest: undefined }).outcome, 'error');
    assert.equal(new TextStream().end({ code: 0, rest: undefined }).outcome, 'success');
  });
});
