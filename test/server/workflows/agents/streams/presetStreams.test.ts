import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PRESETS } from '../../../../../server/workflows/agents/presets.ts';
import { STREAM_READERS } from '../../../../../server/workflows/agents/streams/streamReaders.ts';
import { read, shown } from './handMadeStreams.ts';

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
