import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { describe, test, type TestContext } from 'node:test';
import { sessionsExport, sessionsFork, sessionsImport } from '../../server/protocol/sessionCopyMethods.ts';
import type { JsonObject } from '../../server/protocol/json.ts';
import { sessionsAddEvent, sessionsEvents } from '../../server/protocol/sessionHistoryMethods.ts';
import { sessionsStart } from '../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsGet } from '../../server/protocol/sessionQueryMethods.ts';
import { runsContinue, runsGet, runsStop } from '../../server/protocol/workflowMethods.ts';
import { AGENT_EVENT, NOTICE_EVENT, STATE_EVENT } from '../../server/workflows/run/runRecord.ts';
import { hasEnded, isAt, runFolder, type RunFolder } from '../server/workflows/run/runFolder.ts';
import { killAllWith, processesWith } from '../server/workflows/markedProcesses.ts';
import { runCommand } from '../support/command.ts';
import { until } from '../support/until.ts';
import { agentOf, killBoth } from './killedBoth.ts';

const ONE = `
agent: counter
inputs: { folder: . }
steps:
  - { id: a, prompt: "\${inputs.folder}/a", maxIterations: 2, untilOutput: "lines: 2" }
`;
/** Leaves a process in its group that has not its marker, so that nothing proves whose it is once the agent is gone. */
const HIDING = ['bash', '-c', 'env -u LOCKSTEP_AGENT_MARKER sleep 100000 & wait'];
const HIDDEN = `
agent: hiding
steps:
  - { id: a, prompt: hide }
`;

/** A run whose agent is at work, with nobody who would end it. */
async function leftBehind(t: TestContext) {
  const place = await runFolder(t);
  await place.slow('a', true);
  const { id } = await place.start(ONE, { folder: place.folder });
  const agent = await agentOf(place, id);
  await killBoth(place, id);
  await place.once(id, isAt('interrupted'));
  assert.deepEqual(processesWith(agent.marker), [agent.pid], 'it is at work');
  return { ...place, id, agent };
}

async function noticesOf({ call }: RunFolder, id: string): Promise<unknown[]> {
  const { events } = await call(sessionsEvents, { id, types: [NOTICE_EVENT] });
  return events.map(({ data }) => data['text']);
}

describe('an agent whose runner and supervisor were both killed', { concurrency: 2 }, () => {
  test('is ended by whoever looks at the runs next, which is told, and the run can go on', async (t) => {
    const left = await leftBehind(t);
    const { id, agent, env, call, slow, once } = left;
    const { code, stdout } = await runCommand(['runs', id], { env });
    assert.deepEqual(processesWith(agent.marker), []);
    assert.equal(code, 0);
    assert.match(stdout, /status +interrupted\n/);
    assert.deepEqual(await noticesOf(left, id), [
      `The agent of step a (process ${agent.pid}) was still at work, though the process that drove the run was gone, and the one that watched over the agent as well. It was ended.`,
    ]);
    await slow('a', false);
    await call(runsContinue, { id });
    assert.equal((await once(id, hasEnded)).status, 'completed');
  });

  test('is ended by a server that starts', async (t) => {
    const { agent, window } = await leftBehind(t);
    window();
    await until(() => processesWith(agent.marker).length === 0);
  });

  test('is ended once by servers that look at the same time, and told of once', async (t) => {
    const left = await leftBehind(t);
    const servers = [left.connection, left.other(), left.other()].map(({ server }) => server);
    await Promise.all(servers.map((server) => server.sweepRuns()));
    assert.deepEqual(processesWith(left.agent.marker), []);
    assert.equal((await noticesOf(left, left.id)).length, 1);
  });

  test('is not touched where nothing proves whose it is, and is shown', async (t) => {
    const tag = randomUUID();
    const hiding = { protocol: 'command', command: HIDING, env: { HIDING_TAG: tag } };
    const place = await runFolder(t, { hiding });
    const { connection, env, call } = place;
    const { id } = await place.start(HIDDEN);
    const agent = await agentOf(place, id);
    const hidden = () => processesWith(`HIDING_TAG=${tag}`, agent.marker);
    await until(() => hidden().length === 1);
    const [pid = 0] = hidden();
    t.after(() => killAllWith(`HIDING_TAG=${tag}`, agent.marker));
    await killBoth(place, id);
    process.kill(agent.pid, 'SIGKILL');
    // As long as it is not reaped, its number proves whose the group is.
    await until(() => !existsSync(`/proc/${agent.pid}`));
    await place.once(id, isAt('parked'));
    await connection.server.sweepRuns();
    const { error } = await call(runsGet, { id });
    assert.match(error ?? '', new RegExp(`\\nAn agent may still be at work \\(pid ${pid}\\)\\.$`));
    assert.deepEqual(hidden(), [pid]);
    for (const line of [['runs'], ['runs', id], ['show', id]]) {
      const { stdout } = await runCommand(line, { env });
      assert.ok(stdout.includes(`An agent may still be at work (pid ${pid}).`), stdout);
    }
    assert.deepEqual(await noticesOf(place, id), []);
    process.kill(pid, 'SIGKILL');
    await until(async () => {
      await connection.server.sweepRuns();
      return (await call(runsGet, { id })).error?.includes('at work') === false;
    });
  });
});

