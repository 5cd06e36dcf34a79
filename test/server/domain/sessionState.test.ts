import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LockstepError } from '../../../server/domain/errors.ts';
import * as state from '../../../server/domain/sessionState.ts';
import type { Decide, NewEvent, SessionState } from '../../../server/domain/sessionState.ts';
import {
  MAX_ITERATIONS,
  session as sessionSchema,
  type SessionStatus,
} from '../../../server/protocol/session.ts';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';

const id = 'the-session';
const START = Date.UTC(2026, 0, 1);

function begin(maxIterations: number) {
  return state.start(
    sessionsStart.params.parse({ task: 'Fix the tests', mode: 'developer', maxIterations }),
    id,
    START,
  );
}

/** Every call that can be made on a session, with what it is allowed from. */
const calls: fc.Arbitrary<{ name: string; decide: Decide }> = fc.oneof(
  fc.record({ name: fc.constant('iterate'), decide: fc.constant(state.iterate({ id, data: {} })) }),
  fc.record({ name: fc.constant('endIteration'), decide: fc.constant(state.endIteration({ id, data: {} })) }),
  fc.record({ name: fc.constant('pause'), decide: fc.constant(state.pause({ id })) }),
  fc
    .option(fc.integer({ min: 1, max: 5 }), { nil: undefined })
    .map((addIterations) => ({ name: 'resume', decide: state.resume({ id, addIterations }) })),
  fc.record({ name: fc.constant('complete'), decide: fc.constant(state.complete({ id, result: 'done' })) }),
  fc.record({ name: fc.constant('fail'), decide: fc.constant(state.fail({ id, error: 'broken' })) }),
  fc
    .option(fc.integer({ min: 1, max: 5 }), { nil: undefined })
    .map((addIterations) => ({ name: 'update', decide: state.update({ id, addIterations, title: 'New' }) })),
  fc.record({ name: fc.constant('archive'), decide: fc.constant(state.archive) }),
  fc.record({ name: fc.constant('unarchive'), decide: fc.constant(state.unarchive) }),
  fc.record({
    name: fc.constant('updateContext'),
    decide: fc.constant(state.updateContext({ id, patch: { phase: 'test' } })),
  }),
  fc.record({
    name: fc.constant('recordToolCall'),
    decide: fc.constant(state.recordToolCall({ id, name: 'bash', input: {}, output: 'ok' })),
  }),
  fc.record({
    name: fc.constant('addMessage'),
    decide: fc.constant(state.addMessage({ id, role: 'user', content: 'Hello' })),
  }),
  fc.record({
    name: fc.constant('addEvent'),
    decide: fc.constant(state.addEvent({ id, type: 'error', data: {} })),
  }),
);

const TRANSITIONS: Readonly<Record<SessionStatus, readonly SessionStatus[]>> = {
  active: ['active', 'paused', 'timeout', 'completed', 'failed'],
  paused: ['paused', 'active', 'completed', 'failed'],
  timeout: ['timeout', 'paused', 'active', 'completed', 'failed'],
  completed: ['completed'],
  failed: ['failed'],
};

