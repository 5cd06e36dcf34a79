import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AgentEvent } from '../../../../../server/workflows/agents/agent.ts';
import { PRESETS, type Preset } from '../../../../../server/workflows/agents/presets.ts';
import type { StreamOutcome } from '../../../../../server/workflows/agents/streams/streamReader.ts';
import { STREAM_READERS } from '../../../../../server/workflows/agents/streams/streamReaders.ts';

/*
 * The streams here are made by hand, for what the recorded ones (presetRecordings.test.ts) do not hold: in the formats that
 * the agents' sources and documents tell of.
 */

interface Read {
  readonly events: readonly AgentEvent[];
  readonly end: StreamOutcome;
}

function read(
  preset: Preset,
  lines: readonly unknown[],
  { code, rest = '' }: { readonly code?: number; readonly rest?: string } = {},
): Read {
  const reader = STREAM_READERS[preset]();
  const events = lines.flatMap((line) =>
    reader.lines([typeof line === 'string' ? line : JSON.stringify(line)]),
  );
  const end = reader.end({ code, rest: rest === '' ? undefined : rest });
  return { events: [...events, ...(end.events ?? [])], end };
}

/** What a person sees of events: usage apart. */
function shown(events: readonly AgentEvent[]): unknown[] {
  return events.flatMap((event): unknown[] => {
    switch (event.type) {
      case 'message':
        return [`${event.role}: ${event.text}`];
      case 'toolCall':
        return [
          [event.status, event.callId, event.name, event.input, ...('output' in event ? [event.output] : [])],
        ];
      case 'notice':
      case 'raw':
        return [`${event.type}: ${event.text}`];
      default:
        return [];
    }
  });
}

const lastUsage = (events: readonly AgentEvent[]) => events.findLast((event) => event.type === 'usage');

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

describe('the stream of codex', () => {
  const start = [{ type: 'thread.started', thread_id: 'th1' }, { type: 'turn.started' }];
  const item = (stage: string, item: object) => ({ type: `item.${stage}`, item: { id: 'i1', ...item } });
  const command = { type: 'command_execution', command: 'ls', aggregated_output: '', exit_code: null };
  const done = {
    type: 'turn.completed',
    usage: { input_tokens: 100, cached_input_tokens: 40, output_tokens: 10, reasoning_output_tokens: 3 },
  };

  it('tells thoughts, messages, calls, plans and usage, and is through with its turn', () => {
    const { events, end } = read('codex', [
      ...start,
      item('completed', { type: 'reasoning', text: 'Hm.' }),
      item('started', { ...command, status: 'in_progress' }),
      item('completed', { ...command, aggregated_output: 'a.ts', exit_code: 0, status: 'completed' }),
      item('completed', { type: 'file_change', changes: [{ path: 'a', kind: 'add' }], status: 'failed' }),
      item('updated', { type: 'todo_list', items: [{ text: 'one', completed: true }, { text: 'two' }] }),
      item('completed', { type: 'agent_message', text: 'DONE' }),
      done,
    ]);
    assert.deepEqual(shown(events), [
      'thought: Hm.',
      ['begun', 'i1', 'command_execution', { command: 'ls' }],
      ['done', 'i1', 'command_execution', { command: 'ls' }, { aggregated_output: 'a.ts', exit_code: 0 }],
      ['failed', 'i1', 'file_change', { changes: [{ path: 'a', kind: 'add' }] }, {}],
      'notice: [x] one\n[ ] two',
      'assistant: DONE',
    ]);
    assert.equal(end.outcome, 'success');
    assert.equal(end.output, 'DONE');
    assert.equal(end.sessionHandle, 'th1');
    assert.deepEqual(end.usage?.tokens, { input: 60, output: 10, cacheRead: 40, cacheWrite: 0, total: 110 });
  });

  it('has failed with its turn, though it exits with 0', () => {
    const { end } = read('codex', [...start, { type: 'turn.failed', error: { message: 'HTTP 400' } }]);
    assert.deepEqual([end.outcome, end.message], ['error', 'HTTP 400']);
  });

  it('gets over errors before the end of its turn, and tells each once', () => {
    const again = { type: 'error', message: 'Reconnecting... 1/5' };
    const { events, end } = read('codex', [...start, again, again, done]);
    assert.deepEqual(shown(events), ['notice: Reconnecting... 1/5']);
    assert.equal(end.outcome, 'success');
    assert.equal(read('codex', [...start, again]).end.outcome, 'error');
  });

  it('is an error where it was cancelled in the middle', () => {
    assert.equal(read('codex', start).end.outcome, 'error');
  });
});

