import { LockstepError } from '../../domain/errors.ts';
import type { WorkflowPlan } from '../../domain/workflowPlan.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Disposable } from '../../platform/disposable.ts';
import type { Logger } from '../../platform/logger.ts';
import { ClientLeases } from '../../locks/clientLeases.ts';
import type { Leases } from '../../locks/leases.ts';
import type { SessionStore } from '../../store/sessionStore.ts';
import type { AgentCatalogue } from '../agents/agentCatalogue.ts';
import { takeRun, type HeldRun, type TakeParts } from './heldRun.ts';
import { Holder } from './heldSession.ts';
import { eventsAfter, lastRecord, mustBeRun } from './recordedRun.ts';
import { recorded } from './runChange.ts';
import { Runner, type RunEnd, type RunnerParts } from './runner.ts';
import type { RunLogs } from './runLogs.ts';
import { LEFT_EVENT, NOTICE_EVENT } from './runRecord.ts';
import { REQUEST_EVENT } from './runRequest.ts';
import type { RunSettings } from './runSettings.ts';

export interface RunDriverParts {
  readonly sessions: SessionStore;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly agents: Pick<AgentCatalogue, 'agent'>;
  readonly settings: Pick<RunSettings, 'parallelSteps' | 'claimMs' | 'problems'>;
  readonly logs: Pick<RunLogs, 'begin' | 'remove'>;
  /** The environment of `until`. */
  readonly env: Readonly<Record<string, string>>;
  readonly onDidChange: (listener: () => void) => Disposable;
}

/** Drives runs in this process, each until it ends, parks or is paused. */
export class RunDriver {
  readonly #parts: RunDriverParts;

  constructor(parts: RunDriverParts) {
    this.#parts = parts;
  }

  /**
   * `left`: the signal was aborted; the run is as it was, and another process can go on with it.
   * @throws LockstepError SESSION_LOCKED where another process drives it, or takes it over
   */
  async drive(id: string, signal: AbortSignal): Promise<RunEnd | 'left'> {
    const { sessions, leases, logger, logs } = this.#parts;
    const plan = mustBeRun(await sessions.get(id));
    logs.begin(id);
    let runner: Runner | undefined;
    const kept = new ClientLeases(leases, logger, (lost) => {
      if (lost === id) runner?.lose(takenOver(id));
    });
    const { clock } = this.#parts;
    const take = { sessions, holder: new Holder(leases, kept), clock };
    try {
      for (;;) {
        const taken = await takeRun(take, id);
        if (taken === undefined) {
          logs.remove(id);
          return await this.#endOf(id, plan);
        }
        await this.#tellProblems(taken);
        runner = new Runner(this.#runnerParts(take), taken);
        const end = await runner.drive(signal);
        if (end === 'left') await this.#tellLeft(id, undefined);
        const rests = end === 'parked' || end === 'paused';
        // What was asked while it was leaving has found a runner, and so has started none.
        if (rests && !signal.aborted && (await this.#isAskedFor(id, plan))) continue;
        logs.remove(id);
        return end;
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      logger.log('error', 'A run was left', { run: id, error: message });
      // Where another drives it, it is not left.
      if ((await leases.holder(id).catch(() => undefined)) === undefined) await this.#tellLeft(id, message);
      throw error;
    } finally {
      await kept.close();
    }
  }

  #runnerParts(take: TakeParts): RunnerParts {
    const { agents, settings, env, onDidChange } = this.#parts;
    return {
      ...take,
      agentFor: (name) => agents.agent(name),
      parallel: settings.parallelSteps,
      claimMs: settings.claimMs,
      env,
      onDidChange,
    };
  }

  /** Whoever watches the run sees that it goes on otherwise than was set. */
  async #tellProblems({ held }: HeldRun): Promise<void> {
    const notices = this.#parts.settings.problems.map((text) => ({ type: NOTICE_EVENT, data: { text } }));
    if (notices.length > 0) await held.write(recorded(...notices));
  }

  async #endOf(id: string, plan: WorkflowPlan): Promise<RunEnd> {
    const { sessions } = this.#parts;
    if ((await sessions.get(id)).status === 'completed') return 'completed';
    const record = await lastRecord(sessions, id, plan);
    return record?.state.status === 'stopped' ? 'stopped' : 'failed';
  }

  async #isAskedFor(id: string, plan: WorkflowPlan): Promise<boolean> {
    const { sessions } = this.#parts;
    const record = await lastRecord(sessions, id, plan);
    const requests = await eventsAfter(sessions, id, record?.handled ?? 0, [REQUEST_EVENT]);
    return requests.length > 0;
  }

  /** For whoever looks at the run next; that it could not be told is no reason for more trouble. */
  async #tellLeft(id: string, message: string | undefined): Promise<void> {
    const data = message === undefined ? {} : { message };
    await this.#parts.leases.control(id, recorded({ type: LEFT_EVENT, data })).catch(() => undefined);
  }
}

function takenOver(id: string): LockstepError {
  return new LockstepError(
    'SESSION_LOCKED',
    `The lease on run ${id} is gone: this process slept, or was stopped, for longer than it lasted. Its agents were ended.`,
    { details: { session: id } },
  );
}
