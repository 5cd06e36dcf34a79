import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { piLocks } from '../../../../server/sources/pi/locks.ts';

describe('locks of pi', () => {
  it('are looked for right in its folder, and nowhere below', () => {
    assert.deepEqual(piLocks('/home/dev/.pi/agent'), {
      folders: [{ path: '/home/dev/.pi/agent', depth: 0 }],
    });
  });
});
