import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lastUsage, read, shown } from './handMadeStreams.ts';

describe('the stream of claude', () => {
  const init = { type: 'system', subtype: 'init', session_id: 's1', model: 'claude-x', tools: [] };
  const assistant = (id: string, content: object[], usage?: object, parent: string | null = null) => ({
    type: 'assistant',
    parent_tool_use_id: parent,
    session_id: 's1',
    message: { id, role: 'assistant', model: 'claude-x', content, usage },
  });
  const success = [
    init,
    assistant('m1', [{ type: 'thinking', thinking: 'Hm.', signature: 'x' }], {
      input_tokens: 10,
      output_tokens: 5,
    }),
    assistant('m1', [{ type: 'text', text: 'I look.' }], { input_tokens: 10, output_tokens: 5 }),
    assistant('m1', [{ type: 'tool_use', id: 't1', name: 'Bash', input: { command: 'ls' } }], {
      input_tokens: 10,
      output_tokens: 5,
    }),
    {
      type: 'user',
      message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'a.ts' }] },
    },
    assistant('m2', [{ type: 'text', text: 'DONE' }], {
      input_tokens: 20,
      output_tokens: 1,
      cache_read_input_tokens: 4,
    }),
  ];
  const result = {
    type: 'result',
    subtype: 'success',
    is_error: false,
    result: 'DONE',
    session_id: 's1',
    total_cost_usd: 0.5,
    usage: { input_tokens: 30, output_tokens: 6, cache_read_input_tokens: 4 },
  };

  it('tells thoughts, messages and calls, and counts the usage of a message once', () => {
    const { events, end } = read('claude', success);
    assert.deepEqual(shown(events), [
      'thought: Hm.',
      'assistant: I look.',
      ['begun', 't1', 'Bash', { command: 'ls' }],
      ['done', 't1', 'Bash', { command: 'ls' }, 'a.ts'],
      'assistant: DONE',
    ]);
    assert.deepEqual(lastUsage(events), {
      type: 'usage',
      tokens: { input: 30, output: 6, cacheRead: 4, cacheWrite: 0, total: 40 },
      model: 'claude-x',
    });
    assert.equal(end.outcome, 'error');
    assert.match(end.message ?? '', /ends before it said/);
  });

  it('has its outcome, cost and session from the result', () => {
    const { end } = read('claude', [...success, result]);
    assert.deepEqual(
      { ...end, events: undefined },
      {
        outcome: 'success',
        output: 'DONE',
        usage: {
          tokens: { input: 30, output: 6, cacheRead: 4, cacheWrite: 0, total: 40 },
          costUsd: 0.5,
          model: 'claude-x',
        },
        sessionHandle: 's1',
        events: undefined,
      },
    );
  });

  it('tells a limit from an error, and an error that calls itself a success', () => {
    const ends = [
      { ...result, subtype: 'error_max_turns', result: undefined },
      { ...result, subtype: 'error_max_budget_usd', is_error: true },
      { ...result, subtype: 'error_during_execution', result: undefined, errors: ['broken', 7] },
      { ...result, is_error: true, result: 'API Error: 500' },
    ].map((result) => read('claude', [init, result]).end);
    assert.deepEqual(
      ends.map(({ outcome, message }) => [outcome, message]),
      [
        ['limit', 'The agent reached its limit of turns.'],
        ['limit', 'The agent reached its limit of cost.'],
        ['error', 'broken'],
        ['error', 'API Error: 500'],
      ],
    );
  });

  it('takes the words of an agent that it has started for thoughts, and never for the answer', () => {
    const { events, end } = read('claude', [
      ...success,
      assistant('m3', [{ type: 'text', text: 'I am below.' }], undefined, 't9'),
      { ...result, result: undefined },
    ]);
    assert.equal(shown(events).at(-1), 'thought: I am below.');
    assert.equal(end.output, 'DONE');
  });
});
