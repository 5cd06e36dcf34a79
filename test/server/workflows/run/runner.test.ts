import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../../../scripts/host/eventually.ts';
import { AGENT_EVENT, agentEventData } from '../../../../server/workflows/run/runRecord.ts';
import type { PlannedStep } from '../../../../server/domain/workflowPlan.ts';
import { sessionsEvents } from '../../../../server/protocol/sessionHistoryMethods.ts';
import { sessionsPause, sessionsResume } from '../../../../server/protocol/sessionLifecycleMethods.ts';
import { runsContinue, runsGet } from '../../../../server/protocol/workflowMethods.ts';
import { sessionsFind, sessionsGet } from '../../../../server/protocol/sessionQueryMethods.ts';
import { connect, makeRun, planned, type Connection } from './driveRun.ts';

const DRIVE_RUN = fileURLToPath(new URL('driveRun.ts', import.meta.url));

describe('a run, by its runner', () => {
  let folder: string;
  let connection: Connection;
  let call: Connection['call'];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-run-'));
    connection = connect(folder);
    ({ call } = connection);
  });
  afterEach(async () => {
    await connection.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  const step = (id: string, more: Partial<PlannedStep> = {}) => planned(folder, id, more);
  const startRun = (steps: readonly PlannedStep[]) => makeRun(call, folder, steps);
  const drive = (id: string) => connection.server.drive(id, new AbortController().signal);
  const linesOf = async (id: string) => (await readFile(join(folder, id), 'utf8')).split('\n').length - 1;

  test('goes through its steps in order, each until its condition holds, and tells all of it in sessions', async () => {
    const { id } = await startRun([
      step('first', { untilOutput: '^lines: 3$' }),
      step('second', { needs: ['first'], until: 'test "$(wc -l < second)" -ge 2' }),
    ]);
    assert.equal(await drive(id), 'completed');
    assert.deepEqual([await linesOf('first'), await linesOf('second')], [3, 2]);
    const run = await call(sessionsGet, { id });
    assert.deepEqual([run.status, run.iterations], ['completed', 5]);
    const { sessions } = await call(sessionsFind, { parentId: id });
    const told = sessions.map(({ title, status, iterations, messages }) => [
      title,
      status,
      iterations,
      messages,
    ]);
    assert.deepEqual(
      told.toSorted((a, b) => String(a[0]).localeCompare(String(b[0]))),
      [
        ['first', 'completed', 3, 3],
        ['second', 'completed', 2, 2],
      ],
    );
  });

  test('a step whose agent fails fails the run, which says why', async () => {
    await writeFile(join(folder, 'missing'), '');
    const { id } = await startRun([step('broken', { prompt: join(folder, 'no', 'such', 'folder') })]);
    assert.equal(await drive(id), 'failed');
    const { status, error } = await call(sessionsGet, { id });
    assert.equal(status, 'failed');
    assert.match(error ?? '', /Step broken failed/);
  });

  test('a pattern that takes too long on an answer fails the step, which says so, instead of using up its iterations', async () => {
    // Twenty ways to read each character of `lines: 1`.
    const slow = `^(?:${'.|'.repeat(19)}.){8}!$`;
    const { id } = await startRun([step('first', { untilOutput: slow })]);
    assert.equal(await drive(id), 'failed');
    const { error, iterations } = await call(sessionsGet, { id });
    assert.match(error ?? '', /Step first failed.*untilOutput took too long on this answer/s);
    assert.equal(iterations, 1);
  });

  test('a pause that is asked for waits for the iteration, and the run goes on where it was', async () => {
    const { id } = await startRun([step('first', { untilOutput: '^lines: 4$' })]);
    const watch = connection.server.onDidChange(() => {
      void call(sessionsEvents, { id, types: ['iteration'] }).then(async ({ events }) => {
        if (events.length < 2) return;
        watch.dispose();
        await call(sessionsPause, { id }).catch(() => undefined);
      });
    });
    assert.equal(await drive(id), 'paused');
    const paused = await call(sessionsGet, { id });
    assert.deepEqual([paused.status, paused.iterations], ['paused', await linesOf('first')]);
    await call(sessionsResume, { id });
    assert.equal(await drive(id), 'completed');
    assert.equal(await linesOf('first'), 4);
    assert.equal((await call(sessionsGet, { id })).iterations, 4);
  });

  test('at a gate the run parks until a person continues it', async () => {
    const { id } = await startRun([step('first'), step('second', { needs: ['first'], gate: 'manual' })]);
    assert.equal(await drive(id), 'parked');
    assert.equal((await call(sessionsGet, { id })).status, 'paused');
    await assert.rejects(linesOf('second'));
    await call(runsContinue, { id });
    await eventually(
      () => call(runsGet, { id }),
      ({ status }) => status === 'completed',
      { what: 'the end of the run', timeoutMs: 30_000 },
    );
    assert.equal(await linesOf('second'), 1);
  });

  test('a runner that is killed leaves no agent behind, and another one goes on after what was finished', async () => {
    const { id } = await startRun([step('first', { untilOutput: '^lines: 3$' })]);
    await writeFile(join(folder, 'first.slow'), '');
    const runner = spawn(process.execPath, [DRIVE_RUN, folder, id], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const exited = once(runner, 'exit');
    const agent = await eventually(
      async () => {
        const { events } = await call(sessionsEvents, { id, types: [AGENT_EVENT] });
        const wrote = await linesOf('first').catch(() => 0);
        return wrote === 0 ? undefined : agentEventData.parse(events.at(-1)?.data).pid;
      },
      (pid) => pid !== undefined,
      { what: 'an agent at work' },
    );
    runner.kill('SIGKILL');
    await exited;
    await rm(join(folder, 'first.slow'));
    assert.equal(await drive(id), 'completed');
    assert.throws(() => process.kill(agent ?? 0, 0), { code: 'ESRCH' });
    // The interrupted iteration wrote its line, and stays charged; the two others were finished.
    const { iterations, status } = await call(sessionsGet, { id });
    assert.deepEqual([status, iterations, await linesOf('first')], ['completed', 3, 3]);
    const { sessions } = await call(sessionsFind, { parentId: id });
    const ends = await call(sessionsEvents, { id: sessions[0]?.id ?? '', types: ['iteration_end'] });
    assert.deepEqual(
      ends.events.map(({ data }) => data['outcome']),
      ['interrupted', 'again', 'done'],
    );
  });
});
