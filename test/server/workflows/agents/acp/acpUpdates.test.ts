import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AcpUpdates } from '../../../../../server/workflows/agents/acp/acpUpdates.ts';
import { MAX_EVENT_TEXT, MAX_OUTPUT_TEXT } from '../../../../../server/workflows/agents/agent.ts';

const chunk = (text: string, more: object = {}) => ({
  update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text }, ...more },
});

describe('the updates of an ACP agent', () => {
  it('are never thrown at, whatever they are, and leave a usage that can be kept', () => {
    const kinds = fc.constantFrom(
      'agent_message_chunk',
      'agent_thought_chunk',
      'tool_call',
      'tool_call_update',
      'plan',
      'usage_update',
      'notice',
      'current_mode_update',
      'available_commands_update',
      'constructor',
    );
    const keys = fc.constantFrom(
      'content',
      'toolCallId',
      'status',
      'used',
      'cost',
      'entries',
      'amount',
      'type',
      'title',
    );
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('completed', 'text', 1e308, -1, 0.5), kinds);
    const update = fc
      .tuple(kinds, fc.dictionary(keys, fc.oneof(value, fc.dictionary(keys, value), fc.array(value))))
      .map(([sessionUpdate, rest]) => ({ update: { ...rest, sessionUpdate } }));
    fc.assert(
      fc.property(fc.array(fc.oneof(update, fc.anything()), { maxLength: 20 }), (all) => {
        const updates = new AcpUpdates();
        updates.begin();
        for (const one of all) updates.take(one);
        updates.takePromptUsage(all[0]);
        updates.end();
        const { tokens, costUsd = 0 } = updates.usage ?? {};
        assert.ok(
          tokens === undefined || Object.values(tokens).every((count) => Number.isSafeInteger(count)),
        );
        assert.ok(costUsd >= 0);
      }),
      { numRuns: 1_000 },
    );
  });

  it('begin a new message where its id changes, and go on with it over a report of usage', () => {
    const updates = new AcpUpdates();
    const usage = { update: { sessionUpdate: 'usage_update', used: 1, size: 2 } };
    const events = [
      chunk('a', { messageId: '1' }),
      usage,
      chunk('b', { messageId: '1' }),
      chunk('c', { messageId: '2' }),
    ].flatMap((update) => updates.take(update));
    events.push(...updates.end());
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'message' ? [event.text] : [])),
      ['ab', 'c'],
    );
    assert.equal(updates.answer.output, 'c');
  });

  it('are told in pieces where a message has no end, and only its tail is kept', () => {
    const updates = new AcpUpdates();
    let told = 0;
    for (let at = 0; at < 5_000; at++)
      for (const event of updates.take(chunk('0123456789'.repeat(100))))
        if (event.type === 'message') {
          assert.ok(event.text.length < MAX_EVENT_TEXT + 1_000);
          told += event.text.length;
        }
    assert.ok(told > 4_000_000);
    assert.equal(updates.answer.output.length, MAX_OUTPUT_TEXT);
    assert.equal(updates.answer.truncated, true);
  });
});
