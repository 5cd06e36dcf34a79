import { activeMs } from '../../domain/workflowBudget.ts';
import { runBudget, stepBudget } from '../../domain/workflowBudget.ts';
import type { PlannedStep, WorkflowPlan } from '../../domain/workflowPlan.ts';
import * as workflowRun from '../../domain/workflowRun.ts';
import { isEnded, newStep, type RunState, type StepState } from '../../domain/workflowRunState.ts';
import type { SessionEvent } from '../../protocol/event.ts';
import type { Session } from '../../protocol/session.ts';
import type { Run, RunStatus, RunStep } from '../../protocol/workflowMethods.ts';
import type { Enforcement } from '../agents/limits/agentLimits.ts';
import { limitViews } from './limitView.ts';
import { cutsOf } from './runReasons.ts';
import { LEFT_EVENT, leftEventData, type RunRecord } from './runRecord.ts';
import { afterWishes, isPauseAsked, REQUEST_EVENT } from './runRequest.ts';

/** How long a runner may take to come, in milliseconds, before a run is said to have none. */
const COMING_MS = 10_000;

/** What is known of a run. */
export interface RunFacts {
  readonly session: Session;
  readonly plan: WorkflowPlan;
  /** Undefined for one that was never driven. */
  readonly record: RunRecord | undefined;
  /** Since what is recorded: requests, and that a runner has left. In their order. */
  readonly news: readonly SessionEvent[];
  /** The fence of the living process that drives it; undefined where none does. */
  readonly runner: number | undefined;
  /** By step: the id of its session. */
  readonly children: ReadonlyMap<string, string>;
  readonly enforcement: Enforcement;
  /** Where nobody drives it, besides its history. */
  readonly remarks: RunRemarks;
}

/** What is known of a run that nobody drives from elsewhere than its history, as sentences. */
export interface RunRemarks {
  /** Why its last process has gone, as that has said itself. */
  readonly reason?: string | undefined;
  /** What may be at work for it still. */
  readonly doubt?: string | undefined;
}

/** A run as it is, with what was asked of it and is not carried out yet. */
export interface CurrentRun {
  readonly state: RunState;
  readonly status: RunStatus;
}

/**
 * The state as it will be when the requests are obeyed: whoever asks for something sees that it was heard. What a runner
 * has left, or the next one has just taken, is not in flight.
 */
export function currentRun(facts: RunFacts, now: number): CurrentRun {
  const { session, plan, record, news } = facts;
  const found =
    record === undefined
      ? workflowRun.start(plan, now)
      : isOfRunner(facts) || isEnded(record.state.status)
        ? record.state
        : workflowRun.load(plan, record.state, now);
  const requests = news.filter(({ type }) => type === REQUEST_EVENT);
  const state = afterWishes(plan, found, { requests, isPauseAsked: isPauseAsked(session) }, now);
  return { state, status: statusOf(facts, state, now) };
}

/**
 * It has ended but for its session: its runner died just then, or with the last that was in flight, and the next one has
 * no more than that to do.
 */
export function lacksItsEnd({ session, record, runner }: RunFacts, { state }: CurrentRun): boolean {
  if (session.endedAt !== undefined || record === undefined) return false;
  return isEnded(runner === undefined ? state.status : record.state.status);
}

export function runView(facts: RunFacts, now: number): Run {
  const { session, plan, record, children, enforcement } = facts;
  const { state, status } = currentRun(facts, now);
  const { iterations, maxIterations } = runBudget(plan, state);
  const { tokens, costUsd } = state.used;
  const error = errorOf(facts, { state, status });
  const steps = new Map(state.steps.map((step) => [step.id, step]));
  return {
    id: session.id,
    name: plan.name,
    ...(plan.file === undefined ? {} : { file: plan.file }),
    ...(session.workspace === undefined ? {} : { workspace: session.workspace }),
    status,
    iterations,
    maxIterations,
    startedAt: session.createdAt,
    ...(session.endedAt === undefined ? {} : { endedAt: session.endedAt }),
    inputs: { ...plan.inputs },
    ...(status !== 'parked' || state.parkedFor === undefined ? {} : { parkedFor: state.parkedFor }),
    ...(error === undefined || status === 'stopped' ? {} : { error }),
    limits: limitViews(plan.limits, enforcement, { state, now }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(costUsd === undefined ? {} : { costUsd }),
    activeMs: activeMs(state, now),
    steps: plan.steps.map((step) =>
      stepView(step, steps.get(step.id) ?? newStep(step.id), children.get(step.id)),
    ),
    // A question is its runner's: with it, nobody waits for the answer any more.
    questions: isOfRunner(facts) && session.endedAt === undefined ? (record?.questions ?? []) : [],
    revision: session.revision,
  };
}

function stepView(planned: PlannedStep, step: StepState, session: string | undefined): RunStep {
  const { iterations, maxIterations } = stepBudget(planned, step);
  return {
    id: planned.id,
    status: step.status,
    iterations,
    maxIterations,
    needs: [...planned.needs],
    agent: planned.agent,
    hasGate: planned.gate !== undefined,
    isGateOpen: step.gateOpen,
    isAsking: step.asking,
    ...(session === undefined ? {} : { session }),
    ...(step.retryAt === undefined ? {} : { retryAt: new Date(step.retryAt).toISOString() }),
    ...messageOf(step),
  };
}

function statusOf(facts: RunFacts, state: RunState, now: number): RunStatus {
  const { session, record, runner } = facts;
  if (session.status === 'completed') return 'completed';
  if (session.status === 'failed') return record?.state.status === 'stopped' ? 'stopped' : 'failed';
  const { status } = state;
  if (status === 'paused' || status === 'parked') return status;
  if (runner === undefined && !isComing(facts, now)) return 'interrupted';
  // The session ends last.
  if (status === 'stopped') return 'stopping';
  return isEnded(status) ? 'active' : status;
}

/** Whether what is recorded is of the runner that drives it now, and not of one before. */
function isOfRunner({ record, runner }: RunFacts): boolean {
  return record !== undefined && record.fence === runner;
}

/** Its start, or a request, has just asked for a runner, and none has left since. */
function isComing({ session, record, news }: RunFacts, now: number): boolean {
  const last = news.at(-1);
  if (last?.type === LEFT_EVENT) return false;
  if (last === undefined && session.iterations > 0) return false;
  const askedAt =
    last?.timestamp ?? (record === undefined || record.handled === 0 ? session.createdAt : undefined);
  return askedAt !== undefined && Math.abs(now - Date.parse(askedAt)) < COMING_MS;
}

/** Why it goes no further, where that is no limit of its own. */
function errorOf(facts: RunFacts, { state, status }: CurrentRun): string | undefined {
  const { reason, doubt } = facts.remarks;
  const lines = (...said: readonly (string | undefined)[]) =>
    said.filter((one) => one !== undefined).join('\n') || undefined;
  if (status === 'interrupted') return lines(reason ?? leftBy(facts), doubt);
  if (status === 'parked') return lines(...cutsOf(state), doubt);
  return status === 'paused' ? doubt : facts.session.error;
}

function messageOf({ cut, message }: StepState): { message?: string } {
  if (cut !== undefined) return { message: `Its last iteration was cut: ${cut}` };
  return message === undefined ? {} : { message };
}

/** Why its last runner has left it, where it could tell. */
function leftBy({ news }: RunFacts): string | undefined {
  const last = news.findLast(({ type }) => type === LEFT_EVENT);
  return last === undefined ? undefined : leftEventData.safeParse(last.data).data?.message;
}
