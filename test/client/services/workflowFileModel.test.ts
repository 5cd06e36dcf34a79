import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { WorkflowFileModel } from '../../../client/services/workflowFileModel.ts';
import { sampleWorkflow } from '../../support/sampleRuns.ts';
import { callOf } from './callOf.ts';

const asked = z.object({ file: z.string() });

describe('the workflow files that a window knows', () => {
  it('are read, each once, in the order of their paths', async () => {
    const { call } = callOf((_, params) => sampleWorkflow(asked.parse(params)));
    const model = new WorkflowFileModel(call, () => Promise.resolve(['/b', '/a', '/b']));
    await model.reload();
    assert.deepEqual(
      model.files.map(({ path, workflow }) => [path, workflow?.file]),
      [
        ['/a', '/a'],
        ['/b', '/b'],
      ],
    );
  });

  it('are there though one of them cannot be read, which it says', async () => {
    const { call } = callOf((_, params) => {
      const { file } = asked.parse(params);
      if (file === '/a') throw new Error('no permission');
      return sampleWorkflow({ file });
    });
    const model = new WorkflowFileModel(call, () => Promise.resolve(['/a', '/b']));
    await model.reload();
    assert.match(String(model.get('/a')?.error), /no permission/);
    assert.equal(model.get('/b')?.workflow?.name, 'fix-tests');
    assert.equal(model.error, undefined);
  });

  it('are five hundred at most, and that there are more is known', async () => {
    const { call } = callOf((_, params) => sampleWorkflow(asked.parse(params)));
    const paths = Array.from({ length: 501 }, (_, index) => `/${index}`);
    const model = new WorkflowFileModel(call, (most) => Promise.resolve(paths.slice(0, most)));
    await model.reload();
    assert.deepEqual([model.files.length, model.hasMore], [500, true]);
    paths.pop();
    await model.reload();
    assert.deepEqual([model.files.length, model.hasMore], [500, false]);
  });

  it('are gone when they are found no more', async () => {
    const { call } = callOf((_, params) => sampleWorkflow(asked.parse(params)));
    const found = ['/a'];
    const model = new WorkflowFileModel(call, () => Promise.resolve([...found]));
    await model.reload();
    found.pop();
    await model.reload();
    assert.deepEqual(model.files, []);
  });
});
