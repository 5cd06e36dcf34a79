import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LockstepError } from '../../../server/domain/errors.ts';
import { replay } from '../../../server/domain/replay.ts';
import * as state from '../../../server/domain/sessionState.ts';
import type { NewEvent, SessionState } from '../../../server/domain/sessionState.ts';
import { MAX_JSON_BYTES } from '../../../server/protocol/json.ts';
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
    assert.equal(replay(begin().events).context?.['text'], undefined);
    assert.deepEqual(replay(begin().events).context, {});
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
