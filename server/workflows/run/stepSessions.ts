import { locksAcquire, locksRelease } from '../../protocol/lockMethods.ts';
import type { Session } from '../../protocol/session.ts';
import {
  sessionsAddMessage,
  sessionsAddEvent,
  sessionsRecordToolCall,
} from '../../protocol/sessionHistoryMethods.ts';
import {
  sessionsComplete,
  sessionsEndIteration,
  sessionsFail,
  sessionsIterate,
  sessionsStart,
  sessionsUpdate,
} from '../../protocol/sessionLifecycleMethods.ts';
import { sessionsFind } from '../../protocol/sessionQueryMethods.ts';
import type { IterationOutcome } from '../../domain/workflowRunState.ts';
import type { PlannedStep } from '../../domain/workflowPlan.ts';
import type { AgentEvent } from '../agents/agent.ts';
import type { Call } from './call.ts';

/** A step's own session, in the hands of the runner. */
interface HeldStep {
  readonly id: string;
  readonly lease: string;
}

/**
 * The child sessions of a run, one for each step that has begun: they hold what its agent said and did. They are shown
 * to people; what the runner goes by is the state of the run.
 */
export class StepSessions {
  readonly #call: Call;
  readonly #run: Session;
  readonly #held = new Map<string, HeldStep>();

  constructor(call: Call, run: Session) {
    this.#call = call;
    this.#run = run;
  }

  /** Begins an iteration of a step, the first one with a new session. */
  async begin(step: PlannedStep, maxIterations: number, prompt: string): Promise<void> {
    const held = this.#held.get(step.id) ?? (await this.#take(step, maxIterations));
    this.#held.set(step.id, held);
    const session = await this.#call(sessionsIterate, { ...held, data: { prompt } });
    if (session.status !== 'timeout') return;
    // A crash between the state of the run and this session charged it for one that the run does not know of.
    await this.#call(sessionsUpdate, { id: held.id, addIterations: 1 });
  }

  async event(step: string, event: AgentEvent): Promise<void> {
    const held = this.#held.get(step);
    if (held === undefined) return;
    switch (event.type) {
      case 'message':
        if (event.role === 'assistant')
          await this.#call(sessionsAddMessage, { ...held, role: 'assistant', content: event.text });
        else await this.#custom(held, 'thinking', { text: event.text });
        break;
      case 'toolCall': {
        if (event.status === 'begun') break;
        const { callId, name, input, output = null, status } = event;
        const call = { callId, name, input, output, isError: status === 'failed' };
        await this.#call(sessionsRecordToolCall, { ...held, ...call });
        break;
      }
      case 'usage':
      case 'permission':
      case 'notice':
      case 'raw': {
        const { type, ...data } = event;
        await this.#custom(held, `agent.${type}`, data);
        break;
      }
    }
  }

  async end(
    step: string,
    outcome: IterationOutcome | undefined,
    isDone: boolean,
    hasFailed: boolean,
  ): Promise<void> {
    const held = this.#held.get(step);
    if (held === undefined) return;
    const { kind, ...data } = outcome ?? { kind: 'interrupted' };
    await this.#call(sessionsEndIteration, { ...held, outcome: kind, data });
    if (isDone) await this.#call(sessionsComplete, held);
    else if (hasFailed) await this.#call(sessionsFail, { ...held, error: outcome?.message ?? 'It failed.' });
  }

  /** Others may drive the steps again. A lease that was lost is no lease to give back. */
  async release(): Promise<void> {
    const held = [...this.#held.values()];
    this.#held.clear();
    await Promise.all(held.map(({ lease }) => this.#call(locksRelease, { token: lease })));
  }

  #custom(held: HeldStep, type: string, data: object): Promise<unknown> {
    return this.#call(sessionsAddEvent, { ...held, type, data: { ...data } });
  }

  async #take(step: PlannedStep, maxIterations: number): Promise<HeldStep> {
    const { id: parentId, workspace } = this.#run;
    const { sessions } = await this.#call(sessionsFind, { parentId, limit: 500 });
    const known = sessions.find(
      ({ metadata, status }) => metadata['step'] === step.id && status === 'active',
    );
    const session =
      known ??
      (await this.#call(sessionsStart, {
        kind: 'step',
        parentId,
        title: step.id,
        task: step.prompt,
        mode: step.agent,
        agentId: step.agent,
        maxIterations,
        metadata: { step: step.id },
        ...(workspace === undefined ? {} : { workspace }),
      }));
    const { token } = await this.#call(locksAcquire, { session: session.id, name: `step ${step.id}` });
    return { id: session.id, lease: token };
  }
}
