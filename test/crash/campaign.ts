import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Grant } from '../../server/protocol/lockMethods.ts';
import { sessionsAddEvent, sessionsEvents } from '../../server/protocol/sessionHistoryMethods.ts';
import { sessionsIterate, sessionsStart } from '../../server/protocol/sessionLifecycleMethods.ts';
import { RpcClient } from '../support/rpcClient.ts';
import { Agent } from './agents.ts';
import type { LeaseHistory, WrittenEvent } from './leaseHistory.ts';
import { PlantedLocks } from './plantedLocks.ts';
import type { Random } from './random.ts';
import { ProcessGone, Recorder } from './recorder.ts';
import { environment, Worker } from './worker.ts';

const SESSIONS = 3;
const WORKERS = 4;
const SPARES = 1;
/** How many use one worker side by side. */
const CALLERS = 2;
const AGENTS = 4;
/** How many old tokens of a session are kept to be tried again. */
const TOKENS = 5;

type Context = Pick<TestContext, 'after'>;

/**
 * Processes that take, use and give back leases as they like, and are killed and stopped at any moment. A seed determines
 * what is asked and what faults there are, but not how they meet in time.
 */
export class Campaign {
  readonly recorder = new Recorder();
  readonly figures = {
    workers: 0,
    workersKilled: 0,
    workersStopped: 0,
    agentsKilled: 0,
    agentsStopped: 0,
    cleans: 0,
    cleansRefused: 0,
    ownLocksUnrecorded: 0,
  };
  readonly planted: PlantedLocks;
  readonly #t: Context;
  readonly #home: string;
  readonly #random: Random;
  readonly #tokens = new Map<string, Grant[]>();
  readonly #workers: Worker[] = [];
  /** Started already: it takes half a second, which a round need not wait for. */
  readonly #spares: Worker[] = [];
  readonly #agents: Agent[] = [];
  #agentsMade = 0;

  constructor(t: Context, home: string, random: Random) {
    this.#t = t;
    this.#home = home;
    this.#random = random;
    this.planted = new PlantedLocks(home);
  }

