import { setImmediate } from 'node:timers/promises';
import { LockstepError } from '../../domain/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Leases } from '../../locks/leases.ts';
import { run as runSchema, type Run } from '../../protocol/workflowMethods.ts';
import type { LookQuery, SessionLook, SessionStore } from '../../store/sessionStore.ts';
import type { AgentCatalogue } from '../agents/agentCatalogue.ts';
import { enforcementOf } from './limitView.ts';
import { mustBeRun, planOfSession } from './recordedRun.ts';
import { handledOf, LEFT_EVENT, recordOf, STATE_EVENT, unreadableRun } from './runRecord.ts';
import { REQUEST_EVENT } from './runRequest.ts';
import { sessionsOfRuns, type RunQuery } from './runQuery.ts';
import { runView, type RunFacts, type RunRemarks } from './runView.ts';
import { sessionsByStep } from './stepSessions.ts';

export interface RunLookParts {
  readonly sessions: SessionStore;
  readonly leases: Leases;
  readonly agents: Pick<AgentCatalogue, 'enforcement'>;
  readonly clock: Clock;
  readonly remarks: (run: string) => Promise<RunRemarks>;
}

/** How many runs are looked through for one that has run a file before: to ask once more than needed does no harm. */
const KNOWN_RUNS = 2000;
const PAGE = 500;
/** So many are read as of one moment; between them, others have their turn. */
const LOOKS = 100;

/** What a run is, besides its session: its state, and what was asked since. */
const OF_RUNS: LookQuery = {
  last: STATE_EVENT,
  news: [REQUEST_EVENT, LEFT_EVENT],
  after: ({ endedAt }, last) => {
    if (endedAt !== undefined) return undefined;
    return last === undefined ? 0 : handledOf(last);
  },
};

/**
 * Runs as they are now, read from the store. All that one of them is made of is read as of one moment: a runner that is
 * taken for gone between two of its writes is a run that seems to be interrupted.
 */
export class RunLooks {
  readonly #parts: RunLookParts;

  constructor(parts: RunLookParts) {
    this.#parts = parts;
  }

  /** @throws LockstepError SESSION_NOT_FOUND; INVALID_PARAMS where it is no run, or one that cannot be read */
  async facts(id: string): Promise<RunFacts> {
    return this.#factsOf(await this.#parts.sessions.look(id, OF_RUNS));
  }

  /** @throws as {@link facts} does */
  async view(id: string): Promise<Run> {
    return this.#viewOf(await this.#parts.sessions.look(id, OF_RUNS));
  }

  /**
   * The newest first. Sessions of their kind that are no runs, or cannot be read as runs, are left to `sessions.find`;
   * archived ones are listed while they are open, for they work on.
   */
  async list({ workspace, isOpen, limit }: RunQuery): Promise<Run[]> {
    const query = sessionsOfRuns({ workspace, isOpen, archived: 'open' }, Math.min(limit, LOOKS));
    const runs: Run[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#parts.sessions.looks(
        { ...query, ...(cursor === undefined ? {} : { cursor }) },
        OF_RUNS,
      );
      const views = await Promise.all(page.looks.map((look) => this.#listed(look)));
      runs.push(...views.filter((run) => run !== undefined));
      cursor = page.nextCursor;
      await setImmediate();
    } while (cursor !== undefined && runs.length < limit);
    return runs.slice(0, limit);
  }

  async #listed(look: SessionLook): Promise<Run | undefined> {
    try {
      return await this.#viewOf(look);
    } catch (error) {
      // Sessions can be imported, and anybody may start one that looks like a run: it is not to hide the others.
      if (error instanceof LockstepError && error.code === 'INVALID_PARAMS') return undefined;
      throw error;
    }
  }

  /** Numbers that each can be stored may be none together. */
  async #viewOf(look: SessionLook): Promise<Run> {
    const facts = await this.#factsOf(look);
    const view = runSchema.safeParse(runView(facts, this.#parts.clock.now()));
    if (!view.success) throw unreadableRun(facts.plan);
    return view.data;
  }

  /** Whether a run has been started of this text of this file. */
  async isKnown(file: string, digest: string): Promise<boolean> {
    const query = sessionsOfRuns({ archived: true }, PAGE);
    let looked = 0;
    let cursor: string | undefined;
    do {
      const page = await this.#parts.sessions.find({ ...query, ...(cursor === undefined ? {} : { cursor }) });
      for (const session of page.sessions) {
        const plan = planOfSession(session);
        if (plan?.file === file && plan.digest === digest) return true;
      }
      looked += page.sessions.length;
      cursor = page.nextCursor;
    } while (cursor !== undefined && looked < KNOWN_RUNS);
    return false;
  }

  async #factsOf({ session, last, news, children, lease }: SessionLook): Promise<RunFacts> {
    const plan = mustBeRun(session);
    const record = last === undefined ? undefined : recordOf(last, plan);
    const { leases, agents, remarks } = this.#parts;
    const sessions = [...sessionsByStep(children)].map(([step, { id }]) => [step, id] as const);
    const hasEnded = session.endedAt !== undefined;
    const runner = hasEnded ? undefined : (await leases.living(lease))?.fence;
    return {
      session,
      plan,
      record,
      news,
      runner,
      remarks: hasEnded || runner !== undefined ? {} : await remarks(session.id),
      children: new Map(sessions),
      enforcement: await enforcementOf(plan.limits, agents),
    };
  }
}
