import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { RunModel } from '../../../client/services/runModel.ts';
import type { Run } from '../../../server/protocol/workflowMethods.ts';
import { callOf, sampleRun } from './sampleRuns.ts';

const query = z.object({ limit: z.number(), isOpen: z.boolean().optional() });

/** A server with these runs. */
function modelOf(stored: readonly Run[]) {
  const { call, calls } = callOf((_, params) => {
    const { limit, isOpen } = query.parse(params);
    const runs = stored.filter(({ status }) => isOpen !== true || status === 'active');
    return { runs: runs.slice(0, limit) };
  });
  return { model: new RunModel(call), calls };
}

/** As many as told, the newest first. */
const many = (count: number): Run[] =>
  Array.from({ length: count }, (_, index) =>
    sampleRun({
      id: `r${String(count - index).padStart(3, '0')}`,
      status: 'completed',
      startedAt: new Date(Date.UTC(2026, 0, 1) - index * 60_000).toISOString(),
    }),
  );

describe('the runs that a window knows', () => {
  it('are the newest ones, read in one call', async () => {
    const { model, calls } = modelOf(many(3));
    assert.equal(model.isLoaded, false);
    await model.reload();
    assert.deepEqual([model.isLoaded, model.hasMore, calls.length], [true, false, 1]);
    assert.deepEqual(
      model.runs.map(({ id }) => id),
      ['r003', 'r002', 'r001'],
    );
    assert.equal(model.get('r002')?.id, 'r002');
  });

  it('hold an open one that is older than all that are asked for', async () => {
    const stored = many(150);
    const oldest = stored.at(-1);
    assert.ok(oldest);
    const { model } = modelOf([...stored.slice(0, -1), { ...oldest, status: 'active' }]);
    await model.reload();
    assert.equal(model.runs.length, 101);
    assert.equal(model.runs.at(-1)?.status, 'active');
  });

  it('are more when somebody asks for more, until there are none', async () => {
    const { model } = modelOf(many(150));
    await model.reload();
    assert.deepEqual([model.runs.length, model.hasMore], [100, true]);
    await model.showMore();
    assert.deepEqual([model.runs.length, model.hasMore], [150, false]);
  });

  it('stay as they were when they cannot be read, which is told', async () => {
    let isDown = false;
    const { call } = callOf(() => {
      if (isDown) throw new Error('down');
      return { runs: many(1) };
    });
    const model = new RunModel(call);
    await model.reload();
    isDown = true;
    await model.reload();
    assert.equal(model.runs.length, 1);
    assert.match(String(model.error), /down/);
  });

  it('are read once for calls that come together', async () => {
    const { model, calls } = modelOf(many(1));
    await Promise.all([model.reload(), model.reload(), model.reload()]);
    assert.equal(calls.length, 1);
  });
});
