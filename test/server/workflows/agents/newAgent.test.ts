import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import type { AgentEvent } from '../../../../server/workflows/agents/agent.ts';
import { readAgentSettings } from '../../../../server/workflows/agents/agentSettings.ts';
import { newAgent } from '../../../../server/workflows/agents/newAgent.ts';

describe('an agent of the setting', () => {
  it('is run as it says, and its output is read as it says', async () => {
    // A line of pi's, from a program that gives its prompt back in it.
    const program = `
      const text = require('node:fs').readFileSync(0, 'utf8') + process.env.A + String(process.env.SECRET);
      const message = { role: 'assistant', content: [{ type: 'text', text }], stopReason: 'stop' };
      for (const line of [{ type: 'message_end', message }, { type: 'agent_end' }]) console.log(JSON.stringify(line));`;
    const { agents } = readAgentSettings({
      mine: {
        protocol: 'command',
        command: [process.execPath, '-e', program],
        output: 'pi',
        env: { A: ' a ' },
      },
    });
    const setting = agents.get('mine');
    assert.ok(setting);
    const events: AgentEvent[] = [];
    const result = await newAgent(setting, { ...process.env, SECRET: 's' }).run(
      {
        prompt: 'Do it.',
        cwd: tmpdir(),
        env: {},
        timeoutMs: 60_000,
        maxOutputBytes: 1_000_000,
        marker: randomUUID(),
      },
      {
        started: () => undefined,
        event: (event) => void events.push(event),
        permission: async () => undefined,
      },
      new AbortController().signal,
    );
    assert.equal(result.outcome, 'success');
    assert.equal(result.output, 'Do it. a undefined');
    assert.deepEqual(events, [{ type: 'message', role: 'assistant', text: 'Do it. a undefined' }]);
  });
});
