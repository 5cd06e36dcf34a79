import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openclawLocks, openclawStateDir } from '../../../../server/sources/openclaw/locks.ts';

describe('locks of OpenClaw', () => {
  it('are looked for below the agents of OPENCLAW_STATE_DIR, else of the home of the user', () => {
    assert.equal(openclawStateDir({}, '/home/dev'), '/home/dev/.openclaw');
    assert.equal(openclawStateDir({ OPENCLAW_STATE_DIR: '' }, '/home/dev'), '/home/dev/.openclaw');
    assert.equal(openclawStateDir({ OPENCLAW_STATE_DIR: '/state' }, '/home/dev'), '/state');
    assert.deepEqual(openclawLocks('/state'), { folders: [{ path: '/state/agents', depth: 2 }] });
  });
});
