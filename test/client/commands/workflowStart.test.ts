import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type * as vscode from 'vscode';
import { AgentModel } from '../../../client/services/agentModel.ts';
import { callOf, sampleRun, sampleWorkflow } from '../services/sampleRuns.ts';
import { inEnglish } from '../views/inEnglish.ts';

const { startWorkflow } = await inEnglish(() => import('../../../client/commands/workflowStart.ts'));

const file = '/home/ada/shop/fix-tests.lockstep.yaml';
const uri: vscode.Uri = {
  scheme: 'file',
  authority: '',
  path: file,
  query: '',
  fragment: '',
  fsPath: file,
  with: () => uri,
  toString: () => `file://${file}`,
  toJSON: () => file,
};

describe('a workflow that is started from a window', () => {
  it('is the text that was shown: what was written to its file since is refused', async () => {
    const { call, calls } = callOf((method) =>
      method === 'workflows.read' ? sampleWorkflow({ isKnown: true, digest: 'shown' }) : sampleRun(),
    );
    await startWorkflow(uri, { call, agents: new AgentModel(call) });
    assert.deepEqual(calls, [
      { method: 'workflows.read', params: { file } },
      { method: 'runs.start', params: { file, inputs: {}, digest: 'shown' } },
    ]);
  });
});
