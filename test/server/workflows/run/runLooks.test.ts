import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { v7 as uuidv7 } from 'uuid';
import * as sessionState from '../../../../server/domain/sessionState.ts';
import * as run from '../../../../server/domain/workflowRun.ts';
import { Leases } from '../../../../server/locks/leases.ts';
import { Owners } from '../../../../server/locks/owners.ts';
import { systemClock as clock } from '../../../../server/platform/clock.ts';
import { Counters } from '../../../../server/platform/counters.ts';
import { systemFileSystem } from '../../../../server/platform/fileSystem.ts';
import { systemProcesses } from '../../../../server/platform/systemProcesses.ts';
import { sessionsStart } from '../../../../server/protocol/sessionLifecycleMethods.ts';
import type { Connection } from '../../../../server/store/connection.ts';
import { SqliteLeaseStore } from '../../../../server/store/sqliteLeaseStore.ts';
import { SqliteSessionStore } from '../../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../../server/store/storeFile.ts';
import { NOT_ENFORCED } from '../../../../server/workflows/agents/limits/agentLimits.ts';
import { RunLooks } from '../../../../server/workflows/run/runLooks.ts';
import { STATE_EVENT, stateEvent } from '../../../../server/workflows/run/runRecord.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { planOf, plannedStep } from '../../domain/workflowPlans.ts';

const PLAN = planOf([plannedStep('a'), plannedStep('b')]);

/** Counts how often the store is read. */
class CountedFile extends StoreFile {
  reads = 0;

  override read<T>(work: (connection: Connection) => T): Promise<T> {
    this.reads += 1;
    return super.read(work);
  }
}

async function looksOf(t: TestContext) {
  const path = join(await tempFolder(t), 'lockstep.db');
  const counters = new Counters();
  const file = new CountedFile({ path, fileSystem: systemFileSystem, counters });
  t.after(() => file.close());
  const sessions = new SqliteSessionStore(file, clock);
  const owners = new Owners(systemProcesses());
  const leases = new Leases({
    sessions,
    leases: new SqliteLeaseStore(file, clock),
    owners,
    clock,
    counters,
  });
  const now = clock.now();
  const stopped = { now: () => now };
  const agents = { enforcement: () => Promise.resolve(NOT_ENFORCED) };
  return {
    file,
    sessions,
    leases,
    looks: new RunLooks({ sessions, leases, agents, clock: stopped, remarks: () => Promise.resolve({}) }),
  };
}

/** A run of which step `a` is at work, in a session of its own. */
async function makeRun(sessions: SqliteSessionStore): Promise<{ id: string; step: string }> {
  const session = (more: object) => {
    const params = sessionsStart.params.parse({ task: 'x', mode: 'x', ...more });
    return sessionState.start(params, uuidv7(), clock.now());
  };
  const first = session({ kind: 'workflow', metadata: { plan: PLAN } });
  const state = run.begun(PLAN, run.start(PLAN, clock.now()), 'a', clock.now());
  const record = { state, fence: 1, handled: 0, questions: [] };
  const { id } = await sessions.create({ ...first, events: [...first.events, stateEvent(record)] });
  const child = session({ kind: 'step', parentId: id, metadata: { step: 'a' } });
  return { id, step: (await sessions.create(child)).id };
}

describe('runs, as they are listed', () => {
  test('are read a hundred at a time, with all that they are made of', async (t) => {
    const { file, sessions, looks, leases } = await looksOf(t);
    const made: { id: string; step: string }[] = [];
    for (let index = 0; index < 120; index++) made.push(await makeRun(sessions));
    const driven = made[7]?.id ?? '';
    await leases.acquire({ session: driven, ttlMs: 60_000, waitMs: 0 });
    file.reads = 0;
    const runs = await looks.list({ limit: 500 });
    assert.equal(file.reads, 2);
    assert.deepEqual(
      runs.map(({ id, steps }) => [id, steps[0]?.session, steps[0]?.iterations, steps[1]?.status]),
      made.toReversed().map(({ id, step }) => [id, step, 1, 'waiting']),
    );
    const driving = runs.filter(({ steps }) => steps[0]?.status === 'running');
    assert.deepEqual(driving, [await looks.view(driven)]);
    assert.deepEqual(
      (await looks.list({ limit: 3 })).map(({ id }) => id),
      runs.slice(0, 3).map(({ id }) => id),
    );
  });

  const started = run.start(PLAN, clock.now());
  const aStep = { ...started.steps[0], id: 'zzz' };
  for (const [what, plan, state] of [
    ['what is recorded is of another form', PLAN, { status: 'odd', steps: [] }],
    ['it has steps that its plan does not have', PLAN, { ...started, steps: [...started.steps, aStep] }],
    ['its times are none', PLAN, { ...started, activeSince: 9e15 }],
    ['its numbers are none together', PLAN, { ...started, added: Number.MAX_SAFE_INTEGER }],
    ['its limits are none', { ...PLAN, limits: { tokens: -1 } }, started],
    ['its steps need one that is not there', planOf([plannedStep('a', { needs: ['none'] })]), undefined],
    ['two of its steps have one id', planOf([plannedStep('a'), plannedStep('a')]), undefined],
  ] as const) {
    test(`are none, and hide no other, where they cannot be read, as in an import: ${what}`, async (t) => {
      const { sessions, looks } = await looksOf(t);
      const { id } = await makeRun(sessions);
      const params = sessionsStart.params.parse({
        task: 'x',
        mode: 'x',
        kind: 'workflow',
        metadata: { plan },
      });
      const first = sessionState.start(params, uuidv7(), clock.now());
      const recorded = state === undefined ? [] : [{ type: STATE_EVENT, data: { state } }];
      const odd = await sessions.create({ ...first, events: [...first.events, ...recorded] });
      assert.deepEqual(
        (await looks.list({ limit: 9 })).map((one) => one.id),
        [id],
      );
      await assert.rejects(looks.view(odd.id), { code: 'INVALID_PARAMS' });
    });
  }
});
