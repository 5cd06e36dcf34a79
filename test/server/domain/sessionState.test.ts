import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LockstepError } from '../../../server/domain/errors.ts';
import * as state from '../../../server/domain/sessionState.ts';
import type { NewEvent, SessionState } from '../../../server/domain/sessionStep.ts';
import {
  MAX_ITERATIONS,
  session as sessionSchema,
  type SessionStatus,
} from '../../../server/protocol/session.ts';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionCalls } from './sessionCalls.ts';

const id = 'the-session';
const calls = sessionCalls(id);
const START = Date.UTC(2026, 0, 1);

function begin(maxIterations: number) {
  return state.start(
    sessionsStart.params.parse({ task: 'Fix the tests', mode: 'developer', maxIterations }),
    id,
    START,
  );
}

const TRANSITIONS: Readonly<Record<SessionStatus, readonly SessionStatus[]>> = {
  active: ['active', 'paused', 'timeout', 'completed', 'failed'],
  paused: ['paused', 'active', 'completed', 'failed'],
  timeout: ['timeout', 'paused', 'active', 'completed', 'failed'],
  completed: ['completed'],
  failed: ['failed'],
};

/** Calls as they are made, by the holder of a lease or not, by whoever proved the holder dead, and the lease's end. */
const moves = fc.oneof(
  { weight: 8, arbitrary: calls },
  {
    weight: 2,
    arbitrary: calls.map(({ name, decide }) => ({
      name: `${name}, in place of the dead`,
      decide: state.inPlaceOfTheDead(decide),
    })),
  },
  {
    weight: 1,
    arbitrary: fc.constant({ name: 'settlePause', decide: state.settlePause }),
  },
);

/** Whether calls may leave a pause to somebody who drives the session. */
const isLeased = fc.boolean();

