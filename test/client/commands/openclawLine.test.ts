import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openclawLine } from '../../../client/commands/openclawLine.ts';
import { CallError } from '../../../client/services/callError.ts';
import { sessionsPatch } from '../../../server/protocol/openclawWriteMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { callStore } from '../services/storeCall.ts';

describe("the line of OpenClaw's own command", () => {
  it('is the one with which the server refuses what it does not write', async (t) => {
    const { call } = await callStore(t);
    const stateDir = join(await tempFolder(t), "it's here");
    await mkdir(join(stateDir, 'agents', 'main', 'agent'), { recursive: true });
    await writeFile(join(stateDir, 'agents', 'main', 'agent', 'openclaw-agent.sqlite'), '');
    const params = { key: 'agent:main:main', label: 'a "b" $c' };
    const refusal = await call(sessionsPatch, { source: `openclaw:${stateDir}`, ...params }).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(refusal instanceof CallError);
    assert.equal(
      refusal.wire.details['command'],
      openclawLine({ stateDir, method: sessionsPatch.name, params }, 'linux'),
    );
  });

  it('is for PowerShell on Windows', () => {
    assert.equal(
      openclawLine(
        { stateDir: String.raw`C:\Users\me\.openclaw`, method: 'sessions.reset', params: {} },
        'win32',
      ),
      String.raw`$env:OPENCLAW_STATE_DIR='C:\Users\me\.openclaw'; openclaw gateway call sessions.reset --params '{}'`,
    );
  });
});
