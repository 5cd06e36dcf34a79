import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiReference, recordedReference } from '../scripts/apiReference.ts';

describe('the documentation', () => {
  it('of the API is what the registry says', async () => {
    assert.equal(await recordedReference(), apiReference(), 'run: npm run api');
  });
});