describe('an agent whose run is driven', () => {
  test('is let be, also where a copy of its run is driven by nobody', async (t) => {
    const place = await runFolder(t);
    await place.slow('a', true);
    const { id } = await place.start(ONE, { folder: place.folder });
    const agent = await agentOf(place, id);
    await place.call(sessionsFork, { id });
    await place.connection.server.sweepRuns();
    assert.ok(processesWith(agent.marker).includes(agent.pid));
    await place.slow('a', false);
    const run = await place.once(id, hasEnded);
    assert.deepEqual([run.status, run.iterations], ['completed', 2]);
    assert.deepEqual(await noticesOf(place, id), []);
  });

  test('is let be by whoever ends a copy of its run', async (t) => {
    const place = await runFolder(t);
    await place.slow('a', true);
    const { id } = await place.start(ONE, { folder: place.folder });
    const agent = await agentOf(place, id);
    const copy = await place.call(sessionsFork, { id });
    assert.equal((await place.call(runsStop, { id: copy.id })).status, 'stopped');
    assert.ok(processesWith(agent.marker).includes(agent.pid));
    await place.slow('a', false);
    const run = await place.once(id, hasEnded);
    assert.deepEqual([run.status, run.iterations], ['completed', 2]);
  });
});

test('a process is let be of which an event tells no more than its number', async (t) => {
  const place = await runFolder(t);
  const { call, connection } = place;
  await place.slow('a', true);
  const { id } = await place.start(ONE, { folder: place.folder });
  await agentOf(place, id);
  const { kind, task, mode, metadata } = await call(sessionsGet, { id });
  const { events } = await call(sessionsEvents, { id, types: [STATE_EVENT] });
  const made = await call(sessionsStart, { kind, task, mode, metadata, maxIterations: 2 });
  const stranger = spawn('sleep', ['100000'], { detached: true, stdio: 'ignore' });
  t.after(() => stranger.kill('SIGKILL'));
  const add = (type: string, data: JsonObject) =>
    call(sessionsAddEvent, { id: made.id, type: `as.${type}`, data });
  await add(STATE_EVENT, events.at(-1)?.data ?? {});
  await add(AGENT_EVENT, { step: 'a', marker: randomUUID(), pid: stranger.pid ?? 0 });
  // Nobody may add events like these to a run, but a file that is imported may have any.
  const { content } = await call(sessionsExport, { ids: [made.id] });
  const imported = await call(sessionsImport, { content: content.replaceAll('"as.run.', '"run.') });
  const copy = imported.sessions[0] ?? assert.fail();
  assert.equal((await call(runsGet, { id: copy.id })).status, 'interrupted');
  await connection.server.sweepRuns();
  assert.deepEqual([stranger.exitCode, stranger.signalCode], [null, null]);
  await place.slow('a', false);
  await place.once(id, hasEnded);
});
