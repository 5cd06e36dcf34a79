import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { SessionEvent } from '../../server/protocol/event.ts';
import { sessionsEvents } from '../../server/protocol/sessionHistoryMethods.ts';
import { OUTPUT_EVENT, outputEventData } from '../../server/workflows/run/runRecord.ts';
import type { RpcClient } from '../support/rpcClient.ts';
import { tempFolder } from '../support/tempFolder.ts';
import { until } from '../support/until.ts';
import { Random } from './random.ts';
import { KilledRun } from './runs/killedRun.ts';
import { parseLedger } from './runs/ledger.ts';
import { faultsOf } from './runs/runFaults.ts';
import { tagged } from './runs/victims.ts';

const KILLS = Number(process.env['LOCKSTEP_RUNS_CRASH_KILLS'] ?? 3);
const SEED = process.env['LOCKSTEP_CRASH_SEED'] ?? randomBytes(4).toString('hex');
/** How many runs go on side by side in one store. */
const WIDTH = 2;
const FINISHED = /^finished \d+ with iteration (\d+)$/;

describe('runs', () => {
  it(`go on, count what was finished once and leave no process, while theirs are killed at random (seed ${SEED})`, async (t) => {
    const home = await tempFolder(t);
    const folder = await tempFolder(t);
    const figures = {
      runs: 0,
      killed: {} as Record<string, number>,
      continued: 0,
      iterations: 0,
      finished: 0,
    };
    let kills = 0;
    const one = async (random: Random) => {
      while (kills < KILLS) {
        const name = `run-${figures.runs++}`;
        const killed = await oneRun(t, { home, folder: join(folder, name), random: random.fork(name) });
        kills += killed.kills.length;
        figures.continued += killed.continued;
        figures.iterations += killed.iterations;
        figures.finished += killed.finished;
        for (const { kinds } of killed.kills)
          figures.killed[kinds.join('+')] = (figures.killed[kinds.join('+')] ?? 0) + 1;
      }
    };
    const random = new Random(SEED);
    await Promise.all(Array.from({ length: WIDTH }, (_, at) => one(random.fork(String(at)))));
    t.diagnostic(JSON.stringify({ seed: SEED, kills, ...figures }));
  });
});

async function oneRun(
  t: TestContext,
  options: { readonly home: string; readonly folder: string; readonly random: Random },
) {
  await mkdir(options.folder);
  const killed = new KilledRun(t, { ...options, kills: options.random.int(1, 3) });
  const { run, client } = await killed.toItsEnd();
  // The runner waits for the whole of each agent, and so what is left now stays.
  const left = tagged(killed.tag).filter(({ kind }) => kind === 'agent' || kind === undefined);
  const outputs = await eventsOf(client, run.id, OUTPUT_EVENT);
  const counted = outputs.flatMap(({ data }) => {
    const { step, output } = outputEventData.parse(data);
    const iteration = FINISHED.exec(output)?.[1];
    return iteration === undefined ? [] : [{ step, iteration: Number(iteration) }];
  });
  const charged = (await eventsOf(client, run.id, 'iteration')).length;
  const ledger = parseLedger(killed.ledger);
  const faults = faultsOf({ run, ledger, kills: killed.kills, counted, charged });
  const about = () => JSON.stringify({ seed: SEED, kills: killed.kills, run, ledger, outputs }, undefined, 1);
  assert.deepEqual(faults, [], about());
  assert.deepEqual(left, [], about());
  await client.stop();
  await until(() => tagged(killed.tag).length === 0);
  return {
    kills: killed.kills,
    continued: killed.continued,
    iterations: run.iterations,
    finished: counted.length,
  };
}

async function eventsOf(client: RpcClient, id: string, type: string): Promise<SessionEvent[]> {
  const found: SessionEvent[] = [];
  let afterSeq: number | undefined = 0;
  while (afterSeq !== undefined) {
    const page: { events: SessionEvent[]; nextSeq?: number | undefined } = await client.call(sessionsEvents, {
      id,
      afterSeq,
      limit: 1000,
      types: [type],
    });
    found.push(...page.events);
    afterSeq = page.nextSeq;
  }
  return found;
}
