import { v7 as uuidv7 } from 'uuid';
import { remaining } from '../../domain/budget.ts';
import * as state from '../../domain/sessionState.ts';
import { defined, together, unchanged, type Decide } from '../../domain/sessionStep.ts';
import type { PlannedStep } from '../../domain/workflowPlan.ts';
import {
  isEnded,
  type IterationOutcome,
  type IterationUse,
  type RunState,
} from '../../domain/workflowRunState.ts';
import type { Clock } from '../../platform/clock.ts';
import { MAX_ITERATIONS, type Session, type SessionStatus } from '../../protocol/session.ts';
import {
  iterationUsage,
  MAX_COST_USD,
  MAX_TOKENS,
  type IterationUsage,
} from '../../protocol/sessionHistoryMethods.ts';
import { sessionsStart } from '../../protocol/sessionLifecycleMethods.ts';
import type { ChildSession, SessionStore } from '../../store/sessionStore.ts';
import type { AgentEvent, AgentUsage } from '../agents/agent.ts';
import type { HeldSession, Holder } from './heldSession.ts';
import { recorded, resumed } from './runChange.ts';
import { stepMetadata } from './runRecord.ts';

/** How long to wait for another who holds the session of a step, in milliseconds. */
const WAIT_MS = 10_000;
/** The longest name or id of a tool call that is kept, in UTF-16 units. */
const MAX_NAME = 200;
const LIVE: ReadonlySet<SessionStatus> = new Set(['active', 'paused', 'timeout']);

/**
 * The sessions of the steps of a run by the id of their step; of several of one step, the one that goes on, else the last.
 * @param children  of the session of the run, the newest first
 */
export function sessionsByStep(children: readonly ChildSession[]): Map<string, ChildSession> {
  const found = new Map<string, ChildSession>();
  for (const child of children.toReversed()) {
    const step = stepMetadata.safeParse(child.metadata).data?.step;
    if (step === undefined) continue;
    const known = found.get(step);
    if (known === undefined || !LIVE.has(known.status) || LIVE.has(child.status)) found.set(step, child);
  }
  return found;
}

type Reported = Pick<IterationUse, 'tokens' | 'costUsd'>;

interface Interruption extends Reported {
  readonly kind: 'interrupted';
  readonly message: string;
}

export interface StepSessionsParts {
  readonly sessions: SessionStore;
  readonly holder: Holder;
  readonly clock: Clock;
}

/**
 * The child sessions of a run, one for each step that has begun: they hold what its agent said and did. They are shown
 * to people; what the runner goes by is the state of the run, which is written first. `settle` makes up for what a crash
 * between the two has left.
 */
export class StepSessions {
  readonly #parts: StepSessionsParts;
  readonly #run: Session;
  readonly #held = new Map<string, HeldSession>();
  /** What the iterations in flight have taken so far, by step. */
  readonly #usage = new Map<string, AgentUsage>();

  constructor(parts: StepSessionsParts, run: Session) {
    this.#parts = parts;
    this.#run = run;
  }

  /** Begins an iteration of a step, the first one with a new session. `maxIterations`: of the step, as it is now. */
  async begin(step: PlannedStep, maxIterations: number, prompt: string): Promise<void> {
    const held = this.#held.get(step.id) ?? (await this.#take(step, maxIterations));
    this.#held.set(step.id, held);
    this.#usage.delete(step.id);
    // One that a crash has cut is open still.
    const cut = iterationEnd('interrupted', {});
    await held.write(cut, resumed, withBudget(maxIterations), (before, now) =>
      state.iterate({ id: before.session.id, data: { prompt } })(before, now),
    );
  }

  async event(step: string, event: AgentEvent): Promise<void> {
    const held = this.#held.get(step);
    if (held === undefined) return;
    if (event.type === 'usage') this.#usage.set(step, event);
    await held.write(decideOf(held.id, event));
  }

