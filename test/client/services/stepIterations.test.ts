import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { StepIterations } from '../../../client/services/stepIterations.ts';
import {
  sessionsEndIteration,
  sessionsIterate,
  sessionsStart,
} from '../../../server/protocol/sessionLifecycleMethods.ts';
import { callOf } from './callOf.ts';
import { callStore } from './storeCall.ts';

describe('the iterations of a step', () => {
  it('are those of its session, the newest first, and what was read is not read again', async (t) => {
    const { call } = await callStore(t);
    const { id } = await call(sessionsStart, { task: 'Fix', mode: 'm' });
    const asked: number[] = [];
    const iterations = new StepIterations((method, params) => {
      asked.push(z.object({ from: z.number() }).parse(params).from);
      return call(method, params);
    });
    const numbers = async () => (await iterations.of(`lockstep:${id}`)).map(({ number }) => number);
    await call(sessionsIterate, { id });
    assert.deepEqual(await numbers(), [1]);
    await call(sessionsIterate, { id });
    assert.deepEqual(await numbers(), [2, 1]);
    assert.deepEqual(await Promise.all([numbers(), numbers()]), [
      [2, 1],
      [2, 1],
    ]);
    assert.ok(
      asked.slice(1).every((from) => from > 0),
      asked.join(', '),
    );
  });

  it('tell how each has ended, also where that comes later', async (t) => {
    const { call } = await callStore(t);
    const { id } = await call(sessionsStart, { task: 'Fix', mode: 'm' });
    const iterations = new StepIterations(call);
    const outcomes = async () => (await iterations.of(`lockstep:${id}`)).map(({ outcome }) => outcome);
    await call(sessionsIterate, { id });
    await call(sessionsEndIteration, { id, outcome: 'again' });
    await call(sessionsIterate, { id });
    assert.deepEqual(await outcomes(), [undefined, 'again']);
    await call(sessionsEndIteration, { id, outcome: 'done' });
    assert.deepEqual(await outcomes(), ['done', 'again']);
  });

  it('are read from the beginning where the transcript was replaced', async () => {
    let generation = 'a';
    const entry = (id: string) => ({ id, position: 0, kind: 'iteration', number: 1, text: '' });
    const { call } = callOf(() => ({ start: 0, size: 5, generation, entries: [entry(generation)] }));
    const iterations = new StepIterations(call);
    assert.deepEqual(
      (await iterations.of('r')).map(({ id }) => id),
      ['a'],
    );
    generation = 'b';
    assert.deepEqual(
      (await iterations.of('r')).map(({ id }) => id),
      ['b'],
    );
  });

  it('are read though the reading before has failed', async () => {
    let isDown = true;
    const { call } = callOf(() => {
      if (isDown) throw new Error('down');
      return { start: 0, size: 0, generation: 'a', entries: [] };
    });
    const iterations = new StepIterations(call);
    await assert.rejects(iterations.of('r'), /down/);
    isDown = false;
    assert.deepEqual(await iterations.of('r'), []);
  });
});
