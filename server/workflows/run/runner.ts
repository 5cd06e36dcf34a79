import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { stepBudget } from '../../domain/workflowBudget.ts';
import { decide, type Decision } from '../../domain/workflowDecision.ts';
import type { PlannedStep, WorkflowPlan } from '../../domain/workflowPlan.ts';
import * as run from '../../domain/workflowRun.ts';
import {
  plannedStep,
  stepOf,
  type IterationOutcome,
  type IterationUse,
  type RunState,
} from '../../domain/workflowRunState.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Disposable } from '../../platform/disposable.ts';
import { locksRelease } from '../../protocol/lockMethods.ts';
import type { Session } from '../../protocol/session.ts';
import { sessionsAddEvent } from '../../protocol/sessionHistoryMethods.ts';
import {
  sessionsComplete,
  sessionsFail,
  sessionsIterate,
  sessionsPause,
} from '../../protocol/sessionLifecycleMethods.ts';
import { sessionsGet } from '../../protocol/sessionQueryMethods.ts';
import type { Agent, AgentResult } from '../agents/agent.ts';
import { filledIn } from '../format/references.ts';
import type { Call } from './call.ts';
import { matchesOutput } from './outputMatch.ts';
import { AGENT_EVENT, OUTPUT_EVENT, STATE_EVENT, type AgentRecord, type StepOutput } from './runRecord.ts';
import { StepSessions } from './stepSessions.ts';
import { untilHolds } from './untilCheck.ts';

/** Of one iteration, where the plan sets no limit of its own. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export interface RunnerParts {
  readonly call: Call;
  readonly clock: Clock;
  /** @throws LockstepError where there is no such agent */
  readonly agentFor: (name: string) => Agent;
  /** How many iterations may be in flight at once. */
  readonly parallel: number;
  /** The environment of `until`. */
  readonly env: Readonly<Record<string, string>>;
  /** The store has changed, maybe what others ask of the run. */
  readonly onDidChange: (listener: () => void) => Disposable;
}

/** A run that this process holds the lease of. */
export interface HeldRun {
  readonly session: Session;
  readonly lease: string;
  readonly plan: WorkflowPlan;
  readonly state: RunState;
  /** By step: what it said last. */
  readonly outputs: ReadonlyMap<string, StepOutput>;
}

interface Flight {
  readonly controller: AbortController;
  readonly begunAt: number;
}

interface Landing {
  readonly step: string;
  /** Undefined where it was cancelled. */
  readonly outcome: IterationOutcome | undefined;
  readonly use: IterationUse;
  readonly said: StepOutput;
}

/**
 * Drives a run: what is to be done next is the scheduler's to say, and each of its states is in the store before what it
 * tells of is done. Whatever happens to this process, the next one knows of every iteration that was begun.
 */
