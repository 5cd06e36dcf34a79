import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toWireError } from '../../../server/domain/errorCatalogue.ts';
import { storeCorrupt } from '../../../server/store/storeErrors.ts';

test('a damaged store of Lockstep offers to recover it, before anything else', () => {
  const { actions } = toWireError(storeCorrupt('/home/dev/.lockstep/lockstep.db', 'it is cut short'), 'r');
  assert.deepEqual(
    actions.map((action) => (action.kind === 'command' ? action.method : action.kind)),
    ['store.recover', 'retry', 'report'],
  );
});