  async begin(): Promise<void> {
    const client = new RpcClient(this.#t, this.#home, { env: environment(this.#home) });
    for (let left = SESSIONS; left > 0; left--) {
      const { id } = await client.call(sessionsStart, { task: 't', mode: 'm', maxIterations: 100_000 });
      this.#tokens.set(id, []);
    }
    await client.stop();
    for (let slot = 0; slot < WORKERS; slot++) this.#workers[slot] = this.#newWorker();
    for (let left = SPARES; left > 0; left--) this.#spares.push(this.#newWorker());
    for (let slot = 0; slot < AGENTS; slot++) this.#agents[slot] = this.#newAgent();
  }

  /** Faults for some time, and calls for as long. */
  async round(number: number): Promise<void> {
    const random = this.#random.fork(String(number));
    let isOver = false;
    const hasLockFiles = number % 3 === 0;
    const driven = this.#workers.flatMap((worker, slot) =>
      Array.from({ length: CALLERS }, (_, caller) =>
        unlessGone(this.#drive(worker, random.fork(`worker ${slot} ${caller}`), () => isOver, hasLockFiles)),
      ),
    );
    const files = hasLockFiles ? this.#plantLocks(random.fork('files'), () => isOver) : undefined;
    await this.#inject(random.fork('faults'));
    isOver = true;
    await Promise.all([...driven, files]);
    if (hasLockFiles) await this.#checkLockFiles(random.fork('settle'));
  }

  /** Ends everything, then looks at what is left with a process that has seen nothing of it. */
  async finish(): Promise<LeaseHistory> {
    const { recorder, planted } = this;
    const [first, ...others] = [...this.#workers, ...this.#spares];
    await Promise.all([first?.end(), ...others.map((worker) => worker.kill())]);
    for (const agent of this.#agents) await this.#killAgent(agent);
    const judge = this.#newWorker();
    const events = new Map<string, readonly WrittenEvent[]>();
    for (const session of this.#tokens.keys()) {
      const grant = await judge.acquire(session, { ttlMs: 30_000, waitMs: 0, agent: undefined });
      if (grant) await judge.release(grant);
      else recorder.faults.push(`After everything is over, ${session} cannot be acquired at once.`);
    }
    this.figures.ownLocksUnrecorded += await planted.letUnrecordedAge();
    if (!(await judge.clean(planted.roots)))
      recorder.faults.push('After everything is over, nobody can clean.');
    recorder.faults.push(...(await planted.missing()), ...(await planted.leftOver()));
    await judge.end();
    const reader = new RpcClient(this.#t, this.#home, { env: environment(this.#home) });
    for (const session of this.#tokens.keys()) events.set(session, await eventsOf(reader, session));
    await reader.stop();
    return { calls: recorder.calls, deaths: recorder.deaths, events };
  }

  #replacement(): Worker {
    this.#spares.push(this.#newWorker());
    return this.#spares.shift() ?? this.#newWorker();
  }

  #newWorker(): Worker {
    const name = `worker-${++this.figures.workers}`;
    return new Worker(this.#t, this.#home, name, this.recorder);
  }

  #newAgent(): Agent {
    return new Agent(this.#t, `agent-${++this.#agentsMade}`);
  }

  async #killAgent(agent: Agent): Promise<void> {
    this.figures.agentsKilled++;
    this.recorder.deaths.set(agent.name, Date.now());
    await agent.kill();
  }

  async #drive(worker: Worker, random: Random, isOver: () => boolean, cleans: boolean): Promise<void> {
    while (!isOver() && worker.isAlive) {
      if (cleans && random.chance(0.2)) await this.#clean(worker);
      await this.#turn(worker, random);
    }
  }

  async #turn(worker: Worker, random: Random): Promise<void> {
    const session = random.pickAny([...this.#tokens.keys()]) ?? '';
    const agent = random.chance(0.4) ? random.pickAny(this.#agents) : undefined;
    // Nobody renews or releases a lease of an agent whose worker was killed.
    const ttlMs = agent ? random.pick([120, 300, 800, 1500]) : random.pick([120, 300, 800, 5000, 30_000]);
    const grant = await worker.acquire(session, { ttlMs, waitMs: random.pick([0, 0, 40, 200, 600]), agent });
    if (!grant) {
      if (random.chance(0.3)) await worker.write(session, undefined, sessionsAddEvent);
      await pause(random.int(0, 20));
      return;
    }
    const tokens = this.#tokens.get(session) ?? [];
    this.#tokens.set(session, [grant, ...tokens].slice(0, TOKENS));
    for (let left = random.int(1, 6); left > 0; left--) await this.#step(worker, grant, random);
    if (ttlMs > 1500 || random.chance(0.8)) await worker.release(grant);
  }

  async #step(worker: Worker, grant: Grant, random: Random): Promise<void> {
    const { session } = grant;
    const method = random.chance(0.5) ? sessionsIterate : sessionsAddEvent;
    const choice = random.next();
    if (choice < 0.45) await worker.write(session, grant, method);
    else if (choice < 0.55) {
      await Promise.all([worker.write(session, grant, method), worker.write(session, grant, method)]);
    } else if (choice < 0.65) await worker.renew(grant, random.pick([undefined, 100, 500]));
    else if (choice < 0.7) await worker.write(session, undefined, method);
    else if (choice < 0.8) await this.#tryOldToken(worker, random);
    else await pause(random.int(0, 150));
  }

  /** That of any worker, alive or dead: whoever shows the token of a lease is its holder. */
  async #tryOldToken(worker: Worker, random: Random): Promise<void> {
    const grant = random.pickAny([...this.#tokens.values()].flat());
    if (!grant) return;
    if (random.chance(0.6)) await worker.write(grant.session, grant, sessionsAddEvent);
    else if (random.chance(0.5)) await worker.renew(grant, 200);
    else await worker.release(grant);
  }

  async #clean(worker: Worker): Promise<void> {
    this.figures.cleans++;
    const result = await worker.clean(this.planted.roots);
    if (result) this.recorder.faults.push(...this.planted.note(result));
    else this.figures.cleansRefused++;
  }

  async #inject(random: Random): Promise<void> {
    const running: Promise<void>[] = [];
    const stopped = new Set<Worker>();
    for (let left = random.int(1, 3); left > 0; left--) {
      await pause(random.int(5, 150));
      const choice = random.next();
      const slot = random.int(0, WORKERS - 1);
      const worker = this.#workers[slot];
      if (!worker) continue;
      if (choice < 0.35) {
        this.figures.workersKilled++;
        // A stopped one as well.
        await worker.kill();
        this.#workers[slot] = this.#replacement();
        running.push(this.#rush());
      } else if (choice < 0.7) {
        if (stopped.has(worker)) continue;
        stopped.add(worker);
        this.figures.workersStopped++;
        worker.stop();
        running.push(pause(random.int(20, random.chance(0.1) ? 1500 : 300)).then(() => worker.go()));
      } else if (choice < 0.9) {
        const agent = this.#agents[slot];
        if (agent) await this.#killAgent(agent);
        this.#agents[slot] = this.#newAgent();
        running.push(this.#rush());
      } else {
        this.figures.agentsStopped++;
        this.#agents[slot]?.stop();
      }
    }
    await Promise.all(running);
  }

  /** All at once for what the dead may have held. */
  async #rush(): Promise<void> {
    const take = async (worker: Worker, session: string) => {
      const grant = await worker.acquire(session, { ttlMs: 5000, waitMs: 0, agent: undefined });
      if (!grant) return;
      await worker.write(session, grant, sessionsAddEvent);
      await worker.release(grant);
    };
    const tries = this.#workers.flatMap((worker) =>
      [...this.#tokens.keys()].map((session) => unlessGone(take(worker, session))),
    );
    await Promise.all(tries);
  }

  async #plantLocks(random: Random, isOver: () => boolean): Promise<void> {
    const { planted } = this;
    const agents = Array.from({ length: random.int(3, 6) }, () => this.#newAgent());
    for (const agent of agents) {
      await planted.plant(agent, random);
      if (random.chance(0.3)) agent.stop();
      if (random.chance(0.5)) await agent.kill();
      await pause(random.int(0, 30));
    }
    await Promise.all(
      ['a', 'b'].map((name) =>
        planted.plantContested(this.#newAgent(), this.#newAgent(), random.fork(name), isOver),
      ),
    );
  }

  /** With a worker that ends what those that were killed had begun. */
  async #checkLockFiles(random: Random): Promise<void> {
    const worker = this.#workers[0];
    this.figures.ownLocksUnrecorded += await this.planted.letUnrecordedAge();
    const result = await worker?.clean(this.planted.roots);
    if (!result) {
      this.recorder.faults.push('With no other cleaner at work, nobody can clean.');
      return;
    }
    this.recorder.faults.push(...this.planted.note(result), ...(await this.planted.missing()));
    await this.planted.endSome(random);
  }
}

/** A worker that is killed meanwhile ends what it is for. */
async function unlessGone(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ProcessGone)) throw error;
  }
}

async function eventsOf(client: RpcClient, id: string): Promise<WrittenEvent[]> {
  const found: WrittenEvent[] = [];
  for (let afterSeq: number | undefined = 0; afterSeq !== undefined;) {
    const page: {
      events: { seq: number; timestamp: string; data: Record<string, unknown> }[];
      nextSeq?: number | undefined;
    } = await client.call(sessionsEvents, { id, afterSeq, limit: 1000 });
    for (const { seq, timestamp, data } of page.events) {
      const { write, fence } = data;
      if (typeof write !== 'string') continue;
      found.push({
        seq,
        write,
        fence: typeof fence === 'number' ? fence : undefined,
        at: Date.parse(timestamp),
      });
    }
    afterSeq = page.nextSeq;
  }
  return found;
}
