import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AcpAgent } from '../../server/workflows/agents/acpAgent.ts';
import type { AgentEvent } from '../../server/workflows/agents/agent.ts';
import { SystemdScopes } from '../../server/workflows/agents/limits/systemdScopes.ts';
import { processesWith } from '../server/workflows/markedProcesses.ts';
import { tempFolder } from '../support/tempFolder.ts';
import { testedClis } from './clis/testedClis.ts';
import { MockEndpoint } from './mockEndpoint.ts';

describe('a real agent that speaks the Agent Client Protocol', async () => {
  for (const { cli, path } of await testedClis()) {
    const { acp } = cli;
    if (acp === undefined) continue;
    it(`${cli.preset} ${cli.version}: tells what it says and does, and leaves nothing behind`, async (t) => {
      const folder = await tempFolder(t);
      const [home, project] = [join(folder, 'home'), join(folder, 'project')];
      for (const made of [home, project]) await mkdir(made);
      await writeFile(join(project, 'notes.txt'), '');
      const endpoint = await MockEndpoint.start(({ hasResult, tools }) => {
        if (tools.length === 0) return { kind: 'say', text: 'Files' };
        return hasResult
          ? { kind: 'say', text: 'There is notes.txt. DONE' }
          : { kind: 'call', text: 'I look.', ...cli.shell('ls') };
      });
      t.after(() => endpoint.close());
      const { env } = await cli.setUp(home, endpoint.url);
      const events: AgentEvent[] = [];
      const marker = randomUUID();
      const agent = new AcpAgent(
        { command: [cli.preset, ...acp], env: { PATH: path, ...env }, passEnv: [] },
        { ownEnv: process.env, scopes: new SystemdScopes(process.env) },
      );
      const result = await agent.run(
        {
          prompt: 'List the files.',
          cwd: project,
          env: {},
          timeoutMs: 120_000,
          maxOutputBytes: 2 ** 24,
          marker,
        },
        {
          started: () => undefined,
          event: (event) => void events.push(event),
          permission: ({ options }) => Promise.resolve(options.find(({ kind }) => kind === 'allow_once')?.id),
        },
        new AbortController().signal,
      );
      t.diagnostic(JSON.stringify(result.usage ?? 'no usage'));
      assert.deepEqual([result.outcome, result.message], ['success', undefined]);
      assert.equal(result.output, 'There is notes.txt. DONE');
      const calls = events.flatMap((event) => (event.type === 'toolCall' ? [event.status] : []));
      assert.deepEqual([calls[0], calls.at(-1)], ['begun', 'done']);
      assert.deepEqual(processesWith(marker), []);
    });
  }
});
