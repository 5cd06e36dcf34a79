import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import * as run from '../../../../server/domain/workflowRun.ts';
import type { RunState, StepState } from '../../../../server/domain/workflowRunState.ts';
import { jsonBytes, jsonObject, type JsonObject } from '../../../../server/protocol/json.ts';
import { stepStatus } from '../../../../server/protocol/workflowMethods.ts';
import { recordOf, stateEvent, type RunRecord } from '../../../../server/workflows/run/runRecord.ts';
import { planOf, plannedStep } from '../../domain/workflowPlans.ts';

const NOW = 1_000;
const IDS = ['__proto__', 'constructor', 'a', 'b', 'c'];
const PLAN = planOf(IDS.map((id) => plannedStep(id)));

/** As it is read from the store. */
function stored(record: RunRecord): { data: JsonObject } {
  return { data: jsonObject.parse(JSON.parse(JSON.stringify(stateEvent(record).data))) };
}

function recordWith(state: RunState): RunRecord {
  return { state, fence: 3, handled: 2, questions: [] };
}

function stepWith(id: string): fc.Arbitrary<StepState> {
  const count = fc.oneof(fc.constant(0), fc.nat(9));
  return fc.record(
    {
      id: fc.constant(id),
      status: fc.constantFrom(...stepStatus.options),
      iterations: count,
      added: count,
      failures: count,
      gateOpen: fc.boolean(),
      asking: fc.boolean(),
      workMs: count,
      retryAt: fc.nat(),
      message: fc.string(),
      cut: fc.string(),
    },
    {
      requiredKeys: ['id', 'status', 'iterations', 'added', 'failures', 'gateOpen', 'asking', 'workMs'],
      noNullPrototype: true,
    },
  );
}

describe('the stored state of a run', () => {
  test('is read as it was written, whatever has become of its steps', () => {
    const first = run.start(PLAN, NOW);
    const steps = fc.tuple(...first.steps.map((step) => fc.oneof(fc.constant(step), stepWith(step.id))));
    fc.assert(
      fc.property(steps, (steps) => {
        const record = recordWith({ ...first, steps });
        assert.deepEqual(recordOf(stored(record), PLAN), record);
      }),
    );
  });

  test('takes no room for the steps whose turn has not come', () => {
    const plan = planOf(Array.from({ length: 200 }, (_, index) => plannedStep(`step-${index}`)));
    const bytesOf = (touched: number) => {
      const first = run.start(plan, NOW);
      const steps = first.steps.map((step, index): StepState =>
        index < touched ? { ...step, status: 'done', iterations: 3, workMs: 123_456 } : step,
      );
      return jsonBytes(stateEvent(recordWith({ ...first, steps })).data);
    };
    assert.ok(bytesOf(1) < 500, `${bytesOf(1)} bytes`);
    const each = (bytesOf(200) - bytesOf(100)) / 100;
    assert.ok(each < 75, `${each} bytes for each step that is done`);
  });

  test('that an earlier build has written whole is read too', () => {
    const state = run.begun(PLAN, run.start(PLAN, NOW), 'a', NOW);
    const whole: JsonObject = { state, handled: 7 };
    assert.deepEqual(recordOf({ data: whole }, PLAN), { state, fence: 0, handled: 7, questions: [] });
  });

  test('that has steps which the plan does not have is no state of that plan', () => {
    const state = run.begun(PLAN, run.start(PLAN, NOW), 'a', NOW);
    const other = planOf([plannedStep('b')]);
    const read = recordOf(stored(recordWith(state)), other);
    assert.throws(() => run.load(other, read.state, NOW), { code: 'INVALID_PARAMS' });
  });
});
