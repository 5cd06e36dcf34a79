import { LockstepError } from '../../domain/errors.ts';
import type { Continuation } from '../../domain/workflowBudget.ts';
import * as run from '../../domain/workflowRun.ts';
import { inFlight, type RunState } from '../../domain/workflowRunState.ts';
import type { WorkflowPlan } from '../../domain/workflowPlan.ts';
import type { Clock } from '../../platform/clock.ts';
import { locksAcquire, locksRelease } from '../../protocol/lockMethods.ts';
import { sessionsEvents } from '../../protocol/sessionHistoryMethods.ts';
import { sessionsGet } from '../../protocol/sessionQueryMethods.ts';
import { endGroup } from '../supervisor/endGroup.ts';
import type { Call } from './call.ts';
import type { HeldRun } from './runner.ts';
import {
  AGENT_EVENT,
  agentEventData,
  OUTPUT_EVENT,
  outputEventData,
  runMetadata,
  STATE_EVENT,
  stateEventData,
  type AgentRecord,
  type StepOutput,
} from './runRecord.ts';

/** How long to wait for a runner that is about to leave, in milliseconds. */
const WAIT_MS = 2000;

/**
 * Takes a run into the hands of this process: the lease first, then proof that no process of an agent of the runner
 * before is left. `more` is what a person lets it go on with, where it is parked.
 * @throws LockstepError SESSION_LOCKED where another drives it, or such processes cannot be ended
 */
export async function takeRun(
  call: Call,
  clock: Clock,
  id: string,
  more: Continuation = {},
): Promise<HeldRun> {
  const { token: lease } = await call(locksAcquire, { session: id, name: 'lockstep run', waitMs: WAIT_MS });
  try {
    const session = await call(sessionsGet, { id });
    const { plan } = runMetadata.parse(session.metadata);
    const { state: stored, agents, outputs } = await recorded(call, id);
    if (stored === undefined) return { session, lease, plan, outputs, state: run.start(plan, clock.now()) };
    for (const step of inFlight(stored)) await proveGone(agents.get(step));
    const loaded = run.load(plan, stored, clock.now());
    return { session, lease, plan, outputs, state: goneOn(plan, loaded, more, clock.now()) };
  } catch (error) {
    await call(locksRelease, { token: lease });
    throw error;
  }
}

function goneOn(plan: WorkflowPlan, state: RunState, more: Continuation, now: number): RunState {
  if (state.status === 'paused') return run.resume(plan, state, now);
  return state.status === 'parked' ? run.continueWith(plan, state, more, now) : state;
}

/** What the events of a run tell: its last state, who works for its steps, and what they said last. */
async function recorded(
  call: Call,
  id: string,
): Promise<{
  state: RunState | undefined;
  agents: ReadonlyMap<string, AgentRecord>;
  outputs: ReadonlyMap<string, StepOutput>;
}> {
  let state: RunState | undefined;
  const agents = new Map<string, AgentRecord>();
  const outputs = new Map<string, StepOutput>();
  let afterSeq: number | undefined = 0;
  while (afterSeq !== undefined) {
    const page: { events: { type: string; data: unknown }[]; nextSeq?: number | undefined } = await call(
      sessionsEvents,
      { id, afterSeq, limit: 1000, types: [STATE_EVENT, AGENT_EVENT, OUTPUT_EVENT] },
    );
    for (const { type, data } of page.events) {
      if (type === STATE_EVENT) state = stateEventData.parse(data).state;
      else if (type === OUTPUT_EVENT) {
        const output = outputEventData.parse(data);
        outputs.set(output.step, output);
      } else {
        const agent = agentEventData.parse(data);
        agents.set(agent.step, agent);
      }
    }
    afterSeq = page.nextSeq;
  }
  return { state, agents, outputs };
}

async function proveGone(agent: AgentRecord | undefined): Promise<void> {
  if (agent === undefined) return;
  const { left } = await endGroup(agent);
  if (left.length === 0) return;
  throw new LockstepError(
    'SESSION_LOCKED',
    `Processes of the agent of step ${agent.step} may still be at work: ${left.join(', ')}. End them, and continue the run.`,
    { details: { step: agent.step, pids: left } },
  );
}