export class Runner {
  readonly #parts: RunnerParts;
  readonly #run: HeldRun;
  readonly #steps: StepSessions;
  readonly #flights = new Map<string, Flight>();
  readonly #landed: Landing[] = [];
  readonly #outputs: Map<string, StepOutput>;
  #state: RunState;
  /** Whether the state is in the store as it is here. */
  #isStored = false;
  #failure: Error | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(parts: RunnerParts, held: HeldRun) {
    this.#parts = parts;
    this.#run = held;
    this.#state = held.state;
    this.#outputs = new Map(held.outputs);
    this.#steps = new StepSessions(parts.call, held.session);
  }

  /**
   * Until nothing goes on by itself any more. Aborting the signal cancels what is in flight and leaves the run as it is.
   * @throws LockstepError SESSION_LOCKED where the lease was lost; nothing is in flight then
   */
  async drive(signal: AbortSignal): Promise<NonNullable<Decision['end']> | 'left'> {
    const wake = () => this.#wake.resolve();
    const watch = this.#parts.onDidChange(wake);
    signal.addEventListener('abort', wake);
    try {
      for (;;) {
        this.#wake = Promise.withResolvers();
        await this.#land();
        if (signal.aborted) return 'left';
        await this.#obey();
        const { plan } = this.#run;
        const decision = decide(plan, this.#state, this.#parts.clock.now(), {
          parallel: this.#parts.parallel,
        });
        await this.#save(decision.state);
        for (const step of decision.cancel) this.#flights.get(step)?.controller.abort();
        if (decision.end !== undefined) return await this.#finish(decision.end);
        for (const { step } of decision.begin) await this.#begin(plannedStep(plan, step));
        await this.#nextWake(decision.wait);
      }
    } finally {
      watch.dispose();
      signal.removeEventListener('abort', wake);
      await this.#endFlights();
      // What is left to write is another runner's now, or nobody's.
      await this.#steps.release();
      await this.#parts.call(locksRelease, { token: this.#run.lease });
    }
  }

  /** What others asked for since: they write to the session, which needs no lease. */
  async #obey(): Promise<void> {
    const { pausing } = await this.#parts.call(sessionsGet, { id: this.#run.session.id });
    const now = this.#parts.clock.now();
    if (pausing && this.#state.status === 'active')
      await this.#save(run.pause(this.#run.plan, this.#state, now));
    else if (!pausing && this.#state.status === 'pausing')
      await this.#save(run.resume(this.#run.plan, this.#state, now));
  }

  async #begin(step: PlannedStep): Promise<void> {
    const { call, clock } = this.#parts;
    const { plan, session, lease } = this.#run;
    const charged = await call(sessionsIterate, { id: session.id, lease, data: { step: step.id } });
    // A pause came between: it is obeyed next.
    if (charged.status !== 'active') return this.#wake.resolve();
    await this.#save(run.begun(plan, this.#state, step.id, clock.now()));
    const budget = stepBudget(step, stepOf(plan, this.#state, step.id));
    const prompt = this.#promptOf(step);
    await this.#steps.begin(step, budget.maxIterations, prompt);
    const record: AgentRecord = { step: step.id, marker: randomUUID() };
    await this.#record(AGENT_EVENT, record);
    const flight = { controller: new AbortController(), begunAt: clock.now() };
    this.#flights.set(step.id, flight);
    void this.#fly(step, record, prompt, flight)
      .then(
        (landing) => this.#landed.push(landing),
        (error: unknown) => (this.#failure ??= error instanceof Error ? error : new Error(String(error))),
      )
      .then(() => {
        this.#flights.delete(step.id);
        this.#wake.resolve();
      });
  }

  async #fly(step: PlannedStep, record: AgentRecord, prompt: string, flight: Flight): Promise<Landing> {
    const { agentFor, clock } = this.#parts;
    const { signal } = flight.controller;
    const cwd = resolve(this.#run.session.workspace ?? '.', step.cwd ?? '.');
    const request = {
      prompt,
      cwd,
      env: step.env,
      timeoutMs: step.timeoutMs,
      maxOutputBytes: this.#run.plan.limits.outputBytes ?? MAX_OUTPUT_BYTES,
      marker: record.marker,
    };
    const result = await agentFor(step.agent).run(
      request,
      {
        started: ({ pid, processStart }) =>
          this.#record(AGENT_EVENT, {
            ...record,
            ...(pid === undefined ? {} : { pid }),
            ...(processStart === undefined ? {} : { processStart }),
          }),
        event: (event) => this.#steps.event(step.id, event),
        permission: () => Promise.resolve(undefined),
      },
      signal,
    );
    const { output } = result;
    const use = useOf(result, clock.now() - flight.begunAt);
    const landed = { step: step.id, use, said: { step: step.id, output } };
    if (result.outcome === 'cancelled') return { ...landed, outcome: undefined };
    if (result.outcome !== 'success')
      return { ...landed, outcome: { ...use, kind: 'failed', ...told(result.message) } };
    const { isDone, check } = await this.#isDone(step, output, { cwd, signal });
    const spent = { ...use, ms: clock.now() - flight.begunAt };
    const said = { ...landed.said, ...(check === undefined ? {} : { check }) };
    if (signal.aborted) return { ...landed, use: spent, outcome: undefined };
    return { step: step.id, use: spent, said, outcome: { ...spent, kind: isDone ? 'done' : 'again' } };
  }

  /** Without a condition, one answer is all that was asked for. `check` is what a command that fails printed. */
  async #isDone(
    step: PlannedStep,
    output: string,
    { cwd, signal }: { cwd: string; signal: AbortSignal },
  ): Promise<{ isDone: boolean; check?: string }> {
    if (step.untilOutput !== undefined && !matchesOutput(step.untilOutput, output)) return { isDone: false };
    if (step.until === undefined) return { isDone: true };
    const env = { ...this.#parts.env, ...step.env };
    const how = { cwd, env, timeoutMs: step.timeoutMs, marker: randomUUID() };
    const { holds, output: printed, message } = await untilHolds(step.until, how, signal);
    const check = message === undefined ? printed : `${printed}\n${message}`;
    const text = `${step.until}: ${holds ? 'holds' : 'does not hold yet'}\n${check}`;
    await this.#steps.event(step.id, { type: 'notice', text });
    return holds ? { isDone: true } : { isDone: false, check };
  }

  /** What has landed since is the state's, and told in the session of its step. */
  async #land(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    for (let landing = this.#landed.shift(); landing !== undefined; landing = this.#landed.shift()) {
      const { plan } = this.#run;
      const { step, outcome, use, said } = landing;
      const now = this.#parts.clock.now();
      const state =
        outcome === undefined
          ? run.interrupted(plan, this.#state, step, now, use)
          : run.ended(plan, this.#state, step, outcome, now);
      if (outcome !== undefined) {
        await this.#record(OUTPUT_EVENT, said);
        this.#outputs.set(step, said);
      }
      await this.#save(state);
      const { status } = stepOf(plan, state, step);
      await this.#steps.end(step, outcome, status === 'done', status === 'failed');
    }
  }

  /** Nothing is in flight. */
  async #finish(end: NonNullable<Decision['end']>): Promise<NonNullable<Decision['end']>> {
    const { call } = this.#parts;
    const { session, lease } = this.#run;
    const { id } = session;
    if (end === 'completed')
      await call(sessionsComplete, {
        id,
        lease,
        result: { outputs: [...this.#outputs.values()].map(({ step, output }) => ({ step, output })) },
      });
    else if (end === 'failed' || end === 'stopped')
      await call(sessionsFail, { id, lease, error: this.#whyEnded(end) });
    else {
      const { status } = await call(sessionsGet, { id });
      if (status === 'active') {
        await call(sessionsPause, { id, reason: this.#whyParked() });
        // While a lease is held a pause is a request; this carries it out, and charges nothing.
        await call(sessionsIterate, { id, lease });
      }
    }
    return end;
  }

  #whyEnded(end: 'failed' | 'stopped'): string {
    if (end === 'stopped') return 'It was stopped.';
    const failed = this.#state.steps.filter(({ status }) => status === 'failed');
    return failed
      .map(({ id, message }) => `Step ${id} failed${message === undefined ? '.' : `: ${message}`}`)
      .join('\n');
  }

  #whyParked(): string {
    const { parkedFor } = this.#state;
    if (parkedFor === undefined) return 'Paused.';
    const { reason, step, used, limit } = parkedFor;
    if (reason === 'gate') return `Waits at the gate of step ${step ?? ''}.`;
    return `Reached its limit ${reason}${step === undefined ? '' : ` in step ${step}`}: ${used ?? '?'} of ${limit ?? '?'}.`;
  }

  /** The agent is told what the condition printed, which is why it is asked again. */
  #promptOf({ id, prompt, until }: PlannedStep): string {
    const { inputs } = this.#run.plan;
    const filled = filledIn(prompt, (one) =>
      one.kind === 'input' ? inputs[one.name] : this.#outputs.get(one.step)?.output,
    );
    const check = this.#outputs.get(id)?.check;
    if (check === undefined) return filled;
    return `${filled}\n\nThe command "${until ?? ''}" does not succeed yet. It printed:\n\n${check}`;
  }

  async #save(state: RunState): Promise<void> {
    if (state === this.#state && this.#isStored) return;
    await this.#record(STATE_EVENT, { state });
    this.#state = state;
    this.#isStored = true;
  }

  async #record(type: string, data: object): Promise<void> {
    const { session, lease } = this.#run;
    await this.#parts.call(sessionsAddEvent, { id: session.id, lease, type, data: { ...data } });
  }

  async #nextWake(wait: number | undefined): Promise<void> {
    const timer = wait === undefined ? undefined : setTimeout(() => this.#wake.resolve(), wait);
    await this.#wake.promise;
    clearTimeout(timer);
  }

  async #endFlights(): Promise<void> {
    for (const { controller } of this.#flights.values()) controller.abort();
    while (this.#flights.size > 0) {
      this.#wake = Promise.withResolvers();
      if (this.#flights.size > 0) await this.#wake.promise;
    }
  }
}

function useOf({ usage, output }: AgentResult, ms: number): IterationUse {
  return {
    ms,
    bytes: Buffer.byteLength(output),
    ...(usage?.tokens === undefined ? {} : { tokens: usage.tokens.total }),
    ...(usage?.costUsd === undefined ? {} : { costUsd: usage.costUsd }),
  };
}

function told(message: string | undefined): { message?: string } {
  return message === undefined ? {} : { message };
}
