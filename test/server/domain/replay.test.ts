import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LockstepError } from '../../../server/domain/errors.ts';
import { replay } from '../../../server/domain/replay.ts';
import { fork } from '../../../server/domain/sessionFork.ts';
import * as state from '../../../server/domain/sessionState.ts';
import type { NewEvent, SessionState } from '../../../server/domain/sessionStep.ts';
import { MAX_JSON_BYTES } from '../../../server/protocol/json.ts';
import { MAX_ITERATIONS, MAX_TOOLS_USED } from '../../../server/protocol/session.ts';
import type { CallParamsOf } from '../../../server/protocol/method.ts';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionCalls } from './sessionCalls.ts';

const id = 'the-session';
const START = Date.UTC(2026, 0, 1);

function begin(more: Partial<CallParamsOf<typeof sessionsStart>> = {}) {
  const params = sessionsStart.params.parse({ task: 'Fix it', mode: 'developer', maxIterations: 3, ...more });
  return state.start(params, id, START);
}

describe('a history that is gone through again', () => {
  it('tells all that a session counts and knows, whatever was done with it', () => {
    fc.assert(
      fc.property(fc.array(sessionCalls(id), { maxLength: 60 }), (calls) => {
        const first = begin({ context: { phase: 'start' } });
        let current: SessionState = first;
        const events: NewEvent[] = [...first.events];
        for (const { decide } of calls) {
          try {
            const next = decide(current, START);
            events.push(...next.events);
            current = next;
          } catch (error) {
            if (!(error instanceof LockstepError)) throw error;
          }
        }
        const { session } = current;
        const replayed = replay(events);
        assert.deepEqual(
          {
            task: session.task,
            mode: session.mode,
            maxIterations: session.maxIterations,
            context: session.context,
            iterations: session.iterations,
            toolCalls: session.toolCalls,
            toolsUsed: session.toolsUsed,
            errors: session.errors,
            messages: session.messages,
            tokens: session.tokens,
            ...(session.costUsd === undefined ? {} : { costUsd: session.costUsd }),
            ...(session.model === undefined ? {} : { model: session.model }),
          },
          withoutStatus(replayed),
        );
        if (session.status !== 'failed') assert.equal(replayed.status, session.status);
      }),
    );
  });

  it('has no context where that was too large to stand beside the task', () => {
    const context = { text: 'x'.repeat(MAX_JSON_BYTES - 100) };
    const { events } = begin({ context, task: 'y'.repeat(1000) });
    assert.equal(replay(events).context, undefined);
    assert.deepEqual(replay(begin().events).context, {});
  });

  it('of an earlier build, whose first event has no context, leaves that unknown', () => {
    const replayed = replay([
      { type: 'start', data: { task: 'Fix it', mode: 'developer', maxIterations: 3 } },
      { type: 'update', data: { context: { phase: 'b' } } },
    ]);
    assert.equal(replayed.context, undefined);
    const { session } = begin({ context: { phase: 'b' } });
    assert.deepEqual(fork(session, replayed, 'fork', 2, START).session.context, { phase: 'b' });
  });

  it('counts to what a number holds exactly, and no further', () => {
    const usage = { input: 1, output: 0, cacheRead: 0, cacheWrite: 0, costUsd: 1e6 };
    const most = Number.MAX_SAFE_INTEGER;
    const { session, ...first } = begin();
    const full = {
      ...first,
      session: {
        ...session,
        messages: most,
        toolCalls: most,
        errors: most,
        tokens: { input: most, output: 0, cacheRead: 0, cacheWrite: 0, total: most },
        costUsd: Number.MAX_VALUE,
      },
    };
    for (const decide of [
      state.addMessage({ id, role: 'user', content: '', usage }),
      state.recordToolCall({ id, name: 'bash', input: 1, output: 1 }),
      state.addEvent({ id, type: 'error', data: {} }),
      state.fail({ id, error: 'no' }),
    ]) {
      const { messages, toolCalls, errors, tokens, costUsd } = decide(full, START).session;
      assert.deepEqual([messages, toolCalls, errors, tokens.input, tokens.total], Array(5).fill(most));
      assert.equal(costUsd, Number.MAX_VALUE);
    }
  });

  it('forks into a session whose budget is one that a session can have', () => {
    const events = Array.from({ length: MAX_ITERATIONS + 9 }, () => ({ type: 'iteration', data: {} }));
    const forked = fork(begin().session, replay(events), 'fork', events.length, START).session;
    assert.deepEqual([forked.iterations, forked.maxIterations], [MAX_ITERATIONS, MAX_ITERATIONS]);
  });

  it('names so many tools, and no more', () => {
    const names = Array.from({ length: MAX_TOOLS_USED + 2 }, (_, index) => `tool${index}`);
    const replayed = replay(names.map((name) => ({ type: 'tool_call', data: { name } })));
    assert.deepEqual(replayed.toolsUsed, names.slice(0, MAX_TOOLS_USED));
    assert.equal(replayed.toolCalls, names.length);
    const first = begin();
    const full = { ...first, session: { ...first.session, toolsUsed: names.slice(0, MAX_TOOLS_USED) } };
    const call = state.recordToolCall({ id, name: 'one more', input: 1, output: 1 });
    assert.equal(call(full, START).session.toolsUsed.length, MAX_TOOLS_USED);
  });

  it('is read whatever its data are', () => {
    const types = ['start', 'iteration', 'message', 'tool_call', 'error', 'update', 'resume', 'lost'];
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ type: fc.constantFrom(...types), data: fc.dictionary(fc.string(), fc.jsonValue()) }),
        ),
        (events) => {
          const { messages, iterations } = replay(events);
          assert.equal(messages, events.filter(({ type }) => type === 'message').length);
          assert.equal(iterations, events.filter(({ type }) => type === 'iteration').length);
        },
      ),
    );
  });
});

function withoutStatus({ status: _, ...rest }: ReturnType<typeof replay>) {
  return rest;
}
