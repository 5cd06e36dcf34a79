import { RUN_KIND } from '../../domain/workflowPlan.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Leases } from '../../locks/leases.ts';
import type { Run } from '../../protocol/workflowMethods.ts';
import type { Session } from '../../protocol/session.ts';
import type { FindQuery, SessionStore } from '../../store/sessionStore.ts';
import type { AgentCatalogue } from '../agents/agentCatalogue.ts';
import { enforcementOf } from './limitView.ts';
import { eventsAfter, lastRecord, mustBeRun, planOfSession } from './recordedRun.ts';
import { LEFT_EVENT } from './runRecord.ts';
import { REQUEST_EVENT } from './runRequest.ts';
import { runView, type RunFacts } from './runView.ts';
import { childrenOf } from './stepSessions.ts';

export interface RunLookParts {
  readonly sessions: SessionStore;
  readonly leases: Leases;
  readonly agents: Pick<AgentCatalogue, 'enforcement'>;
  readonly clock: Clock;
}

/** Which runs are meant, as `runs.list` is asked. */
export interface RunQuery {
  readonly workspace?: string | undefined;
  readonly isOpen?: boolean | undefined;
  readonly limit: number;
}

/** How many runs are looked through for one that has run a file before: to ask once more than needed does no harm. */
const KNOWN_RUNS = 2000;
const PAGE = 500;

/** Runs as they are now, read from the store. */
export class RunLooks {
  readonly #parts: RunLookParts;

  constructor(parts: RunLookParts) {
    this.#parts = parts;
  }

  /** @throws LockstepError SESSION_NOT_FOUND; INVALID_PARAMS where it is no run */
  async facts(id: string): Promise<RunFacts> {
    const session = await this.#parts.sessions.get(id);
    return this.#factsOf(session, mustBeRun(session));
  }

  async view(id: string): Promise<Run> {
    return runView(await this.facts(id), this.#parts.clock.now());
  }

  /** The newest first. Sessions of their kind that are no runs are left to `sessions.find`. */
  async list({ workspace, isOpen, limit }: RunQuery): Promise<Run[]> {
    const runs: Run[] = [];
    for await (const session of this.#sessionsOfRuns({ workspace, isOpen })) {
      const plan = planOfSession(session);
      if (plan === undefined) continue;
      runs.push(runView(await this.#factsOf(session, plan), this.#parts.clock.now()));
      if (runs.length === limit) break;
    }
    return runs;
  }

  /** Whether a run has been started of this text of this file. */
  async isKnown(file: string, digest: string): Promise<boolean> {
    let looked = 0;
    for await (const session of this.#sessionsOfRuns({ archived: true })) {
      const plan = planOfSession(session);
      if (plan?.file === file && plan.digest === digest) return true;
      looked += 1;
      if (looked === KNOWN_RUNS) break;
    }
    return false;
  }

  async #factsOf(session: Session, plan: RunFacts['plan']): Promise<RunFacts> {
    const { sessions, leases, agents } = this.#parts;
    const { id, endedAt } = session;
    const record = await lastRecord(sessions, id);
    const hasEnded = endedAt !== undefined;
    const children = await childrenOf(sessions, id);
    return {
      session,
      plan,
      record,
      news: hasEnded
        ? []
        : await eventsAfter(sessions, id, record?.handled ?? 0, [REQUEST_EVENT, LEFT_EVENT]),
      runner: hasEnded ? undefined : (await leases.holder(id))?.fence,
      children: new Map([...children].map(([step, child]) => [step, child.id])),
      enforcement: await enforcementOf(plan.limits, agents),
    };
  }

  async *#sessionsOfRuns({
    workspace,
    isOpen,
    archived = false,
  }: Pick<RunQuery, 'workspace' | 'isOpen'> & { readonly archived?: boolean }): AsyncGenerator<Session> {
    const query = {
      kind: RUN_KIND,
      ...(workspace === undefined ? {} : { workspace }),
      ...(isOpen === true ? { status: ['active', 'paused', 'timeout'] } : {}),
      ...(isOpen === false ? { status: ['completed', 'failed'] } : {}),
      archived,
      trashed: false,
      previews: false,
      limit: PAGE,
    } satisfies FindQuery;
    let cursor: string | undefined;
    do {
      const page = await this.#parts.sessions.find({ ...query, ...(cursor === undefined ? {} : { cursor }) });
      yield* page.sessions;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }
}
