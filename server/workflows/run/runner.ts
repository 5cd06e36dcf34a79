import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { defined, unchanged, type NewEvent } from '../../domain/sessionStep.ts';
import { stepBudget } from '../../domain/workflowBudget.ts';
import { decide, type Decision } from '../../domain/workflowDecision.ts';
import type { PlannedStep } from '../../domain/workflowPlan.ts';
import * as run from '../../domain/workflowRun.ts';
import { inFlight, isEnded, plannedStep, stepOf, type RunState } from '../../domain/workflowRunState.ts';
import type { Disposable } from '../../platform/disposable.ts';
import type { SessionEvent } from '../../protocol/event.ts';
import type { AgentSink, PermissionRequest } from '../agents/agent.ts';
import { fly, type Flight, type FlightParts, type Landing } from './flight.ts';
import { agentLimits, OutputInFlight } from './flightLimits.ts';
import { Flights } from './flights.ts';
import type { HeldRun, TakeParts } from './heldRun.ts';
import { Questions } from './questions.ts';
import { mayBegin, recorded, runChange, runEnd, type RunChange } from './runChange.ts';
import { reasonOf } from './runReasons.ts';
import {
  AGENT_EVENT,
  NOTICE_EVENT,
  OUTPUT_EVENT,
  TOLD_EVENT,
  toldEventData,
  type StepOutput,
} from './runRecord.ts';
import { afterWishes, isPauseAsked, REQUEST_EVENT, requestOf } from './runRequest.ts';
import { RunSession } from './runSession.ts';
import { StepSessions } from './stepSessions.ts';
import { promptOf, valueOf, type RunValues } from './stepTexts.ts';

/** How soon a change of the store is looked at: agents that say much make many. */
const LOOK_MS = 50;
/** The longest wait of a timer. */
const LONGEST_MS = 2 ** 31 - 1;

export interface RunnerParts extends FlightParts, TakeParts {
  /** How many iterations may be in flight at once. */
  readonly parallel: number;
  /** How long a question waits for a client that shows it, in milliseconds. */
  readonly claimMs: number;
  /** The store has changed, maybe what others ask of the run. */
  readonly onDidChange: (listener: () => void) => Disposable;
}

export type RunEnd = NonNullable<Decision['end']>;

/**
 * Drives a run: what is to be done next is the scheduler's to say, and each of its states is in the store before what it
 * tells of is done. Whatever happens to this process, the next one knows of every iteration that was begun.
 */
