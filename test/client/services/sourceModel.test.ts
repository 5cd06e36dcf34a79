import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as z from 'zod';
import type { Call } from '../../../client/services/call.ts';
import { SourceModel } from '../../../client/services/sourceModel.ts';
import { foreign } from './sampleRows.ts';

/** A server that knows these sessions of pi, the newest first. */
function piWith(count: number, problems: readonly string[] = []) {
  const all = Array.from({ length: count }, (_, index) => foreign(`s${index}`));
  const agent = { kind: 'pi', label: 'pi', root: '/pi', found: true };
  const limits: number[] = [];
  const call: Call = (method, params) => {
    if (method.name === 'sources.list') return Promise.resolve(method.result.parse({ sources: [agent] }));
    const { limit } = z.looseObject({ limit: z.int() }).parse(params);
    limits.push(limit);
    return Promise.resolve(
      method.result.parse({
        sessions: all.slice(0, limit),
        totals: { pi: all.length },
        problems: problems.map((path) => ({ source: 'pi', path, message: 'no' })),
      }),
    );
  };
  return { model: new SourceModel(call), all, agent, limits };
}

describe("the client model of other agents' sessions", () => {
  it('reads the newest, and more when it is asked to', async () => {
    const { model, limits } = piWith(500);
    await model.reload();
    assert.deepEqual([model.groups[0]?.sessions.length, model.isComplete], [200, false]);
    await model.showMore('pi');
    await model.showMore('pi');
    assert.deepEqual(
      [model.groups[0]?.sessions.length, model.isComplete, limits],
      [500, true, [200, 400, 600]],
    );
  });

  it('reads as deep as the sessions that are asked for by name, and no deeper from then on', async () => {
    const { model, limits } = piWith(5_000);
    await model.reload();
    await model.want(['pi:s450.jsonl']);
    assert.equal(model.get('pi:s450.jsonl')?.id, 's450');
    await model.reload();
    assert.deepEqual(limits, [200, 200, 10_000, 600]);
    assert.deepEqual([...model.gone], []);
  });

  it('takes a session for gone when everything was read without it, and looks for it once', async () => {
    const { model, limits, agent } = piWith(5, ['/pi/damaged.jsonl']);
    await model.want(['pi:s1.jsonl', 'pi:gone.jsonl', 'pi:damaged.jsonl', 'claude-code:other']);
    await model.reload();
    await model.reload();
    // What cannot be read is there, and of the other agent nothing is known.
    assert.deepEqual([...model.gone], ['pi:gone.jsonl']);
    assert.ok(limits.filter((limit) => limit === 10_000).length <= 2, limits.join());
    agent.found = false;
    await model.reload();
    assert.deepEqual([...model.gone], [], 'a folder that is away proves nothing');
  });

  it('reads everything while somebody searches through it', async () => {
    const { model, limits } = piWith(1_000);
    await model.reload();
    await model.readAll(true);
    assert.deepEqual([model.groups[0]?.sessions.length, model.isComplete], [1_000, true]);
    await model.readAll(false);
    await model.reload();
    assert.deepEqual([model.groups[0]?.sessions.length, limits], [200, [200, 10_000, 200]]);
  });
});