describe('session state machine', () => {
  it('keeps its invariants over any sequence of calls, whatever the clock does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.record({ call: calls, elapsed: fc.integer({ min: -1000, max: 1000 }) }), {
          maxLength: 60,
        }),
        (maxIterations, steps) => {
          let current: SessionState = begin(maxIterations);
          const history: NewEvent[] = [...begin(maxIterations).events];
          let now = START;
          for (const { call, elapsed } of steps) {
            now += elapsed;
            const before = current;
            const frozen = JSON.stringify(before);
            try {
              const step = call.decide(before, now);
              history.push(...step.events);
              current = step;
            } catch (error) {
              assert.ok(error instanceof LockstepError, `${call.name} threw ${String(error)}`);
              assert.ok(['ILLEGAL_TRANSITION', 'ITERATION_LIMIT'].includes(error.code), error.code);
            }
            assert.equal(
              JSON.stringify(before),
              frozen,
              'a step must not change the state that it was given',
            );
            const { session } = current;
            const count = (type: string) => history.filter((event) => event.type === type).length;
            sessionSchema.parse(session);
            assert.ok(TRANSITIONS[before.session.status].includes(session.status));
            assert.ok(session.iterations <= session.maxIterations);
            assert.ok(session.maxIterations >= before.session.maxIterations);
            assert.equal(session.iterations, count('iteration'));
            assert.equal(session.toolCalls, count('tool_call'));
            assert.equal(session.messages, count('message'));
            assert.equal(session.errors, count('error'));
            assert.equal(session.endedAt !== undefined, ['completed', 'failed'].includes(session.status));
            assert.ok(
              session.updatedAt >= before.session.updatedAt,
              'time never runs backwards in a history',
            );
            if (current.iterationOpen) assert.notEqual(session.status, 'completed');
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuses every change of status, and every record, once a session has ended', () => {
    fc.assert(
      fc.property(calls, fc.boolean(), (call, failed) => {
        const end = failed ? state.fail({ id, error: 'broken' }) : state.complete({ id });
        const ended = end(begin(3), START);
        if (['update', 'archive', 'unarchive'].includes(call.name)) {
          assert.equal(call.decide(ended, START).session.status, ended.session.status);
        } else {
          assert.throws(() => call.decide(ended, START), { code: 'ILLEGAL_TRANSITION' });
        }
      }),
    );
  });

  it('charges an iteration as it begins, so that an interrupted one stays charged', () => {
    const first = state.iterate({ id, data: {} })(begin(3), START);
    const second = state.iterate({ id, data: {} })(first, START);
    assert.equal(second.session.iterations, 2);
    assert.equal(second.iterationOpen, true);
  });

  it('ends an iteration once', () => {
    const open = state.iterate({ id, data: {} })(begin(3), START);
    const ended = state.endIteration({ id, outcome: 'ok', data: { files: 2 } })(open, START);
    assert.deepEqual(ended.events, [{ type: 'iteration_end', data: { files: 2, outcome: 'ok' } }]);
    assert.throws(() => state.endIteration({ id, data: {} })(ended, START), { code: 'ILLEGAL_TRANSITION' });
  });

  it('names from, to and what is allowed when it refuses a transition', () => {
    const ended = state.complete({ id })(begin(1), START);
    assert.throws(
      () => state.pause({ id })(ended, START),
      (error: unknown) => {
        assert.ok(error instanceof LockstepError);
        assert.match(error.message, /completed.*active or timeout/);
        assert.deepEqual(error.details['from'], 'completed');
        assert.deepEqual(error.details['to'], 'paused');
        assert.deepEqual(error.details['allowedFrom'], ['active', 'timeout']);
        return true;
      },
    );
  });

  it('offers to continue where the limit is reached, with a call that works', () => {
    const used = state.iterate({ id, data: {} })(begin(1), START);
    const timedOut = state.iterate({ id, data: {} })(used, START);
    assert.equal(timedOut.session.status, 'timeout');
    try {
      state.resume({ id })(timedOut, START);
      assert.fail('resumed without budget');
    } catch (error) {
      assert.ok(error instanceof LockstepError);
      const action = error.actions[0];
      assert.ok(action?.kind === 'command');
      assert.equal(action.method, 'sessions.resume');
      const resumed = state.resume({ id, addIterations: Number(action.params['addIterations']) })(
        timedOut,
        START,
      );
      assert.deepEqual([resumed.session.status, resumed.session.maxIterations], ['active', 11]);
    }
  });

  it('refuses more iterations than the largest budget', () => {
    assert.throws(() => state.update({ id, addIterations: MAX_ITERATIONS })(begin(1), START), {
      code: 'INVALID_PARAMS',
    });
  });

  it('refuses a context that grows over 1 MiB, patch by patch', () => {
    const half = state.updateContext({ id, patch: { a: 'x'.repeat(600_000) } })(begin(1), START);
    assert.throws(() => state.updateContext({ id, patch: { b: 'x'.repeat(600_000) } })(half, START), {
      code: 'INVALID_PARAMS',
    });
  });

  it('takes the first line of the task as title, cut at 120 characters and never inside one', () => {
    const title = (task: string) =>
      state.start(sessionsStart.params.parse({ task, mode: 'm' }), id, START).session.title;
    assert.equal(title('\n  Fix   the login \nand more'), 'Fix the login');
    assert.equal(title('   '), 'Untitled session');
    const long = title('🙂'.repeat(200));
    assert.equal(Array.from(long).length, 120);
    assert.ok(long.isWellFormed());
  });

  it('adds up tokens and cost over messages', () => {
    const usage = { input: 10, output: 5, cacheRead: 2, cacheWrite: 1, costUsd: 0.25, model: 'some-model' };
    const once = state.addMessage({ id, role: 'assistant', content: 'a', usage })(begin(1), START);
    const { session } = state.addMessage({ id, role: 'assistant', content: 'b', usage })(once, START);
    assert.deepEqual(session.tokens, { input: 20, output: 10, cacheRead: 4, cacheWrite: 2, total: 36 });
    assert.deepEqual([session.costUsd, session.model], [0.5, 'some-model']);
  });
});
