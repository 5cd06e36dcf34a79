import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { runsGet, runsList, type Run } from '../../../server/protocol/workflowMethods.ts';
import { RpcClient } from '../../support/rpcClient.ts';
import { until } from '../../support/until.ts';
import type { Random } from '../random.ts';
import type { Door, DoorOptions } from './door.ts';
import { killedWorkflow, NAME } from './killedWorkflow.ts';
import { enoughPath, holdPath, parseLedger } from './ledger.ts';
import { isOfAgent, tagged, whatStays, type Kind, type Tagged } from './victims.ts';

/** What one signal killed, and the moment before it. */
export interface Kill {
  readonly kinds: readonly Kind[];
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** A run that was driven was so no longer. Times in milliseconds since the epoch. */
export interface Interruption {
  /** When it was last told to go on. */
  readonly askedAt: number;
  /** Until then, whoever was told may have been killed before there was a runner. */
  readonly launchedBy: number;
  readonly seenAt: number;
}

/** What to kill at once. */
const VICTIMS: readonly (readonly Kind[])[] = [
  ['runner'],
  ['supervisor'],
  ['agent'],
  ['runner', 'supervisor'],
  ['server'],
  ['standIn'],
  ['runner', 'server'],
  ['extensionHost'],
  ['languageServer'],
  ['extensionHost', 'languageServer'],
  ['runner', 'extensionHost'],
  ['runner', 'supervisor', 'extensionHost', 'languageServer'],
];
/** The longest wait before a kill, in milliseconds. */
const LONGEST_MS = 2500;
/**
 * How often in a row something may go otherwise than it was told, though nothing was killed: a click may be lost, and a
 * runner may come that was long on its way.
 */
const PATIENCE = 2;
/** How long iterations are held for somebody to see that the runner is gone, in milliseconds. */
const HOLD_MS = 60_000;
const LOOK_MS = 30;
/** A signal may come to effect a little later. */
const EFFECT_MS = 2000;

export interface KilledRunOptions extends DoorOptions {
  readonly door: Door;
  readonly random: Random;
  /** How often something is killed. */
  readonly kills: number;
  /** Another run has come to nothing: this one is not gone on with. */
  readonly signal: AbortSignal;
}

/** A run that is killed again and again, and that somebody lets go on whenever it is interrupted. */
export class KilledRun {
  readonly kills: Kill[] = [];
  readonly interruptions: Interruption[] = [];
  /** What was still there of agents when a server had started, though the run had no runner: commands. */
  readonly unswept: string[] = [];
  readonly counts = { continued: 0, paused: 0, swept: 0, refused: 0 };
  readonly ledger: string;
  readonly #t: Pick<TestContext, 'after'>;
  readonly options: KilledRunOptions;
  readonly #door: Door;
  readonly #random: Random;
  #isOver = false;
  #isInterrupted = false;
  #askedAt = 0;
  #launchedBy = 0;
  /** Nobody has told the run anything since the last kill. */
  #isUntouched = true;

  constructor(t: Pick<TestContext, 'after'>, options: KilledRunOptions) {
    this.#t = t;
    this.options = options;
    this.#door = options.door;
    this.#random = options.random.fork('person');
    this.ledger = join(options.workspace, 'ledger');
    t.after(() => {
      for (const { pid } of tagged(options.tag)) kill(pid);
    });
  }

  /** Until it has ended. */
  async toItsEnd(): Promise<Run> {
    const { workspace, file } = this.options;
    await mkdir(workspace);
    await writeFile(file, killedWorkflow(this.ledger));
    const [run] = await Promise.all([this.#keptGoing(), this.#killing()]);
    // The last kill was of it, maybe.
    if (!this.#door.isOpen) await this.#door.open();
    return run;
  }

  async #killing(): Promise<void> {
    const { random, kills } = this.options;
    const isUnderWay = () => this.#isOver || (this.#door.isOpen && parseLedger(this.ledger).length > 0);
    for (let left = kills; left > 0; left--) {
      // Now and then in the middle of the start, or while a window opens.
      if (random.chance(0.8)) await until(isUnderWay);
      // The last one may come when the run is at its end.
      if (left === 1 && random.chance(0.5)) await this.#letEnd();
      // An agent that is at work for long does not end by itself before somebody has to end it.
      else if (random.chance(0.6)) await this.#hold();
      await pause(random.int(0, LONGEST_MS));
      if (this.#isOver) return;
      // Without a runner, the run stands still until somebody has seen that; it may have been one that came too late.
      if (this.#kill().includes('runner')) await Promise.race([until(() => !this.#isHeld), pause(HOLD_MS)]);
      await this.#release();
    }
    await this.#letEnd();
  }

  /** Gives what was killed. */
  #kill(): readonly Kind[] {
    const { random, tag } = this.options;
    const found = tagged(tag);
    const choices = VICTIMS.map((kinds) =>
      kinds.map((kind) => random.pickAny(found.filter((one) => one.kind === kind))),
    ).filter((victims): victims is Tagged[] => victims.every((one) => one !== undefined));
    const time = Date.now();
    const killed = (random.pickAny(choices) ?? []).filter((one) => kill(one.pid));
    const kinds = killed.flatMap(({ kind }) => kind ?? []);
    if (kinds.length === 0) return kinds;
    this.kills.push({ kinds, time });
    this.#door.killed(kinds);
    this.#isUntouched = true;
    return kinds;
  }

  async #letEnd(): Promise<void> {
    await writeFile(enoughPath(this.ledger), '');
  }

  get #isHeld(): boolean {
    return existsSync(holdPath(this.ledger));
  }

  async #hold(): Promise<void> {
    await writeFile(holdPath(this.ledger), '');
  }

