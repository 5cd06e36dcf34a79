import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { superviseProcess } from '../../../../server/workflows/supervisor/supervisedProcess.ts';
import { isSupervised } from '../../../../server/workflows/supervisor/supervision.ts';
import { misbehaving } from '../markedProcesses.ts';

describe('an agent', () => {
  it('is known to have a supervisor while that is there, whatever the agent has started', async () => {
    const marker = randomUUID();
    const env = { PATH: process.env['PATH'] ?? '' };
    const agent = superviseProcess({
      argv: misbehaving('environment'),
      cwd: tmpdir(),
      env,
      timeoutMs: 60_000,
      marker,
    });
    assert.equal(await isSupervised({ marker }), true);
    assert.equal(await isSupervised({ marker: randomUUID() }), false);
    const environment: unknown = JSON.parse(await text(agent.stdout));
    assert.deepEqual(
      environment,
      { ...env, LOCKSTEP_AGENT_MARKER: marker },
      'it does not seem to be one itself',
    );
    await agent.exited;
    assert.equal(await isSupervised({ marker }), false);
  });
});
