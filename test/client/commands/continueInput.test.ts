import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleRun, sampleStep } from '../../support/sampleRuns.ts';
import { inEnglish } from '../views/inEnglish.ts';

const { askContinuation, parseDollars } = await inEnglish(
  () => import('../../../client/commands/continueInput.ts'),
);

describe('what a run is to go on with', () => {
  it('is not asked for at a gate: that a person says so is enough, of that gate', async () => {
    const parkedFor = { reason: 'gate', step: 'review' } as const;
    const run = sampleRun({ status: 'parked', parkedFor });
    assert.deepEqual(await askContinuation(run, undefined, 'Continue Run'), { step: 'review' });
  });

  it('is the gate of the step that a person means, though the turn of the step has not come', async () => {
    const step = sampleStep({ id: 'review', hasGate: true });
    assert.deepEqual(await askContinuation(sampleRun(), step, 'Continue Run'), { step: 'review' });
  });

  it('is an amount of dollars above zero', () => {
    assert.equal(parseDollars(' 2.50 '), 2.5);
    for (const typed of ['0', '-1', '1e3', '2,5', '', 'x', '99999999999'])
      assert.equal(typeof parseDollars(typed), 'string', typed);
  });
});
