import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openclawLine } from '../../../server/protocol/openclawLine.ts';

describe("the line of OpenClaw's own command", () => {
  it('keeps what stands in it from the shell', () => {
    const params = { key: 'agent:main:main', label: "it's $HOME" };
    assert.equal(
      openclawLine({ stateDir: '/srv/my state', method: 'sessions.patch', params }, 'linux'),
      String.raw`OPENCLAW_STATE_DIR='/srv/my state' openclaw gateway call sessions.patch --params '{"key":"agent:main:main","label":"it'\''s $HOME"}'`,
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
