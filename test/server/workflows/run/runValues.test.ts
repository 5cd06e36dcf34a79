import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { sessionsEvents } from '../../../../server/protocol/sessionHistoryMethods.ts';
import { runsContinue } from '../../../../server/protocol/workflowMethods.ts';
import { connect, environmentOf } from './driveRun.ts';
import { hasEnded, isAt, runFolder } from './runFolder.ts';

/** Prints its prompt and what it has of its environment. */
const TELLS = `
  const prompt = require('node:fs').readFileSync(0, 'utf8');
  const { SAID, KEY, LOCKSTEP_AGENTS, LOCKSTEP_HOME } = process.env;
  console.log(JSON.stringify({ prompt, SAID, KEY, AGENTS: LOCKSTEP_AGENTS, HOME: LOCKSTEP_HOME }));
`;
const AGENTS = { tells: { protocol: 'command', command: [process.execPath, '-e', TELLS] } };

describe('the values of a run', () => {
  test('stand in prompts and environments as text, and in until as what the shell cannot read as its own', async (t) => {
    const { start, once, folder, call } = await runFolder(t, AGENTS);
    const hostile = `a"; touch pasted; '$(touch pasted)' \`touch pasted\` \${inputs.other}`;
    const { id } = await start(
      `
agent: tells
inputs: { what: { description: Anything }, other: never }
env: { SAID: "\${inputs.what}" }
steps:
  - id: first
    prompt: "\${iteration}: \${inputs.what} $\${inputs.what}"
  - id: second
    needs: [first]
    env: { KEY: "<\${steps.first.output}>" }
    prompt: "\${steps.first.output}"
    until: |
      printf '%s' \${inputs.what} >what
      printf '%s' "\${steps.first.output}" >output
      printf '%s' '\${iteration}' >iteration
      printf '%s' "\${SAID}" >said
      test \${iteration} = 2
`,
      { what: hostile },
    );
    const run = await once(id, hasEnded);
    assert.deepEqual([run.status, run.iterations], ['completed', 3]);
    const read = (name: string) => readFile(join(folder, name), 'utf8');
    const first = JSON.stringify({ prompt: `1: ${hostile} \${inputs.what}`, SAID: hostile });
    assert.deepEqual(
      [await read('what'), await read('output'), await read('iteration'), await read('said')],
      [hostile, first, '2', hostile],
    );
    await assert.rejects(read('pasted'));
    const { events } = await call(sessionsEvents, { id: run.steps[1]?.session ?? '', types: ['message'] });
    const said: unknown = JSON.parse(String(events[0]?.data['content']));
    assert.deepEqual(said, { prompt: first, SAID: hostile, KEY: `<${first}>` });
  });

  test('an output that is too long for a variable is cut, and one that was never given is empty', async (t) => {
    const { start, once, folder } = await runFolder(t, {
      long: {
        protocol: 'command',
        command: [process.execPath, '-e', 'process.stdout.write("ä".repeat(200_000) + "end")'],
      },
      fails: { protocol: 'command', command: [process.execPath, '-e', 'process.exit(3)'] },
    });
    const { id } = await start(`
steps:
  - { id: long, agent: long, prompt: x }
  - { id: fails, agent: fails, prompt: x, continueOnError: true }
  - id: last
    agent: long
    needs: [long, fails]
    prompt: x
    until: printf '%s' \${steps.long.output} >long; printf '%s' "<"\${steps.fails.output}">" >none
`);
    const run = await once(id, hasEnded);
    assert.deepEqual([run.status, run.error], ['completed', undefined]);
    const long = await readFile(join(folder, 'long'), 'utf8');
    assert.ok(long.endsWith('äend') && long.length > 50_000 && Buffer.byteLength(long) <= 120 * 1024);
    assert.equal(await readFile(join(folder, 'none'), 'utf8'), '<>');
  });

  test('an agent that is there no more fails its step, which says so', async (t) => {
    const { start, once, folder, alone } = await runFolder(t, AGENTS);
    const { id } = await start('agent: tells\nsteps: [{ id: a, prompt: x, gate: manual }]\n');
    await once(id, isAt('parked'));
    await alone(id);
    // Another window, with other settings.
    const other = connect(folder, environmentOf(folder));
    t.after(other.close);
    await other.call(runsContinue, { id });
    const run = await once(id, hasEnded);
    assert.equal(run.status, 'failed');
    assert.match(run.error ?? '', /There is no agent tells/);
  });
});
