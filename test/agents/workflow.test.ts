import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { agentEventData } from '../../server/workflows/run/runRecord.ts';
import type { Session } from '../../server/protocol/session.ts';
import { sessionsEvents } from '../../server/protocol/sessionHistoryMethods.ts';
import { sessionsGet } from '../../server/protocol/sessionQueryMethods.ts';
import {
  runsContinue,
  runsGet,
  runsPause,
  runsStart,
  type Run,
} from '../../server/protocol/workflowMethods.ts';
import { processesWith } from '../server/workflows/markedProcesses.ts';
import { RpcClient } from '../support/rpcClient.ts';
import { tempFolder } from '../support/tempFolder.ts';
import { until } from '../support/until.ts';
import { testedClis } from './clis/testedClis.ts';
import { MockEndpoint, type Model } from './mockEndpoint.ts';

const WORKFLOW = `
name: three steps
agent: real
steps:
  - id: look
    prompt: "LOOK: list the files."
  - id: change
    needs: [look]
    prompt: "CHANGE: \${steps.look.output}"
    until: grep -q twice notes.txt
    maxIterations: 3
  - id: review
    needs: [change]
    prompt: "REVIEW: \${steps.change.output}"
    untilOutput: "^DONE"
`;

describe('a workflow of a real agent', async () => {
  for (const { cli, path } of await testedClis())
    it(`${cli.preset} ${cli.version}: is paused in its second step, goes on from another process, and ends`, async (t) => {
      const folder = await tempFolder(t);
      const [home, project] = [join(folder, 'home'), join(folder, 'project')];
      for (const made of [home, project]) await mkdir(made);
      await writeFile(join(project, 'notes.txt'), '');
      const file = join(project, 'three.lockstep.yaml');
      await writeFile(file, WORKFLOW);

      /** What the model is asked for the first time in the second step waits until the run was told to pause. */
      const asked = Promise.withResolvers<void>();
      const pausing = Promise.withResolvers<void>();
      let changes = 0;
      const model: Model = async ({ prompt, hasResult, tools }) => {
        // Some ask for a title first, without tools.
        if (tools.length === 0) return { kind: 'say', text: 'Three steps' };
        if (prompt.includes('LOOK:'))
          return hasResult
            ? { kind: 'say', text: 'There is notes.txt.' }
            : { kind: 'call', text: 'I look.', ...cli.shell('ls') };
        if (prompt.includes('REVIEW:')) return { kind: 'say', text: `DONE after ${prompt.slice(-20)}` };
        if (hasResult) return { kind: 'say', text: 'I wrote it.' };
        changes += 1;
        if (changes === 1) {
          asked.resolve();
          await pausing.promise;
        }
        return {
          kind: 'call',
          text: 'I write.',
          ...cli.shell(`echo ${changes === 1 ? 'once' : 'twice'} >> notes.txt`),
        };
      };
      const endpoint = await MockEndpoint.start(model);
      t.after(() => endpoint.close());
      const { args, env } = await cli.setUp(join(folder, 'agent'), endpoint.url);
      const agents = { real: { preset: cli.preset, args, env: { PATH: path, ...env } } };
      const options = { env: { LOCKSTEP_AGENTS: JSON.stringify(agents) } };

      const first = new RpcClient(t, home, options);
      const { id } = await first.call(runsStart, { file, workspace: project });
      await asked.promise;
      await first.call(runsPause, { id });
      assert.equal((await first.call(runsGet, { id })).status, 'pausing');
      pausing.resolve();
      await until(async () => (await first.call(runsGet, { id })).status === 'paused');
      assert.deepEqual(iterations(await first.call(runsGet, { id })), [1, 1, 0]);
      await first.stop();

      const second = new RpcClient(t, home, options);
      await second.call(runsContinue, { id });
      await until(async () => (await second.call(runsGet, { id })).endedAt !== undefined);
      const run = await second.call(runsGet, { id });
      assert.deepEqual([run.status, run.error, iterations(run)], ['completed', undefined, [1, 2, 1]]);
      assert.equal(await readFile(join(project, 'notes.txt'), 'utf8'), 'once\ntwice\n');

      // Three of the four iterations took two turns of the model.
      assert.deepEqual([run.tokens, run.costUsd === undefined], [7 * 120, cli.turnCostUsd === undefined]);
      if (cli.turnCostUsd !== undefined)
        assert.equal(run.costUsd?.toFixed(6), (7 * cli.turnCostUsd).toFixed(6));
      // Their sessions are ended after the run.
      let steps: Session[] = [];
      await until(async () => {
        steps = await Promise.all(
          run.steps.map(({ session = '' }) => second.call(sessionsGet, { id: session })),
        );
        return steps.every(({ status }) => status !== 'active');
      });
      assert.deepEqual(
        steps.map(({ status, toolCalls }) => [status, toolCalls]),
        [
          ['completed', 1],
          ['completed', 2],
          ['completed', 0],
        ],
      );
      const { events } = await second.call(sessionsEvents, { id, types: ['run.agent'] });
      const markers = events.map(({ data }) => agentEventData.parse(data).marker);
      assert.equal(new Set(markers).size, 4);
      for (const marker of markers) assert.deepEqual(processesWith(marker), []);
    });
});

function iterations({ steps }: Run): number[] {
  return steps.map(({ iterations }) => iterations);
}
