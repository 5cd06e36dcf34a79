import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_EVENT_TEXT } from '../../../../server/workflows/agents/agent.ts';
import { boundedCall } from '../../../../server/workflows/agents/boundedCall.ts';

const call = (input: unknown, output?: unknown) =>
  boundedCall({
    type: 'toolCall',
    callId: 'c1',
    name: 'x',
    status: 'done',
    input,
    ...(output === undefined ? {} : { output }),
  });

describe('a tool call that is to be kept', () => {
  it('stays as it is where it can be', () => {
    assert.deepEqual(call({ a: [1, null] }), {
      type: 'toolCall',
      callId: 'c1',
      name: 'x',
      status: 'done',
      input: { a: [1, null] },
    });
  });

  it('has the beginning of what is too long, and says how much is missing', () => {
    const { input, output } = call('x'.repeat(MAX_EVENT_TEXT + 5), { a: 'y'.repeat(MAX_EVENT_TEXT) });
    assert.match(String(input), /^x+ \[5 more characters were not kept\]$/);
    assert.match(String(output), /^\{"a":"y+ \[8 more characters were not kept\]$/);
  });

  it('says so where it is nested too deeply', () => {
    let deep: unknown = 1;
    for (let at = 0; at < 50_000; at++) deep = [deep];
    assert.match(String(call(deep).input), /too deeply/);
  });
});
