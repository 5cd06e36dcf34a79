import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { read, shown } from './handMadeStreams.ts';

describe('the stream of pi', () => {
  const usage = (input: number, cost: number) => ({
    input,
    output: 1,
    cacheRead: 0,
    cacheWrite: 0,
    totalTokens: input + 1,
    cost: { input: 0, total: cost },
  });
  const message = (stopReason: string, content: object[], more: object = {}) => ({
    type: 'message_end',
    message: {
      role: 'assistant',
      content,
      provider: 'p',
      model: 'm',
      usage: usage(10, 0.25),
      stopReason,
      ...more,
    },
  });
  const lines = [
    { type: 'session', version: 3, id: 'p1', cwd: '/x' },
    { type: 'agent_start' },
    { type: 'turn_start' },
    { type: 'message_update', message: { role: 'assistant', content: [{ type: 'text', text: 'I lo' }] } },
    message('toolUse', [
      { type: 'thinking', thinking: 'Hm.' },
      { type: 'text', text: 'I look.' },
      { type: 'toolCall', id: 't1', name: 'ls', arguments: {} },
    ]),
    { type: 'tool_execution_start', toolCallId: 't1', toolName: 'ls', args: { path: '.' } },
    { type: 'tool_execution_update', toolCallId: 't1', toolName: 'ls', args: {}, partialResult: {} },
    { type: 'tool_execution_end', toolCallId: 't1', toolName: 'ls', result: { content: [] }, isError: false },
    { type: 'message_end', message: { role: 'toolResult', content: [] } },
  ];
  const agentEnd = { type: 'agent_end', messages: [] };

  it('goes by the ends, and sums up what each message took', () => {
    const { events, end } = read('pi', [
      ...lines,
      message('stop', [{ type: 'text', text: 'DONE' }]),
      agentEnd,
    ]);
    assert.deepEqual(shown(events), [
      'thought: Hm.',
      'assistant: I look.',
      ['begun', 't1', 'ls', { path: '.' }],
      ['done', 't1', 'ls', { path: '.' }, { content: [] }],
      'assistant: DONE',
    ]);
    assert.deepEqual(
      { ...end, events: undefined },
      {
        outcome: 'success',
        output: 'DONE',
        usage: {
          tokens: { input: 20, output: 2, cacheRead: 0, cacheWrite: 0, total: 22 },
          costUsd: 0.5,
          model: 'p/m',
        },
        sessionHandle: 'p1',
        events: undefined,
      },
    );
  });

  it('has failed where its last message says so, though it exits with 0', () => {
    const failed = message('error', [], { errorMessage: '400 bad' });
    const { end } = read('pi', [...lines, failed, agentEnd]);
    assert.deepEqual([end.outcome, end.message], ['error', '400 bad']);
    const again = [
      { type: 'auto_retry_start', attempt: 1, errorMessage: '400 bad' },
      { type: 'agent_start' },
    ];
    const after = read('pi', [failed, agentEnd, ...again, message('stop', []), agentEnd]).end;
    assert.equal(after.outcome, 'success');
  });

  it('tells the length of an answer as a limit, and an end in the middle as an error', () => {
    assert.equal(read('pi', [...lines, message('length', []), agentEnd]).end.outcome, 'limit');
    assert.equal(read('pi', lines).end.outcome, 'error');
    assert.equal(read('pi', [message('stop', [])]).end.outcome, 'error');
  });
});
