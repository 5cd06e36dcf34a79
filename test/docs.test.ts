import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiReference, recordedReference } from '../scripts/apiReference.ts';
import {
  EXAMPLE,
  recordedWorkflowReference,
  workflowJsonSchema,
  workflowReference,
} from '../scripts/workflowReference.ts';
import { parseWorkflow } from '../server/workflows/format/workflowDocument.ts';

describe('the documentation', () => {
  it('of the API is what the registry says', async () => {
    assert.equal(await recordedReference(), apiReference(), 'run: npm run api');
  });

  it('of workflow files is what their schema says, in words and as JSON Schema', async () => {
    const { page, schema } = await recordedWorkflowReference();
    assert.equal(page, await workflowReference(), 'run: npm run workflow-docs');
    assert.equal(schema, await workflowJsonSchema(), 'run: npm run workflow-docs');
  });

  it('of workflow files has an example in which nothing is wrong', () => {
    assert.deepEqual(parseWorkflow(EXAMPLE, { agents: ['codex', 'claude'] }).problems, []);
  });
});
