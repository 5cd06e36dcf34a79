import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  runsContinue,
  runsGet,
  runsList,
  runsStart,
  type Run,
} from '../../../server/protocol/workflowMethods.ts';
import { RpcClient } from '../../support/rpcClient.ts';
import { until } from '../../support/until.ts';
import type { Random } from '../random.ts';
import { parseLedger } from './ledger.ts';
import { tagged, TAG, type Kind } from './victims.ts';

const WINDOW = fileURLToPath(new URL('window.ts', import.meta.url));
const AGENT = fileURLToPath(new URL('runAgent.ts', import.meta.url));

/** Two steps side by side, and one after them. */
const stepOf = (id: string, more: object = { untilOutput: '^finished ([3-9]|[1-9][0-9])' }) => ({
  id,
  prompt: `${id} \${iteration} \${inputs.ledger}`,
  maxIterations: 50,
  retry: { attempts: 20, backoff: '10ms' },
  ...more,
});
const WORKFLOW = {
  name: 'killed',
  agent: 'scripted',
  inputs: { ledger: '' },
  steps: [
    stepOf('a'),
    stepOf('b', { until: 'sleep 0.2; test "$(grep -c " end b " ${inputs.ledger})" -ge 3' }),
    stepOf('c', { needs: ['a', 'b'], untilOutput: '^finished' }),
  ],
};

/** What one signal killed, and the moment before it. */
export interface Kill {
  readonly kinds: readonly Kind[];
  readonly time: number;
}

/** What to kill at once. */
const VICTIMS: readonly (readonly Kind[])[] = [
  ['runner'],
  ['supervisor'],
  ['agent'],
  ['server'],
  ['window'],
  ['runner', 'supervisor'],
  ['runner', 'server'],
];
/** The longest wait before a kill, in milliseconds: most of a run. */
const LONGEST_MS = 2500;
const LOOK_MS = 30;

export interface KilledRunOptions {
  readonly home: string;
  /** An empty folder of this run alone. */
  readonly folder: string;
  readonly random: Random;
  /** How often something is killed, where the run takes as long. */
  readonly kills: number;
}

/** A run that is killed again and again, and that somebody lets go on whenever it is interrupted. */
export class KilledRun {
  readonly tag = randomUUID();
  readonly kills: Kill[] = [];
  readonly ledger: string;
  readonly #t: Pick<TestContext, 'after'>;
  readonly #options: KilledRunOptions;
  #client: RpcClient | undefined;
  #isOver = false;
  /** How often it was let go on. */
  continued = 0;

  constructor(t: Pick<TestContext, 'after'>, options: KilledRunOptions) {
    this.#t = t;
    this.#options = options;
    this.ledger = join(options.folder, 'ledger');
    t.after(() => {
      for (const { pid } of tagged(this.tag)) kill(pid);
    });
  }

  /** Until it has ended. Gives the run, and a client of its store. */
  async toItsEnd(): Promise<{ readonly run: Run; readonly client: RpcClient }> {
    await mkdir(this.#workspace);
    await writeFile(this.#file, JSON.stringify(WORKFLOW));
    const [run] = await Promise.all([this.#keptGoing(), this.#killing()]);
    return { run, client: this.#living() };
  }

  get #workspace(): string {
    return join(this.#options.folder, 'workspace');
  }

  get #file(): string {
    return join(this.#workspace, 'killed.lockstep.yaml');
  }

  async #killing(): Promise<void> {
    const { random, kills } = this.#options;
    for (let left = kills; left > 0; left--) {
      // Now and then in the middle of the start.
      if (random.chance(0.8)) await until(() => this.#isOver || parseLedger(this.ledger).length > 0);
      await pause(random.int(0, LONGEST_MS));
      if (this.#isOver) return;
      const found = tagged(this.tag);
      const choices = VICTIMS.map((kinds) =>
        kinds.map((kind) => random.pickAny(found.filter((one) => one.kind === kind))),
      ).filter((victims) => victims.every((one) => one !== undefined));
      const time = Date.now();
      const killed = (random.pickAny(choices) ?? []).filter((one) => kill(one.pid));
      if (killed.length > 0) this.kills.push({ kinds: killed.flatMap(({ kind }) => kind ?? []), time });
    }
  }

  async #keptGoing(): Promise<Run> {
    let id: string | undefined;
    for (;;) {
      const before = this.kills.length;
      try {
        id ??= await this.#begun();
        const run = await this.#living().call(runsGet, { id });
        if (run.endedAt !== undefined) {
          this.#isOver = true;
          return run;
        }
        if (run.status === 'interrupted') {
          this.continued += 1;
          await this.#living().call(runsContinue, { id });
        }
      } catch (error) {
        // Whoever was asked, or what it started, was killed meanwhile; the signal may come to effect a little later.
        const last = this.kills.at(-1)?.time ?? 0;
        if (this.kills.length === before && Date.now() - last > 2000) throw error;
      }
      await pause(LOOK_MS);
    }
  }

  /** The id of the run: of one whose server was killed before it answered, if there is one. */
  async #begun(): Promise<string> {
    const { runs } = await this.#living().call(runsList, { workspace: this.#workspace });
    if (runs.length > 1) throw new Error('the run was started twice');
    const [known] = runs;
    if (known !== undefined) return known.id;
    const { id } = await this.#living().call(runsStart, {
      file: this.#file,
      workspace: this.#workspace,
      inputs: { ledger: this.ledger },
    });
    return id;
  }

  /** A server, in a window or without one: as it was, or a new one where it was killed. */
  #living(): RpcClient {
    const { child } = this.#client ?? {};
    if (this.#client !== undefined && child?.exitCode === null && child.signalCode === null)
      return this.#client;
    const { home, random } = this.#options;
    const scripted = {
      protocol: 'command',
      command: [process.execPath, AGENT],
      output: 'jsonl',
      env: { [TAG]: this.tag },
    };
    this.#client = new RpcClient(this.#t, home, {
      env: {
        HOME: home,
        NODE_COMPILE_CACHE: join(home, 'compiled'),
        LOCKSTEP_AGENTS: JSON.stringify({ scripted }),
        LOCKSTEP_RUNS_END_WITH_WINDOW: random.chance(0.3) ? '1' : '',
        [TAG]: this.tag,
      },
      ...(random.chance(0.5) ? { under: [process.execPath, WINDOW] } : {}),
    });
    return this.#client;
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
