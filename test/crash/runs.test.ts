import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { SessionEvent } from '../../server/protocol/event.ts';
import { sessionsEvents } from '../../server/protocol/sessionHistoryMethods.ts';
import { OUTPUT_EVENT, outputEventData } from '../../server/workflows/run/runRecord.ts';
import type { RpcClient } from '../support/rpcClient.ts';
import { tempFolder } from '../support/tempFolder.ts';
import { Random } from './random.ts';
import type { Door, DoorOptions } from './runs/door.ts';
import { KilledRun } from './runs/killedRun.ts';
import { iterationIn, NAME } from './runs/killedWorkflow.ts';
import { parseLedger } from './runs/ledger.ts';
import { faultsOf } from './runs/runFaults.ts';
import { ServerDoor } from './runs/serverDoor.ts';
import { isOfAgent, isOfRun, whatStays } from './runs/victims.ts';
import { prepareEditor, WindowDoor } from './runs/windowDoor.ts';

/** Of runs that a server starts, and of those that a window of VS Code starts: that needs a build. */
const KILLS = Number(process.env['LOCKSTEP_RUNS_CRASH_KILLS'] ?? 3);
const WINDOW_KILLS = Number(process.env['LOCKSTEP_RUNS_CRASH_WINDOW_KILLS'] ?? 0);
const SEED = process.env['LOCKSTEP_CRASH_SEED'] ?? randomBytes(4).toString('hex');

/** How many servers' runs go on side by side in one store. */
const WIDTH = 2;

/** Runs one after the other, until so many kills were made. */
interface Lane {
  readonly kills: number;
  /** At most. */
  readonly killsOfRun: number;
  readonly door: (options: DoorOptions, random: Random) => Promise<Door>;
}

describe('runs', () => {
  it(`go on, count what was finished once and leave no process, while theirs are killed at random (seed ${SEED})`, async (t) => {
    const home = await tempFolder(t);
    const folder = await tempFolder(t);
    const lanes: Lane[] = Array.from({ length: WIDTH }, (_, at) => ({
      kills: Math.ceil((KILLS - at) / WIDTH),
      killsOfRun: 3,
      door: async (options, random) => new ServerDoor(t, options, random),
    }));
    if (WINDOW_KILLS > 0) {
      const editor = await prepareEditor(t, await tempFolder(t));
      const door = (options: DoorOptions) => WindowDoor.start(t, editor, options);
      // A window takes as long to open as many iterations.
      lanes.push({ kills: WINDOW_KILLS, killsOfRun: 5, door });
    }
    const over = new AbortController();
    const { signal } = over;
    const figures: Record<string, number> = { runs: 0 };
    const killed: Record<string, number> = {};
    const count = (into: Record<string, number>, name: string, by: number) => {
      into[name] = (into[name] ?? 0) + by;
    };
    const goDown = async ({ kills, killsOfRun, door }: Lane, random: Random) => {
      for (let left = kills, at = 0; left > 0; at++) {
        const its = random.fork(String(at));
        const tag = randomUUID();
        const workspace = join(folder, tag);
        const file = join(workspace, `${NAME}.lockstep.yaml`);
        const options = { home, workspace, file, tag, endsWithWindow: its.chance(0.3) };
        const most = Math.min(left, its.int(1, killsOfRun));
        const opened = await door(options, its.fork('door'));
        const run = new KilledRun(t, { ...options, door: opened, random: its, kills: most, signal });
        const made = await oneRun(run);
        left -= run.kills.length;
        for (const { kinds } of run.kills) count(killed, kinds.join('+'), 1);
        for (const [name, by] of Object.entries({ ...made, ...run.counts, runs: 1 }))
          count(figures, name, by);
      }
    };
    const random = new Random(SEED);
    await Promise.all(lanes.map((lane, at) => goDown(lane, random.fork(String(at))))).finally(() =>
      over.abort(),
    );
    const kills = Object.values(killed).reduce((all, one) => all + one, 0);
    t.diagnostic(JSON.stringify({ seed: SEED, kills, ...figures, killed }));
  });
});

/** Gives how many iterations it has begun, and finished. */
async function oneRun(
  killed: KilledRun,
): Promise<{ readonly iterations: number; readonly finished: number }> {
  const { door, tag, endsWithWindow } = killed.options;
  const run = await killed.toItsEnd();
  const left = await whatStays(tag, (all) => all.filter((one) => isOfAgent(one) || isOfRun(one)));
  const outputs = await eventsOf(door.client, run.id, OUTPUT_EVENT);
  const counted = outputs.flatMap(({ data }) => {
    const { step, output } = outputEventData.parse(data);
    const iteration = iterationIn(output);
    return iteration === undefined ? [] : [{ step, iteration }];
  });
  const charged = (await eventsOf(door.client, run.id, 'iteration')).length;
  const ledger = parseLedger(killed.ledger);
  const { kills, interruptions, unswept } = killed;
  const facts = { run, ledger, kills, interruptions, endsWithWindow, unswept, counted, charged };
  const about = () => JSON.stringify({ seed: SEED, ...facts, outputs }, undefined, 1);
  assert.deepEqual(faultsOf(facts), [], about());
  assert.deepEqual(left, [], about());
  await door.close();
  assert.deepEqual(await whatStays(tag, (all) => all), []);
  return { iterations: run.iterations, finished: counted.length };
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