export class Runner {
  readonly #parts: RunnerParts;
  readonly #run: HeldRun;
  readonly #session: RunSession;
  readonly #steps: StepSessions;
  readonly #questions: Questions;
  readonly #flights = new Flights();
  readonly #output = new OutputInFlight();
  readonly #landed: Landing[] = [];
  readonly #outputs: Map<string, StepOutput>;
  #state: RunState;
  /** Whether the state is in the store as it is here, and the session follows it. */
  #isStored = false;
  #failure: Error | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(parts: RunnerParts, taken: HeldRun) {
    this.#parts = parts;
    this.#run = taken;
    this.#state = taken.state;
    this.#outputs = new Map(taken.outputs);
    this.#session = new RunSession(parts.sessions, taken);
    this.#steps = new StepSessions(parts, taken.session);
    this.#questions = new Questions(parts.claimMs);
  }

  /**
   * Until nothing goes on by itself any more; then the lease is given back. Aborting the signal cancels what is in flight
   * and leaves the run as it is.
   * @throws LockstepError SESSION_LOCKED where the lease was lost; nothing is in flight then
   */
  async drive(signal: AbortSignal): Promise<RunEnd | 'left'> {
    const { clock, parallel, onDidChange } = this.#parts;
    const { plan, held } = this.#run;
    let soon: NodeJS.Timeout | undefined;
    const wake = () => this.#wake.resolve();
    const watch = onDidChange(() => (soon ??= setTimeout(wake, LOOK_MS)));
    signal.addEventListener('abort', wake);
    try {
      await this.#steps.settle(this.#state);
      for (;;) {
        this.#wake = Promise.withResolvers();
        clearTimeout(soon);
        soon = undefined;
        await this.#land();
        if (signal.aborted) return await this.#leave();
        await this.#obey();
        const now = clock.now();
        const decision = decide(plan, this.#state, now, { parallel });
        await this.#save(decision.state);
        // Others have asked for something meanwhile: that comes first.
        if (!this.#isStored) continue;
        const isStop = decision.state.status === 'stopping';
        for (const step of decision.cancel)
          this.#flights.cut(step, isStop ? 'The run was stopped.' : 'The wall clock of the run is used up.');
        if (decision.end !== undefined) return await this.#finish(decision.end);
        for (const { step } of decision.begin) {
          // What is in flight has it; with that, the run parks.
          if (this.#output.isUsedUp(plan, this.#state)) break;
          await this.#begin(plannedStep(plan, step), now);
        }
        await this.#nextWake(decision.wait);
      }
    } finally {
      clearTimeout(soon);
      watch.dispose();
      signal.removeEventListener('abort', wake);
      await this.#endFlights();
      // Leases that cannot be given back now end by themselves.
      await this.#steps.release().catch(() => undefined);
      await held.release().catch(() => undefined);
    }
  }

  /** The lease is lost, and with it the right to go on: whatever is in flight is ended. */
  lose(error: Error): void {
    this.#failure ??= error;
    this.#flights.cutAll(error.message);
    this.#wake.resolve();
  }

  /** What others ask for: they write to the session, which needs no lease. */
  async #obey(): Promise<void> {
    if (isEnded(this.#state.status)) return;
    const { plan } = this.#run;
    const { session, events } = await this.#session.news();
    const requests = events.filter(({ type }) => type === REQUEST_EVENT);
    for (const { type, data } of events)
      if (type === TOLD_EVENT) this.#questions.claim(toldEventData.safeParse(data).data?.of ?? '');

    const now = this.#parts.clock.now();
    const notices: NewEvent[] = [];
    const wishes = { requests, isPauseAsked: isPauseAsked(session) };
    const wished = afterWishes(plan, this.#state, wishes, now, (why) => {
      const text = `What was asked of the run does not fit any more, and was left. ${why}`;
      notices.push({ type: NOTICE_EVENT, data: { text } });
    });
    const tell = this.#close(requests, now);
    if (requests.length > 0 || tell.length > 0) this.#isStored = false;
    await this.#save(this.#withAsking(wished, now), { events: notices });
    for (const one of tell) await one();
  }

  /** Closes the questions that were answered, or that nobody is there to answer; what it gives tells the agents. */
  #close(requests: readonly SessionEvent[], now: number): (() => Promise<void>)[] {
    const answered = requests.flatMap((event) => {
      const request = requestOf(event);
      return request?.kind === 'answer'
        ? [{ id: request.question, option: request.option, isMade: true }]
        : [];
    });
    const unclaimed = this.#questions
      .unclaimed(now)
      .map(({ id }) => ({ id, option: undefined, isMade: false }));
    return [...answered, ...unclaimed].flatMap(({ id, option, isMade }) => {
      const closed = this.#questions.close(id);
      if (closed === undefined) return [];
      const { step, title, options } = closed.question;
      const chosen = options.find((one) => one.id === option);
      const text = isMade
        ? `${title}: a person has answered ${chosen?.name ?? 'no'}.`
        : `${title}: refused, for no window is there that could ask a person.`;
      return [
        async () => {
          await this.#steps.event(step, { type: 'notice', text });
          closed.answer(chosen?.id);
        },
      ];
    });
  }

  #withAsking(given: RunState, now: number): RunState {
    const { plan } = this.#run;
    let state = given;
    for (const step of inFlight(state)) {
      const asks = this.#questions.isAsking(step);
      if (asks === stepOf(plan, state, step).asking) continue;
      state = asks ? run.asking(plan, state, step, now) : run.answered(plan, state, step, now);
    }
    return state;
  }

  async #begin(step: PlannedStep, now: number): Promise<void> {
    const { plan, session } = this.#run;
    const state = run.begun(plan, this.#state, step.id, now);
    const { iterations } = stepOf(plan, state, step.id);
    const marker = randomUUID();
    const change = this.#change(state, {
      begins: { step: step.id, iteration: iterations },
      events: [{ type: AGENT_EVENT, data: { run: session.id, step: step.id, marker } }],
    });
    let isBegun = false;
    await this.#session.write((before, at, isLeased) => {
      isBegun = mayBegin(before.session);
      return isBegun ? runChange(plan, change)(before, at, isLeased) : unchanged(before, at);
    });
    // A pause came between: it is obeyed next.
    if (!isBegun) return this.#wake.resolve();
    this.#output.begin(step.id);
    this.#state = state;
    const prompt = promptOf(step, this.#values());
    const budget = stepBudget(step, stepOf(plan, state, step.id));
    await this.#steps.begin(step, budget.maxIterations, prompt);
    this.#takeOff(step, prompt, marker);
  }

  #takeOff(step: PlannedStep, prompt: string, marker: string): void {
    const { plan, session } = this.#run;
    // As they are now: other steps go on meanwhile.
    const values = this.#values();
    const sessionHandle = this.#outputs.get(step.id)?.sessionHandle;
    const flight: Flight = {
      step,
      prompt,
      cwd: resolve(session.workspace ?? '.', step.cwd ?? '.'),
      marker,
      value: (reference) => valueOf(values, step.id, reference),
      ...(sessionHandle === undefined ? {} : { sessionHandle }),
      limits: agentLimits(plan),
      takeOutput: (bytes) => this.#output.take(plan, this.#state, step.id, bytes),
    };
    void fly(flight, this.#parts, this.#sinkOf(step.id), this.#flights.begin(step.id))
      .then(
        (landing) => this.#landed.push(landing),
        (error: unknown) => (this.#failure ??= error instanceof Error ? error : new Error(String(error))),
      )
      .then(() => {
        this.#flights.end(step.id);
        this.#wake.resolve();
      });
  }

  #sinkOf(step: string): AgentSink {
    return {
      started: async (group) => {
        const data = { ...defined(group), run: this.#run.session.id, step };
        await this.#session.write(recorded({ type: AGENT_EVENT, data }));
      },
      event: (event) => this.#steps.event(step, event),
      permission: (request, onAsked) => this.#permission(step, request, onAsked),
    };
  }

  async #permission(
    step: string,
    request: PermissionRequest,
    onAsked: () => void,
  ): Promise<string | undefined> {
    await this.#steps.event(step, request);
    const { permissions } = this.#run.plan;
    if (permissions === 'ask') {
      const answer = this.#questions.ask(step, request, this.#parts.clock.now(), onAsked);
      this.#isStored = false;
      this.#wake.resolve();
      return answer;
    }
    const of = (kind: string) => request.options.find((option) => option.kind === kind);
    const chosen = permissions === 'allow' ? (of('allow_once') ?? of('allow_always')) : undefined;
    const text = `${request.title}: answered ${chosen?.name ?? 'no'}, as the permissions of the workflow are ${permissions}.`;
    await this.#steps.event(step, { type: 'notice', text });
    return chosen?.id;
  }

  /** What has landed since is the state's, and told in the session of its step. */
  async #land(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    for (let landing = this.#landed.shift(); landing !== undefined; landing = this.#landed.shift()) {
      const { plan } = this.#run;
      const { step, outcome, use, said } = landing;
      const cut = landing.cut ?? this.#flights.whyCut(step) ?? 'It was cancelled.';
      this.#questions.drop(step);
      const now = this.#parts.clock.now();
      const state =
        outcome === undefined
          ? run.interrupted(plan, this.#state, step, now, use, cut)
          : run.ended(plan, this.#state, step, outcome, now);
      if (outcome !== undefined) this.#outputs.set(step, said);
      await this.#save(state, {
        events: outcome === undefined ? [] : [{ type: OUTPUT_EVENT, data: { ...said } }],
        ...(inFlight(state).length > 0 ? {} : { drains: { step, outcome: outcome?.kind ?? 'interrupted' } }),
      });
      const { tokens, costUsd } = use;
      const interrupted = { kind: 'interrupted' as const, message: cut, ...defined({ tokens, costUsd }) };
      await this.#steps.end(step, outcome ?? interrupted, state);
    }
  }

  /** Nothing is in flight. */
  async #finish(end: RunEnd): Promise<RunEnd> {
    if (isEnded(end)) {
      await this.#steps.settle(this.#state);
      await this.#session.write(runEnd(this.#change(this.#state, {})));
    } else await this.#steps.rest(reasonOf(this.#state) ?? end);
    return end;
  }

  async #leave(): Promise<'left'> {
    await this.#endFlights();
    await this.#land();
    return 'left';
  }

  async #save(state: RunState, more: Pick<RunChange, 'events' | 'drains'> = {}): Promise<void> {
    if (state === this.#state && this.#isStored && (more.events ?? []).length === 0) return;
    const change = this.#change(state, more);
    // Before it is: what is asked meanwhile is to be stored next.
    this.#isStored = true;
    const isSeen = await this.#session.write(runChange(this.#run.plan, change));
    this.#state = state;
    const rests = state.status === 'paused' || state.status === 'parked';
    if (rests && !isSeen) this.#isStored = false;
  }

  #change(state: RunState, more: Omit<RunChange, 'record' | 'seen'>): RunChange {
    const reason = reasonOf(state);
    return {
      record: {
        state,
        fence: this.#run.held.fence,
        handled: this.#session.handled,
        questions: this.#questions.list(),
      },
      seen: this.#session.seen,
      outputs: [...this.#outputs.values()],
      ...(reason === undefined ? {} : { reason }),
      ...more,
    };
  }

  #values(): RunValues {
    return { plan: this.#run.plan, state: this.#state, outputs: new Map(this.#outputs) };
  }

  async #nextWake(wait: number | undefined): Promise<void> {
    const ms = Math.min(wait ?? Infinity, this.#questions.wait(this.#parts.clock.now()) ?? Infinity);
    const timer =
      ms === Infinity ? undefined : setTimeout(() => this.#wake.resolve(), Math.min(ms, LONGEST_MS));
    await this.#wake.promise;
    clearTimeout(timer);
  }

  async #endFlights(): Promise<void> {
    this.#flights.cutAll('The process that drove the run was told to end.');
    while (this.#flights.size > 0) {
      this.#wake = Promise.withResolvers();
      if (this.#flights.size > 0) await this.#wake.promise;
    }
  }
}