describe('session state machine', () => {
  it('keeps its invariants over any sequence of calls, whoever holds it and whatever the clock does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.record({ call: moves, isLeased, elapsed: fc.integer({ min: -1000, max: 1000 }) }), {
          maxLength: 60,
        }),
        (maxIterations, steps) => {
          let current: SessionState = begin(maxIterations);
          const history: NewEvent[] = [...begin(maxIterations).events];
          let now = START;
          for (const { call, isLeased, elapsed } of steps) {
            now += elapsed;
            const before = current;
            const frozen = JSON.stringify(before);
            try {
              const step = call.decide(before, now, isLeased);
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
            if (session.pausing) assert.equal(session.status, 'active');
            if (session.pausing && !before.session.pausing)
              assert.ok(isLeased && call.name.startsWith('pause'));
            if (current.pauseReason !== undefined) assert.ok(session.pausing, 'a reason of no pause');
            if (before.session.pausing) {
              assert.equal(session.iterations, before.session.iterations, 'no iteration begins');
              assert.notEqual(session.status, 'timeout');
              if (
                call.name === 'settlePause' ||
                (call.name.endsWith('the dead') && !isLeased && current !== before)
              )
                assert.equal(session.pausing, false, 'nobody is left to carry it out');
            }
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
        if (['update', 'archive', 'unarchive', 'trash', 'restore'].includes(call.name)) {
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

describe('a pause that is left for the holder', () => {
  const LATER = START + 1;
  const asked = (reason?: string) =>
    state.pause({ id, ...(reason === undefined ? {} : { reason }) })(
      state.iterate({ id, data: {} })(begin(3), START),
      LATER,
      true,
    );

  it('is a request: the session stays active, with the reason kept', () => {
    const { session, pauseReason, events } = asked('lunch');
    assert.deepEqual([session.status, session.pausing, pauseReason], ['active', true, 'lunch']);
    assert.deepEqual(events, [{ type: 'update', data: { pausing: true, reason: 'lunch' } }]);
  });

  it('is carried out as the holder begins an iteration, which is not charged', () => {
    const paused = state.iterate({ id, data: { phase: 'next' } })(asked('lunch'), LATER, true);
    assert.deepEqual(
      [paused.session.status, paused.session.pausing, paused.session.iterations, paused.pauseReason],
      ['paused', false, 1, undefined],
    );
    assert.deepEqual(paused.events, [{ type: 'pause', data: { reason: 'lunch' } }]);
  });

  it('is carried out as the holder ends its iteration, which is ended first', () => {
    const paused = state.endIteration({ id, outcome: 'ok', data: {} })(asked(), LATER, true);
    assert.deepEqual(paused.events, [
      { type: 'iteration_end', data: { outcome: 'ok' } },
      { type: 'pause', data: {} },
    ]);
    assert.deepEqual(
      [paused.session.status, paused.session.iterations, paused.iterationOpen],
      ['paused', 1, false],
    );
  });

  it('is carried out rather than a timeout, when the budget is used up', () => {
    const last = state.iterate({ id, data: {} })(begin(1), START);
    const paused = state.iterate({ id, data: {} })(state.pause({ id })(last, START, true), START, true);
    assert.equal(paused.session.status, 'paused');
  });

  it('is left alone by other records of the holder', () => {
    const busy = state.recordToolCall({ id, name: 'bash', input: {}, output: '' })(
      asked('lunch'),
      LATER,
      true,
    );
    assert.deepEqual([busy.session.pausing, busy.pauseReason], [true, 'lunch']);
  });

  it('is asked for once: again changes nothing, another reason is taken up', () => {
    assert.deepEqual(state.pause({ id, reason: 'lunch' })(asked('lunch'), LATER, true).events, []);
    assert.deepEqual(state.pause({ id })(asked('lunch'), LATER, true).events, [], 'the reason stays');
    const changed = state.pause({ id, reason: 'meeting' })(asked('lunch'), LATER, true);
    assert.deepEqual(changed.events, [{ type: 'update', data: { pausing: true, reason: 'meeting' } }]);
    assert.equal(changed.pauseReason, 'meeting');
  });

  it('is withdrawn by resume, which may add iterations, also where none are left', () => {
    const withdrawn = state.resume({ id, addIterations: 2 })(asked('lunch'), LATER, true);
    assert.deepEqual(
      [withdrawn.session.status, withdrawn.session.pausing, withdrawn.session.maxIterations],
      ['active', false, 5],
    );
    assert.equal(withdrawn.pauseReason, undefined);
    const last = state.iterate({ id, data: {} })(begin(1), START);
    const again = state.resume({ id })(state.pause({ id })(last, START, true), START, true);
    assert.equal(again.session.pausing, false);
  });

  it('goes with the end of the session', () => {
    for (const end of [state.complete({ id }), state.fail({ id, error: 'broken' })]) {
      const { session, pauseReason } = end(asked('lunch'), LATER, true);
      assert.deepEqual([session.pausing, pauseReason], [false, undefined]);
    }
  });

  it('is carried out when the lease ends, with its reason; without one nothing happens', () => {
    const settled = state.settlePause(asked('lunch'), LATER);
    assert.deepEqual(settled.events, [{ type: 'pause', data: { reason: 'lunch' } }]);
    assert.equal(settled.session.status, 'paused');
    assert.deepEqual(state.settlePause(begin(1), START).events, []);
  });

  it('is carried out after what somebody does in place of a dead holder, unless yet another took over', () => {
    const note = state.inPlaceOfTheDead(state.addEvent({ id, type: 'note', data: {} }));
    assert.deepEqual(
      note(asked('lunch'), LATER, false).events.map(({ type }) => type),
      ['note', 'pause'],
    );
    assert.equal(note(asked('lunch'), LATER, true).session.pausing, true);
    const resumed = state.inPlaceOfTheDead(state.resume({ id }))(asked('lunch'), LATER, false);
    assert.equal(resumed.session.status, 'active', 'what withdraws it leaves nothing to carry out');
  });

  it('is no request where nobody works: the session is paused at once', () => {
    const timedOut = state.iterate({ id, data: {} })(state.iterate({ id, data: {} })(begin(1), START), START);
    assert.equal(timedOut.session.status, 'timeout');
    const step = state.pause({ id, reason: 'lunch' })(timedOut, START, true);
    assert.deepEqual([step.session.status, step.session.pausing], ['paused', false]);
    assert.deepEqual(step.events, [{ type: 'pause', data: { reason: 'lunch' } }]);
    assert.equal(state.pause({ id })(begin(1), START, false).session.status, 'paused');
  });
});
