import type { Leases } from '../../locks/leases.ts';
import { mapBounded } from '../../platform/concurrency.ts';
import type { Disposable } from '../../platform/disposable.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Session } from '../../protocol/session.ts';
import type { SessionStore } from '../../store/sessionStore.ts';
import { endGroup } from '../supervisor/endGroup.ts';
import { groupMembers } from '../supervisor/groupMembers.ts';
import { isSupervised } from '../supervisor/supervision.ts';
import { recordedAgents } from './recordedAgents.ts';
import { lastRecord, planOfSession } from './recordedRun.ts';
import { recorded } from './runChange.ts';
import type { RunLogs } from './runLogs.ts';
import { sessionsOfRuns } from './runQuery.ts';
import { NOTICE_EVENT, type AgentRecord } from './runRecord.ts';
import { claimTelling } from './telling.ts';

const EVERY_MS = 60_000;
const PAGE = 100;
/** Runs that are tidied up after at once: an agent may take seconds to end. */
const WIDTH = 8;

export interface RunSweeperParts {
  readonly sessions: SessionStore;
  readonly leases: Leases;
  readonly logs: Pick<RunLogs, 'runs' | 'remove'>;
  readonly logger: Logger;
}

/** What is left of an agent. `watched`: its supervisor sees to it. */
type Left = 'nothing' | 'watched' | { readonly pid: number };

/**
 * Tidies up after runs whose process, and the one that watches over its agent, were both killed: nobody else ends that
 * agent until somebody goes on with the run, which may be never. It is ended on proof alone: it is the one that the run
 * has recorded (`groupMembers`), its supervisor is gone, and nobody has the run's lease that may live still. Without the
 * look at the supervisor, a copy of a run (a fork, an import), which nobody drives, would cost the living run its agent.
 *
 * The lease is not taken for it: whoever continues the run meanwhile would take this for its runner. Nor is it needed. An
 * agent's marker is of that one start, so a runner that comes now starts others; and it ends this one as well, as another
 * sweeper may.
 */
export class RunSweeper {
  readonly #parts: RunSweeperParts;
  /** By run: the process of an agent that may be at work, and could not be ended. */
  #doubts = new Map<string, string>();
  /** By run: the revision of its session at which nothing was left. */
  readonly #quiet = new Map<string, number>();
  #sweeping: Promise<void> | undefined;

  constructor(parts: RunSweeperParts) {
    this.#parts = parts;
  }

  /** What may still be at work for a run that nobody drives, as a sentence: as the last sweep has found it. */
  doubt(run: string): string | undefined {
    return this.#doubts.get(run);
  }

  /** Ends what is left behind of all open runs. Never rejects: what goes wrong is logged, and the next sweep tries again. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweepAll()
      .catch((error: unknown) => this.#log('Runs could not be looked through for agents left behind', error))
      .finally(() => (this.#sweeping = undefined));
    return this.#sweeping;
  }

  /** Sweeps now, and every minute. */
  start(): Disposable {
    void this.sweep();
    const timer = setInterval(() => void this.sweep(), EVERY_MS).unref();
    return { dispose: () => clearInterval(timer) };
  }

  async #sweepAll(): Promise<void> {
    const { logs } = this.#parts;
    // Before: a run that is started meanwhile is open.
    const logged = await logs.runs();
    const ids = new Set<string>();
    const doubts = new Map<string, string>();
    for await (const page of this.#openRuns()) {
      for (const { id } of page) ids.add(id);
      await mapBounded(page, WIDTH, async (session) => {
        const pids = await this.#sweepRun(session).catch((error: unknown) => {
          this.#log('What is left of a run could not be ended', error, session.id);
          return [];
        });
        if (pids.length > 0) doubts.set(session.id, doubtOf(pids));
      });
    }
    this.#doubts = doubts;
    for (const run of logged) if (!ids.has(run)) logs.remove(run);
    for (const run of this.#quiet.keys()) if (!ids.has(run)) this.#quiet.delete(run);
  }

  /** Page by page: their plans may be large. */
  async *#openRuns(): AsyncGenerator<readonly Session[]> {
    const query = sessionsOfRuns({ isOpen: true, archived: true }, PAGE);
    let cursor: string | undefined;
    do {
      const page = await this.#parts.sessions.find({ ...query, ...(cursor === undefined ? {} : { cursor }) });
      yield page.sessions;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }

  /** Gives the processes of agents that may be at work. */
  async #sweepRun(session: Session): Promise<number[]> {
    const { sessions, leases } = this.#parts;
    const { id, revision } = session;
    if (this.#quiet.get(id) === revision) return [];
    const plan = planOfSession(session);
    if (plan === undefined) return [];
    if ((await leases.holder(id)) !== undefined) return [];
    const record = await lastRecord(sessions, id, plan);
    const agents = record === undefined ? [] : await recordedAgents(sessions, id, record.state);
    const left: Left[] = [];
    for (const agent of agents) left.push(await this.#end(id, agent));
    if (left.every((one) => one === 'nothing')) this.#quiet.set(id, revision);
    return left.flatMap((one) => (typeof one === 'string' ? [] : [one.pid]));
  }

  async #end(run: string, known: AgentRecord): Promise<Left> {
    // Sessions can be imported, with any events: a number alone may be anybody's.
    const { step, marker, processStart, bootId } = known;
    const agent = processStart === undefined || bootId === undefined ? { step, marker } : known;
    const { ours, doubtful } = await groupMembers(agent);
    const [first] = [...ours, ...doubtful];
    if (first === undefined) return 'nothing';
    const supervised = await isSupervised(agent);
    if (supervised === true) return 'watched';
    const { pid } = first;
    const isProved = ours.length > 0 && supervised === false && (await this.#parts.leases.isAbandoned(run));
    if (!isProved) return { pid };
    const { left } = await endGroup(agent);
    await this.#tell(run, agent, pid);
    const [other] = left;
    return other === undefined ? 'nothing' : { pid: other };
  }

  /** Once, however many sweepers there were. */
  async #tell(run: string, { step, marker }: AgentRecord, pid: number): Promise<void> {
    const { leases } = this.#parts;
    const text = `The agent of step ${step} (process ${pid}) was still at work, though the process that drove the run was gone, and the one that watched over the agent as well. It was ended.`;
    if (await claimTelling(leases, run, `ended:${marker}`))
      await leases.control(run, recorded({ type: NOTICE_EVENT, data: { text } }));
  }

  #log(message: string, error: unknown, run?: string): void {
    this.#parts.logger.log('warn', message, { error: String(error), ...(run === undefined ? {} : { run }) });
  }
}

function doubtOf(pids: readonly number[]): string {
  const [one = 0, ...others] = pids;
  return others.length === 0
    ? `An agent may still be at work (pid ${one}).`
    : `Agents may still be at work (pids ${pids.join(', ')}).`;
}
