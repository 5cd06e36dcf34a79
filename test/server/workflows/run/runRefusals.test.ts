import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LockstepError } from '../../../../server/domain/errors.ts';
import * as sessionState from '../../../../server/domain/sessionState.ts';
import * as run from '../../../../server/domain/workflowRun.ts';
import { sessionsStart } from '../../../../server/protocol/sessionLifecycleMethods.ts';
import * as wire from '../../../../server/protocol/workflowMethods.ts';
import { movedOn } from '../../../../server/workflows/run/runRefusals.ts';
import { plannedStep, planOf } from '../../domain/workflowPlans.ts';
import { makeRun, planned } from './driveRun.ts';
import { localDriver } from './localDriver.ts';
import { runFolder } from './runFolder.ts';

const NOW = Date.UTC(2026, 0, 1);
const ID = '019cdf3a-7b21-7d40-9e55-2c6f8b0a4d13';

function thrownBy(refused: () => unknown): unknown {
  try {
    return refused();
  } catch (error) {
    return error;
  }
}

describe('a call on a run that is refused says so of the run, and what to do next', () => {
  test('where there is no such run', async (t) => {
    const { call } = await runFolder(t);
    const calls = [
      () => call(wire.runsGet, { id: ID }),
      () => call(wire.runsContinue, { id: ID }),
      () => call(wire.runsPause, { id: ID }),
      () => call(wire.runsStop, { id: ID }),
      () => call(wire.runsAnswer, { id: ID, question: 'q' }),
      () => call(wire.runsNotify, { id: ID, of: 'x' }),
    ];
    for (const refused of calls)
      await assert.rejects(refused, {
        code: 'SESSION_NOT_FOUND',
        message: `There is no run ${ID}. See runs.list for those that are.`,
      });
  });

  test('where another process drives it', async (t) => {
    const place = await runFolder(t);
    const { call, folder, slow, once } = place;
    await slow('a', true);
    const { id } = await makeRun(call, folder, [planned(folder, 'a')]);
    const driving = localDriver(t, place, {}).drive(id, new AbortController().signal);
    await once(id, ({ steps }) => steps[0]?.status === 'running');
    await assert.rejects(localDriver(t, place, {}).drive(id, new AbortController().signal), {
      code: 'SESSION_LOCKED',
      message: /^Run .* is driven by lockstep run \(process \d+ on .*pause or stop the run/,
    });
    await slow('a', false);
    assert.equal(await driving, 'completed');
  });

  test('where its session has moved on meanwhile', () => {
    const params = sessionsStart.params.parse({ kind: 'workflow', task: 'x', mode: 'workflow' });
    const active = sessionState.start(params, ID, NOW);
    const states = {
      paused: sessionState.pause({ id: ID })(active, NOW),
      completed: sessionState.complete({ id: ID })(active, NOW),
    };
    for (const [status, message] of [
      ['paused', /^Run .* has just come to rest\. Continue it, or stop it\.$/],
      ['completed', /^Run .* has ended already: it is completed\. Start a new run\.$/],
    ] as const) {
      const error = thrownBy(() => sessionState.pause({ id: ID })(states[status], NOW));
      const told = movedOn(ID, error);
      assert.ok(told instanceof LockstepError);
      assert.match(told.message, message);
      assert.equal(told.code, 'ILLEGAL_TRANSITION');
    }
  });

  test('where it rests already', () => {
    const plan = planOf([plannedStep('a')]);
    const paused = run.pause(plan, run.start(plan, NOW), NOW);
    assert.throws(() => run.pause(plan, paused, NOW), {
      message: /it is paused.*Continue it, or stop it\.$/,
    });
  });
});
