import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type * as vscode from 'vscode';
import { AgentModel } from '../../../client/services/agentModel.ts';
import type { Call } from '../../../client/services/call.ts';
import { sampleRun, sampleWorkflow } from '../../support/sampleRuns.ts';
import { callOf } from '../services/callOf.ts';
import { inEnglish, whileShown } from '../views/inEnglish.ts';

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

const partsWith = (call: Call) => ({
  call,
  agents: new AgentModel(call),
  reportError: () => assert.fail('nothing goes wrong after its end'),
});

describe('a workflow that is started from a window', () => {
  it('is the text that was shown: what was written to its file since is refused', async () => {
    const { call, calls } = callOf((method) =>
      method === 'workflows.read' ? sampleWorkflow({ isKnown: true, digest: 'shown' }) : sampleRun(),
    );
    await startWorkflow(uri, partsWith(call));
    assert.deepEqual(calls, [
      { method: 'workflows.read', params: { file } },
      { method: 'runs.start', params: { file, inputs: {}, digest: 'shown', workspace: '/home/ada/shop' } },
    ]);
  });

  it('has the whole default of an input, whose lines no box can show', async () => {
    const { call, calls } = callOf((method) =>
      method === 'workflows.read'
        ? sampleWorkflow({
            isKnown: true,
            inputs: [
              { name: 'goal', default: 'one\ntwo' },
              { name: 'who', default: 'me' },
            ],
          })
        : sampleRun(),
    );
    await startWorkflow(uri, partsWith(call));
    const inputs = { who: 'me' };
    assert.deepEqual(calls.at(-1)?.params, { file, inputs, digest: 'd1', workspace: '/home/ada/shop' });
  });

  it('is not asked about where its agents are not known: what it runs is not to be agreed to unseen', async () => {
    const { call, calls } = callOf((method) => {
      if (method === 'agents.list') throw new Error('down');
      return sampleWorkflow();
    });
    const { messages } = await whileShown(['Run'], () =>
      assert.rejects(startWorkflow(uri, partsWith(call)), /down/),
    );
    assert.deepEqual(messages, []);
    assert.deepEqual(
      calls.map(({ method }) => method),
      ['workflows.read', 'agents.list'],
    );
  });
});