  /** Of an iteration, by its outcome, or why it was cut. */
  async end(step: string, outcome: IterationOutcome | Interruption, run: RunState): Promise<void> {
    const held = this.#held.get(step);
    if (held === undefined) return;
    const { kind, tokens, costUsd, ...data } = outcome;
    const usage = usageOf(this.#usage.get(step), defined({ tokens, costUsd }));
    await held.write(iterationEnd(kind, data, usage), endOf(step, run));
  }

  /** Those of steps that go no further are ended, also where the runner before has died just then. */
  async settle(run: RunState): Promise<void> {
    for (const [step, { id, status }] of await this.#known()) {
      const end = endOf(step, run);
      if (end === unchanged || !LIVE.has(status)) continue;
      const held = this.#held.get(step) ?? (await this.#parts.holder.take(id, `step ${step}`, WAIT_MS));
      this.#held.set(step, held);
      await held.write(iterationEnd('interrupted', {}), end);
    }
  }

  /** The run rests, and so do they. */
  async rest(reason: string): Promise<void> {
    for (const held of this.#held.values())
      await held.write((before, now) =>
        before.session.status === 'active'
          ? state.pause({ id: before.session.id, reason })(before, now, false)
          : unchanged(before, now),
      );
  }

  /** Others may drive the steps again. */
  async release(): Promise<void> {
    const held = [...this.#held.values()];
    this.#held.clear();
    await Promise.all(held.map((one) => one.release()));
  }

  async #take(step: PlannedStep, maxIterations: number): Promise<HeldSession> {
    const { sessions, holder, clock } = this.#parts;
    const known = (await this.#known()).get(step.id);
    const isOpen = known !== undefined && LIVE.has(known.status);
    const { id } = isOpen
      ? known
      : await sessions.create(state.start(this.#paramsOf(step, maxIterations), uuidv7(), clock.now()));
    return holder.take(id, `step ${step.id}`, WAIT_MS);
  }

  async #known(): Promise<Map<string, ChildSession>> {
    const query = { parentId: this.#run.id, limit: 500, archived: true, trashed: false, previews: false };
    return sessionsByStep((await this.#parts.sessions.find(query)).sessions);
  }

  #paramsOf(step: PlannedStep, maxIterations: number) {
    const { id: parentId, workspace } = this.#run;
    return sessionsStart.params.parse({
      kind: 'step',
      parentId,
      title: step.id,
      task: step.prompt,
      mode: step.agent,
      agentId: step.agent,
      maxIterations,
      metadata: { step: step.id },
      ...(workspace === undefined ? {} : { workspace }),
    });
  }
}

function decideOf(id: string, event: AgentEvent): Decide {
  switch (event.type) {
    case 'message':
      return event.role === 'assistant'
        ? state.addMessage({ id, role: 'assistant', content: event.text.toWellFormed() })
        : recorded({ type: 'thinking', data: { text: event.text } });
    case 'toolCall': {
      if (event.status === 'begun') return unchanged;
      const { callId, name, input, output = null, status } = event;
      const call = {
        callId: nameOf(callId),
        name: nameOf(name),
        input,
        output,
        isError: status === 'failed',
      };
      return state.recordToolCall({ id, ...call });
    }
    case 'usage':
    case 'permission':
    case 'notice':
    case 'raw': {
      const { type, ...data } = event;
      return recorded({ type: `agent.${type}`, data: { ...data } });
    }
  }
}

/** As an agent gives it, and as it can be kept. */
function nameOf(given: string): string {
  const kept = given.toWellFormed().slice(0, MAX_NAME).toWellFormed();
  return kept === '' ? '?' : kept;
}

/** A step that was given more iterations has them in its session too; so has one whose runner died between the two. */
function withBudget(wanted: number): Decide {
  return (before, now) => {
    const { id, iterations, maxIterations } = before.session;
    const least = remaining(before.session) > 0 ? wanted : Math.max(wanted, iterations + 1);
    const addIterations = Math.min(least, MAX_ITERATIONS) - maxIterations;
    return addIterations < 1 ? unchanged(before, now) : state.update({ id, addIterations })(before, now);
  };
}

/**
 * What an iteration took, as its session keeps it: how many of which kind, and of which model, is in what its agent told
 * while it worked; what it took in all is in its result, too, if that is there.
 */
function usageOf(told: AgentUsage | undefined, reported: Reported): IterationUsage | undefined {
  const { tokens, model } = told ?? {};
  const costUsd = reported.costUsd ?? told?.costUsd;
  const total = reported.tokens ?? tokens?.total;
  const { shape } = iterationUsage;
  const count = (value: number | undefined) => Math.min(value ?? 0, MAX_TOKENS);
  const usage = {
    input: count(tokens?.input),
    output: count(tokens?.output),
    cacheRead: count(tokens?.cacheRead),
    cacheWrite: count(tokens?.cacheWrite),
    ...(total === undefined ? {} : { total: count(total) }),
    ...(costUsd === undefined ? {} : { costUsd: Math.min(costUsd, MAX_COST_USD) }),
    // One that is too long to be kept is in the history of the iteration.
    ...defined({ model: shape.model.safeParse(model).data }),
  };
  return total === undefined && costUsd === undefined && usage.model === undefined ? undefined : usage;
}

function iterationEnd(outcome: string, data: object, usage?: IterationUsage): Decide {
  return (before, now) => {
    const { id, status } = before.session;
    if (!before.iterationOpen || status !== 'active') return unchanged(before, now);
    return state.endIteration({ id, outcome, usage, data: { ...data } })(before, now);
  };
}

/** What ends the session of a step; `unchanged` where it goes on, or may. */
function endOf(step: string, run: RunState): Decide {
  const its = run.steps.find(({ id }) => id === step);
  const ends = (end: (id: string) => Decide): Decide =>
    together((before, now) => end(before.session.id)(before, now));
  if (its?.status === 'done') return ends((id) => state.complete({ id }));
  if (its?.status === 'failed')
    return ends((id) => state.fail({ id, error: its.message ?? 'Its last iteration failed.' }));
  if (its?.status === 'skipped' || isEnded(run.status))
    return ends((id) => state.fail({ id, error: `The run has ${run.status} before it was done.` }));
  return unchanged;
}