describe('the stream of gemini', () => {
  const said = (content: string) => ({ type: 'message', role: 'assistant', content, delta: true });
  const lines = [
    { type: 'init', session_id: 'g1', model: 'gemini-x' },
    { type: 'message', role: 'user', content: 'Do it.' },
    said('I '),
    said('look.'),
    { type: 'tool_use', tool_name: 'ls', tool_id: 't1', parameters: { path: '.' } },
    { type: 'tool_result', tool_id: 't1', status: 'error', error: { type: 'x', message: 'not there' } },
    said('DO'),
    said('NE'),
  ];
  const result = {
    type: 'result',
    status: 'success',
    stats: { total_tokens: 120, input_tokens: 100, output_tokens: 10, cached: 30, tool_calls: 1 },
  };

  it('puts its words together to messages, the last of which is the answer', () => {
    const { events, end } = read('gemini', [...lines, result]);
    assert.deepEqual(shown(events), [
      'assistant: I look.',
      ['begun', 't1', 'ls', { path: '.' }],
      ['failed', 't1', 'ls', { path: '.' }, 'not there'],
      'assistant: DONE',
    ]);
    assert.equal(end.outcome, 'success');
    assert.equal(end.output, 'DONE');
    assert.equal(end.sessionHandle, 'g1');
    assert.deepEqual(end.usage, {
      tokens: { input: 70, output: 10, cacheRead: 30, cacheWrite: 0, total: 120 },
      model: 'gemini-x',
    });
  });

  it('tells what it had begun to say where it was cancelled', () => {
    const { events, end } = read('gemini', lines);
    assert.equal(shown(events).at(-1), 'assistant: DONE');
    assert.equal(end.outcome, 'error');
  });

  it('tells its limit of turns by the error or by the exit code, and other errors as such', () => {
    const failed = (type: string) => ({ type: 'result', status: 'error', error: { type, message: 'oh' } });
    assert.equal(read('gemini', [failed('FatalTurnLimitedError')]).end.outcome, 'limit');
    assert.equal(read('gemini', lines, { code: 53 }).end.outcome, 'limit');
    const { outcome, message } = read('gemini', [failed('ApiError')], { code: 144 }).end;
    assert.deepEqual([outcome, message], ['error', 'oh']);
  });
});

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

describe('the stream of opencode', () => {
  const line = (type: string, more: object) => ({ type, timestamp: 1, sessionID: 'ses_1', ...more });
  const finish = (reason: string) =>
    line('step_finish', {
      part: {
        reason,
        cost: 0.1,
        tokens: { input: 5, output: 2, reasoning: 1, cache: { read: 3, write: 0 } },
      },
    });
  const tool = (status: string, more: object) =>
    line('tool_use', {
      part: { tool: 'bash', callID: 'c1', state: { status, input: { command: 'ls' }, ...more } },
    });
  const said = (text: string) => line('text', { part: { text } });

  it('tells messages and calls, and sums up what each step took', () => {
    const { events, end } = read('opencode', [
      line('step_start', { part: {} }),
      tool('completed', { output: 'a.ts' }),
      tool('error', { error: 'no' }),
      finish('tool-calls'),
      line('step_start', { part: {} }),
      line('reasoning', { part: { text: 'Hm.' } }),
      said('DONE'),
      finish('stop'),
    ]);
    assert.deepEqual(shown(events), [
      ['done', 'c1', 'bash', { command: 'ls' }, 'a.ts'],
      ['failed', 'c1', 'bash', { command: 'ls' }, 'no'],
      'thought: Hm.',
      'assistant: DONE',
    ]);
    assert.equal(end.outcome, 'success');
    assert.equal(end.output, 'DONE');
    assert.equal(end.sessionHandle, 'ses_1');
    assert.deepEqual(end.usage, {
      tokens: { input: 10, output: 6, cacheRead: 6, cacheWrite: 0, total: 22 },
      costUsd: 0.2,
    });
  });

  it('has failed with an error, unless it got over it', () => {
    const error = line('error', { error: { name: 'APIError', data: { message: 'HTTP 400' } } });
    const { end } = read('opencode', [error]);
    assert.deepEqual([end.outcome, end.message], ['error', 'HTTP 400']);
    assert.equal(read('opencode', [error, finish('stop')]).end.outcome, 'success');
    assert.equal(read('opencode', [finish('length')]).end.outcome, 'limit');
    assert.equal(read('opencode', [finish('tool-calls')]).end.outcome, 'error');
  });
});

