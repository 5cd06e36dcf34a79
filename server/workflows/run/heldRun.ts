import { LockstepError } from '../../domain/errors.ts';
import type { WorkflowPlan } from '../../domain/workflowPlan.ts';
import * as run from '../../domain/workflowRun.ts';
import type { RunState } from '../../domain/workflowRunState.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Session } from '../../protocol/session.ts';
import type { SessionStore } from '../../store/sessionStore.ts';
import { endGroup } from '../supervisor/endGroup.ts';
import type { HeldSession, Holder } from './heldSession.ts';
import { recordedAgents } from './recordedAgents.ts';
import { inRunWords } from './runRefusals.ts';
import { lastOfSteps, lastRecord, mustBeRun } from './recordedRun.ts';
import { OUTPUT_EVENT, outputEventData, type AgentRecord, type StepOutput } from './runRecord.ts';

/** How long to wait for a runner that is about to leave, in milliseconds. */
const WAIT_MS = 2000;

/** A run that this process holds the lease of. */
export interface HeldRun {
  readonly session: Session;
  readonly held: HeldSession;
  readonly plan: WorkflowPlan;
  /** With what its last runner had in flight taken back. */
  readonly state: RunState;
  /** `seq` up to which requests were obeyed. */
  readonly handled: number;
  /** By step: what it said last. */
  readonly outputs: ReadonlyMap<string, StepOutput>;
}

export interface TakeParts {
  readonly sessions: SessionStore;
  readonly holder: Holder;
  readonly clock: Clock;
}

/**
 * Takes a run into the hands of this process: the lease first, then proof that no process of an agent of the runner
 * before is left.
 * Undefined where it has ended.
 * @throws LockstepError SESSION_LOCKED where another drives it, or such processes cannot be ended
 */
export async function takeRun(
  { sessions, holder, clock }: TakeParts,
  id: string,
): Promise<HeldRun | undefined> {
  const held = await holder.take(id, 'lockstep run', WAIT_MS).catch((error: unknown) => {
    throw inRunWords(id, error);
  });
  try {
    const session = await sessions.get(id);
    const plan = mustBeRun(session);
    if (session.endedAt !== undefined) {
      await held.release();
      return undefined;
    }
    const record = await lastRecord(sessions, id, plan);
    const taken = { session, held, plan };
    if (record === undefined)
      return { ...taken, state: run.start(plan, clock.now()), handled: 0, outputs: new Map() };
    const { state, handled } = record;
    for (const agent of await recordedAgents(sessions, id, state)) await proveGone(agent);
    const outputs = { type: OUTPUT_EVENT, parse: (data: unknown) => outputEventData.parse(data) };
    const begun = state.steps.filter(({ iterations }) => iterations > 0).map((step) => step.id);
    return {
      ...taken,
      state: run.load(plan, state, clock.now()),
      handled,
      outputs: await lastOfSteps(sessions, id, outputs, begun),
    };
  } catch (error) {
    await held.release();
    throw error;
  }
}

async function proveGone(agent: AgentRecord): Promise<void> {
  const { left } = await endGroup(agent);
  if (left.length === 0) return;
  throw new LockstepError(
    'SESSION_LOCKED',
    `Processes of the agent of step ${agent.step} may still be at work: ${left.join(', ')}. End them, and continue the run.`,
    { details: { step: agent.step, pids: [...left] } },
  );
}