  async #release(): Promise<void> {
    await rm(holdPath(this.ledger), { force: true });
  }

  async #keptGoing(): Promise<Run> {
    let refusals = 0;
    try {
      for (;;) {
        this.options.signal.throwIfAborted();
        const before = Date.now();
        try {
          const run = await this.#looked();
          if (run?.endedAt !== undefined) return run;
          refusals = 0;
        } catch (error) {
          // Whoever was asked, or what it started, was killed meanwhile.
          const isKilled = this.kills.some(({ time }) => time > before - EFFECT_MS);
          if (!isKilled) this.counts.refused += 1;
          refusals = isKilled ? 0 : refusals + 1;
          if (refusals > PATIENCE) throw error;
        }
        await pause(LOOK_MS);
      }
    } finally {
      this.#isOver = true;
    }
  }

  /** The run, after what there was to be done about it; undefined where it was only just begun. */
  async #looked(): Promise<Run | undefined> {
    const { workspace } = this.options;
    if (!this.#door.isOpen) await this.#door.open();
    const { runs } = await this.#door.client.call(runsList, { workspace });
    if (runs.length > 1) throw new Error(`the run of ${NAME} was started twice`);
    const [run] = runs;
    if (run === undefined) await this.#ask(() => this.#door.start());
    else await this.#tend(run);
    return run === undefined ? undefined : this.#door.client.call(runsGet, { id: run.id });
  }

  async #tend(run: Run): Promise<void> {
    const { status } = run;
    const wasInterrupted = this.#isInterrupted;
    this.#isInterrupted = status === 'interrupted';
    if (this.#isInterrupted && !wasInterrupted) return this.#seeInterruption();
    if (status === 'interrupted' || status === 'paused') {
      this.counts.continued += 1;
      await this.#ask(() => this.#door.resume(run));
    } else if (status === 'active' && this.#isUntouched) {
      this.#isUntouched = false;
      // One that is about to end cannot be paused any more.
      if (existsSync(enoughPath(this.ledger)) || !this.#random.chance(0.4)) return;
      this.counts.paused += 1;
      await this.#door.pause(run);
    }
  }

  async #ask(toGoOn: () => Promise<void>): Promise<void> {
    await this.#release();
    this.#askedAt = Date.now();
    this.#launchedBy = Infinity;
    try {
      await toGoOn();
      this.#isInterrupted = false;
    } finally {
      this.#launchedBy = Date.now() + this.#door.launchMs;
    }
  }

  async #seeInterruption(): Promise<void> {
    const seenAt = Date.now();
    this.interruptions.push({ askedAt: this.#askedAt, launchedBy: this.#launchedBy, seenAt });
    // An agent that does not end by itself is the supervisor's to end; where that was killed, too, the sweep's.
    const isLeft = this.kills.at(-1)?.kinds.includes('supervisor') === true || this.#isHeld;
    if (isLeft || this.#random.chance(0.3)) await this.#seeSweep();
  }

  /** A server that starts ends what agents of a run have left that has no runner: nobody has to let it go on for that. */
  async #seeSweep(): Promise<void> {
    const { home, workspace, tag } = this.options;
    const server = new RpcClient(this.#t, home, { env: { HOME: home } });
    await server.call(runsList, { workspace });
    // A runner that was started before its server was killed has agents again.
    const stays = await whatStays(tag, (all) =>
      all.some(({ kind }) => kind === 'runner') ? [] : all.filter(isOfAgent),
    );
    this.unswept.push(...stays.map(({ command }) => command));
    this.counts.swept += 1;
    await server.stop();
  }
}

/** False where it is gone. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