describe('a stream of any agent', () => {
  it('has calls without an input or an output, too', () => {
    const begun = { type: 'assistant', message: { content: [{ type: 'tool_use', id: 't1', name: 'Now' }] } };
    const done = { type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 't1' }] } };
    assert.deepEqual(shown(read('claude', [begun, done]).events), [
      ['begun', 't1', 'Now', null],
      ['done', 't1', 'Now', null, null],
    ]);
    const pi = [
      { type: 'tool_execution_start', toolCallId: 't1', toolName: 'now' },
      { type: 'tool_execution_end', toolCallId: 't1' },
    ];
    assert.deepEqual(shown(read('pi', pi).events), [
      ['begun', 't1', 'now', null],
      ['done', 't1', 'now', null, null],
    ]);
    const gemini = [{ type: 'tool_use', tool_name: 'now', tool_id: 't1' }];
    assert.deepEqual(shown(read('gemini', gemini).events), [['begun', 't1', 'now', null]]);
  });

  for (const preset of PRESETS) {
    it(`shows what it does not understand as it is (${preset})`, () => {
      const odd = ['npm warn', '[1]', '{"type":"from a later version"}', '{"type":5}', ''];
      const { events, end } = read(preset, odd, { rest: '{"ha' });
      assert.deepEqual(
        shown(events),
        [...odd.slice(0, 4), '{"ha'].map((line) => `raw: ${line}`),
      );
      assert.equal(end.outcome, 'error');
    });

    it(`never throws, and gives tokens and texts that can be kept (${preset})`, () => {
      const types =
        'system assistant user result init message tool_use tool_result error text step_start step_finish session message_end agent_end tool_execution_start tool_execution_end thread.started item.started item.completed turn.completed turn.failed'.split(
          ' ',
        );
      const keys =
        'type message content usage item part state error id text role tokens input_tokens tool_use_id tool_id toolCallId stats cost total __proto__ status'.split(
          ' ',
        );
      const words = fc.constantFrom(...types, 'thinking', 'success', 'completed', 'stop', 'length');
      const leaf = fc.oneof(
        words,
        fc.string(),
        fc.double(),
        fc.constant(1e308),
        fc.boolean(),
        fc.constant(null),
      );
      const { tree } = fc.letrec((tie) => ({
        tree: fc.oneof(
          { maxDepth: 4 },
          leaf,
          fc.array(tie('tree'), { maxLength: 3 }),
          fc.dictionary(fc.constantFrom(...keys), tie('tree'), { maxKeys: 5 }),
        ),
      }));
      const line = fc.oneof(
        fc.string(),
        fc.json(),
        fc
          .tuple(fc.constantFrom(...types), fc.dictionary(fc.constantFrom(...keys), tree, { maxKeys: 5 }))
          .map(([type, rest]) => JSON.stringify({ ...rest, type })),
      );
      const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
      fc.assert(
        fc.property(fc.array(line, { maxLength: 20 }), fc.option(line, { nil: undefined }), (lines, rest) => {
          const reader = STREAM_READERS[preset]();
          const events = [...reader.lines(lines)];
          const end = reader.end({ code: 0, rest });
          events.push(...(end.events ?? []));
          for (const event of events) {
            if (event.type === 'usage' && event.tokens) assert.ok(Object.values(event.tokens).every(isCount));
            if ('text' in event) assert.equal(typeof event.text, 'string');
          }
          assert.equal(end.message === undefined, end.outcome === 'success');
        }),
        { numRuns: 500 },
      );
    });

    it(`never throws at lines that are nested without end (${preset})`, () => {
      const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
      for (const line of [
        `{"type":"assistant","message":{"content":[${deep}]}}`,
        `{"type":"message_end","message":{"role":"assistant","content":[${deep}]}}`,
        `{"type":"item.completed","item":{"id":"1","type":"x","result":${deep}}}`,
        `{"type":"tool_use","tool_name":"x","tool_id":"1","parameters":${deep}}`,
      ])
        assert.doesNotThrow(() => read(preset, [line]));
    });
  }
});
