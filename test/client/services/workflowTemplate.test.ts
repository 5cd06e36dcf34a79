import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { workflowTemplate } from '../../../client/services/workflowTemplate.ts';
import { parseWorkflow } from '../../../server/workflows/format/workflowDocument.ts';

describe('the workflow to begin with', () => {
  it('is a workflow with nothing wrong in it, whatever the agent is called', () => {
    for (const agent of ['codex', 'my-agent.v2', '1e3', 'true']) {
      const { file, problems } = parseWorkflow(workflowTemplate(agent), { agents: [agent] });
      assert.deepEqual(problems, []);
      assert.equal(file?.agent, agent);
      assert.deepEqual(
        file?.steps.map(({ id }) => id),
        ['fix', 'review'],
      );
    }
  });
});
