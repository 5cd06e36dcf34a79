import fc from 'fast-check';
import * as state from '../../../server/domain/sessionState.ts';
import { restore, trash } from '../../../server/domain/sessionTrash.ts';
import type { Decide } from '../../../server/domain/sessionStep.ts';

/** Every call that can be made on a session, with what it is allowed from. */
export function sessionCalls(id: string): fc.Arbitrary<{ name: string; decide: Decide }> {
  return fc.oneof(
    fc.record({ name: fc.constant('iterate'), decide: fc.constant(state.iterate({ id, data: {} })) }),
    fc.record({
      name: fc.constant('endIteration'),
      decide: fc.constant(state.endIteration({ id, data: {} })),
    }),
    fc.option(fc.nat(1000), { nil: undefined }).map((total) => ({
      name: 'endIteration',
      decide: state.endIteration({
        id,
        data: { ms: 1 },
        usage: {
          input: 5,
          output: 1,
          cacheRead: 0,
          cacheWrite: 2,
          total,
          costUsd: 0.5,
          model: 'other-model',
        },
      }),
    })),
    fc.constantFrom({ input: 7, costUsd: 0.125 }, { input: -1 }, 'much').map((usage) => ({
      name: 'endIteration',
      decide: state.endIteration({ id, data: { usage } }),
    })),
    fc
      .option(fc.constantFrom('lunch', 'meeting'), { nil: undefined })
      .map((reason) => ({ name: 'pause', decide: state.pause({ id, ...(reason ? { reason } : {}) }) })),
    fc
      .option(fc.integer({ min: 1, max: 5 }), { nil: undefined })
      .map((addIterations) => ({ name: 'resume', decide: state.resume({ id, addIterations }) })),
    fc.record({ name: fc.constant('complete'), decide: fc.constant(state.complete({ id, result: 'done' })) }),
    fc.record({ name: fc.constant('fail'), decide: fc.constant(state.fail({ id, error: 'broken' })) }),
    fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }).map((addIterations) => ({
      name: 'update',
      decide: state.update({ id, addIterations, title: 'New' }),
    })),
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
    fc.integer({ min: 0, max: 100 }).map((input) => ({
      name: 'addMessage',
      decide: state.addMessage({
        id,
        role: 'assistant',
        content: 'Hi',
        usage: { input, output: 1, cacheRead: 2, cacheWrite: 3, costUsd: 0.25, model: 'some-model' },
      }),
    })),
    fc.record({ name: fc.constant('trash'), decide: fc.constant(trash) }),
    fc
      .tuple(fc.boolean(), fc.boolean())
      .map(([isTaken, isGone]) => ({ name: 'restore', decide: restore(isTaken, isGone) })),
    fc.record({
      name: fc.constant('addEvent'),
      decide: fc.constant(state.addEvent({ id, type: 'error', data: {} })),
    }),
  );
}
