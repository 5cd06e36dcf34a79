import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StartedRuns } from '../../../client/services/startedRuns.ts';
import { fakeMemento } from './fakeMemento.ts';

describe('the runs that a window has started', () => {
  it('are known after a reload of the window, the last hundred of them', async () => {
    const state = fakeMemento();
    const started = new StartedRuns(state);
    for (let number = 0; number < 101; number++) await started.add(`r${number}`);
    const after = new StartedRuns(state);
    assert.deepEqual(
      [started.has('r0'), after.has('r0'), after.has('r1'), after.has('r100')],
      [true, false, true, true],
    );
  });

  it('are none that another version has written in a form of its own', () => {
    assert.equal(new StartedRuns(fakeMemento({ startedRuns: 'r1' })).has('r1'), false);
  });
});
