import assert from 'node:assert/strict';
import { LockstepError } from '../../../server/domain/errors.ts';
import { activeMs } from '../../../server/domain/workflowBudget.ts';
import { meant, type Addition } from '../../../server/domain/workflowContinuation.ts';
import { decide, type Decision } from '../../../server/domain/workflowDecision.ts';
import type { WorkflowPlan } from '../../../server/domain/workflowPlan.ts';
import * as run from '../../../server/domain/workflowRun.ts';
import {
  isEnded,
  runState,
  type IterationOutcome,
  type RunState,
  type StepState,
} from '../../../server/domain/workflowRunState.ts';
import { settle, ticked } from '../../../server/domain/workflowTurns.ts';
import { Ledger, type Entry } from './workflowLedger.ts';
import type { Move } from './workflowMoves.ts';

/**
 * A run beside a ledger that is kept without looking at the state: what was begun, what became of it, what was used and
 * what was added. Every move checks the state against the ledger.
 */
export class Walk {
  readonly ledger: Ledger;
  now = Date.UTC(2026, 0, 1);
  state: RunState;
  private readonly plan: WorkflowPlan;
  private readonly parallel: number;
  private readonly asking = new Set<string>();
  private readonly retryAt = new Map<string, number>();
  private addedToRun = 0;
  private readonly used = { tokens: 0, costUsd: 0, outputBytes: 0 };
  private readonly addedLimits = { wallClockMs: 0, tokens: 0, costUsd: 0, outputBytes: 0 };
  /** Active time, without what crashes lost: that since the last change. */
  private activeMs = 0;
  /** Whether the clock was set back: the run then counts less than there was. */
  private isClockShort = false;

  constructor(plan: WorkflowPlan, parallel: number) {
    this.plan = plan;
    this.parallel = parallel;
    this.ledger = new Ledger(plan);
    this.state = run.start(plan, this.now);
    this.check();
  }

  move(move: Move): void {
    const before = this.state;
    const text = JSON.stringify(before);
    try {
      this.make(move);
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error;
      assert.ok(
        ['ILLEGAL_TRANSITION', 'ITERATION_LIMIT', 'INVALID_PARAMS'].includes(error.code),
        error.message,
      );
      assert.equal(this.state, before, 'what is refused changes nothing');
    }
    assert.equal(JSON.stringify(before), text, 'a move must not change the state that it was given');
    if (isEnded(before.status)) assert.deepEqual(this.state, before, 'what has ended stays as it is');
    this.check();
  }

  /** As a runner does: stores the decision, then begins. */
  work(): Decision {
    const decision = decide(this.plan, this.state, this.now, { parallel: this.parallel });
    this.state = decision.state;
    const order = this.plan.steps.map(({ id }) => id);
    const places = decision.begin.map(({ step }) => order.indexOf(step));
    assert.deepEqual(
      places,
      places.toSorted((one, other) => one - other),
      'in the order of the file',
    );
    const running = this.inFlight();
    assert.equal(decision.end === undefined, ['active', 'pausing', 'stopping'].includes(this.state.status));
    if (decision.end !== undefined) assert.deepEqual([running, decision.begin], [[], []]);
    const left = this.timeLeft();
    const isCut = this.state.status === 'stopping' || left <= 0;
    assert.deepEqual(
      decision.cancel,
      isCut ? order.filter((id) => running.some(({ step }) => step === id)) : [],
      'what is in flight is cut by a stop, and at the end of the wall clock',
    );
    const isClockRunning = decision.begin.length > 0 || running.some(({ step }) => !this.asking.has(step));
    if (isClockRunning && !isCut && left !== Infinity)
      assert.ok((decision.wait ?? Infinity) <= left, 'the end of the wall clock is waited for');
    const goesOn = running.length > 0 || decision.begin.length > 0 || (decision.wait ?? 0) > 0;
    assert.ok(goesOn || decision.end !== undefined, 'a run that has not ended has something to wait for');
    for (const { step, iteration } of decision.begin) this.begin(step, iteration);
    return decision;
  }

  /** Iterations in flight, in the order in which they began. */
  inFlight(): Entry[] {
    return this.ledger.inFlight();
  }

  /** Whether a failure now would make the run fail. */
  wouldBeFatal(id: string): boolean {
    const { retry, continueOnError } = this.ledger.stepOf(id);
    return !continueOnError && this.ledger.failuresOf(id) >= (retry?.attempts ?? 0);
  }

  private make(move: Move): void {
    const { plan, state, now } = this;
    const chosen = <T>(from: readonly T[], at: number) => from[at % from.length];
    switch (move.kind) {
      case 'work':
        this.work();
        return;
      case 'end': {
        const entry = chosen(this.inFlight(), move.pick);
        if (entry === undefined) return;
        this.end(entry, move.outcome);
        return;
      }
      case 'begin': {
        const step = chosen(plan.steps, move.pick)?.id;
        if (step === undefined || this.inFlight().length >= this.parallel) return;
        this.begin(step, this.ledger.entriesOf(step).length + 1);
        return;
      }
      case 'interrupt': {
        const entry = chosen(this.inFlight(), move.pick);
        if (entry === undefined) return;
        this.state = run.interrupted(plan, state, entry.step, now, { ms: 1, bytes: 1, tokens: 1 });
        this.interrupt(entry);
        this.used.tokens += 1;
        this.used.outputBytes += 1;
        return;
      }
      case 'ask':
      case 'answer': {
        const entry = chosen(this.inFlight(), move.pick);
        if (entry === undefined) return;
        const isAsking = move.kind === 'ask';
        this.state = (isAsking ? run.asking : run.answered)(plan, state, entry.step, now);
        if (isAsking) this.asking.add(entry.step);
        else this.asking.delete(entry.step);
        return;
      }
      case 'openGate': {
        const step = chosen(plan.steps, move.pick);
        if (step === undefined) return;
        this.state = run.openGate(plan, state, step.id, now);
        this.ledger.opened.add(step.id);
        return;
      }
      case 'continue':
        this.continueWith(move.pick === undefined ? undefined : chosen(plan.steps, move.pick)?.id, move.more);
        return;
      case 'pause':
        this.state = run.pause(plan, state, now);
        return;
      case 'resume':
        this.state = run.resume(plan, state, now);
        return;
      case 'stop':
        this.state = run.stop(plan, state, now);
        return;
      case 'crash':
        this.crash();
        return;
      case 'tick':
        this.state = ticked(state, now);
        return;
      case 'time':
        this.pass(move.ms);
        return;
    }
  }

  end(entry: Entry, outcome: IterationOutcome): void {
    this.state = run.ended(this.plan, this.state, entry.step, outcome, this.now);
    entry.fate = outcome.kind;
    this.asking.delete(entry.step);
    this.used.tokens += outcome.tokens ?? 0;
    this.used.costUsd += outcome.costUsd ?? 0;
    this.used.outputBytes += outcome.bytes;
    const backoff =
      (this.ledger.stepOf(entry.step).retry?.backoffMs ?? 0) * 2 ** (this.ledger.failuresOf(entry.step) - 1);
    if (outcome.kind === 'failed') this.retryAt.set(entry.step, this.now + backoff);
  }

  continueWith(step: string | undefined, more: Addition): void {
    const { parkedFor } = this.state;
    const hasTold = [more.addIterations, ...Object.values(more.addLimits ?? {})].some((by) => (by ?? 0) > 0);
    const isCut =
      parkedFor?.reason === 'stepIterations' &&
      parkedFor.step !== undefined &&
      [undefined, parkedFor.step].includes(step) &&
      this.ledger.entriesOf(parkedFor.step).at(-1)?.fate === 'interrupted';
    const { plan, state, now } = this;
    const addition = { ...more, ...(step === undefined ? {} : { step }) };
    this.state = run.continueWith(plan, state, meant(plan, state, addition), now);
    const by = more.addIterations ?? (isCut && !hasTold ? 1 : 0);
    this.addedToRun += by;
    const raised = step ?? (parkedFor?.reason === 'stepIterations' ? parkedFor.step : undefined);
    if (raised !== undefined) this.ledger.addedTo.set(raised, (this.ledger.addedTo.get(raised) ?? 0) + by);
    for (const key of ['wallClockMs', 'tokens', 'costUsd', 'outputBytes'] as const)
      this.addedLimits[key] += more.addLimits?.[key] ?? 0;
    const gate = parkedFor?.reason === 'gate' ? parkedFor.step : undefined;
    if (gate !== undefined && (step === undefined || step === gate)) this.ledger.opened.add(gate);
    if (step !== undefined && !hasTold && this.ledger.stepOf(step).gate !== undefined)
      this.ledger.opened.add(step);
  }

  pass(ms: number): void {
    const running = this.inFlight();
    const isWaitingForPerson = running.length > 0 && running.every(({ step }) => this.asking.has(step));
    const isActive = ['active', 'pausing', 'stopping'].includes(this.state.status) && !isWaitingForPerson;
    if (isActive && ms > 0) this.activeMs += ms;
    if (isActive && ms < 0) this.isClockShort = true;
    this.now += ms;
  }

  /** Of its wall clock, in milliseconds; of none, Infinity. */
  private timeLeft(): number {
    const { wallClockMs } = this.plan.limits;
    if (wallClockMs === undefined) return Infinity;
    const used = this.isClockShort ? activeMs(this.state, this.now) : this.activeMs;
    return wallClockMs + this.addedLimits.wallClockMs - used;
  }

  private begin(step: string, iteration: number): void {
    const state = run.begun(this.plan, this.state, step, this.now);
    this.checkBegin(step, iteration);
    this.state = state;
    this.ledger.entries.push({ step, iteration, fate: 'in flight' });
  }

  private checkBegin(step: string, iteration: number): void {
    const planned = this.ledger.stepOf(step);
    const before = this.ledger.entriesOf(step);
    assert.equal(this.state.status, 'active', 'nothing begins while the run is not active');
    for (const need of planned.needs) assert.ok(this.ledger.isMet(need), `${step} begins after ${need}`);
    assert.ok(!before.some(({ fate }) => fate === 'in flight'), 'one iteration at a time per step');
    assert.ok(!before.some(({ fate }) => fate === 'done'), 'a step that is done is not begun again');
    assert.ok(
      this.ledger.failuresOf(step) <= (planned.retry?.attempts ?? 0),
      'a step that failed is not begun again',
    );
    assert.ok(
      !this.plan.steps.some(({ id }) => this.ledger.isFatal(id)),
      'nothing begins in a run that failed',
    );
    assert.ok(
      planned.gate === undefined || this.ledger.opened.has(step),
      'a gate stays shut until a person opens it',
    );
    assert.equal(iteration, before.length + 1);
    assert.ok(this.inFlight().length < this.parallel, 'never more at once than are allowed');
    for (const key of ['tokens', 'costUsd', 'outputBytes'] as const) {
      const limit = this.plan.limits[key];
      if (limit !== undefined) assert.ok(this.used[key] < limit + this.addedLimits[key], `${key} are left`);
    }
    const { wallClockMs } = this.plan.limits;
    if (wallClockMs !== undefined && !this.isClockShort)
      assert.ok(this.activeMs < wallClockMs + this.addedLimits.wallClockMs, 'time is left');
    const retryAt = this.retryAt.get(step);
    if (before.at(-1)?.fate === 'failed')
      assert.ok(retryAt !== undefined && retryAt <= this.now, 'it waits to retry');
  }

  private crash(): void {
    const { activeSince = this.now } = this.state;
    this.activeMs -= Math.max(0, this.now - activeSince);
    this.state = run.load(this.plan, runState.parse(JSON.parse(JSON.stringify(this.state))), this.now);
    for (const entry of this.inFlight()) this.interrupt(entry);
  }

  private interrupt(entry: Entry): void {
    entry.fate = 'interrupted';
    this.asking.delete(entry.step);
  }

  private check(): void {
    const { plan, state, now, parallel } = this;
    const reloaded = runState.parse(JSON.parse(JSON.stringify(state)));
    assert.deepEqual(reloaded, state, 'a state is plain JSON');
    assert.deepEqual(
      decide(plan, reloaded, now, { parallel }),
      decide(plan, state, now, { parallel }),
      'a stored state decides the same',
    );
    const settled = settle(plan, state, now);
    assert.equal(settle(plan, settled, now), settled, 'what is settled stays so');
    assert.deepEqual(
      state.steps.map(({ id }) => id),
      plan.steps.map(({ id }) => id),
    );
    for (const step of state.steps) this.checkStep(step);
    assert.equal(state.iterations, this.ledger.entries.length, 'the run has all that was begun');
    assert.equal(state.added, this.addedToRun);
    assert.ok(
      state.iterations <= plan.maxIterations + this.addedToRun,
      'never more than the budget of the run',
    );
    assert.ok(this.inFlight().length <= parallel);
    assert.deepEqual(
      [state.used.tokens ?? 0, state.used.costUsd ?? 0, state.used.outputBytes],
      [this.used.tokens, this.used.costUsd, this.used.outputBytes],
    );
    const counted = activeMs(state, now);
    if (this.isClockShort) assert.ok(counted <= this.activeMs, 'no time counts that was not active');
    else assert.equal(counted, this.activeMs, 'all time counts that was active');
    assert.equal(state.parkedFor !== undefined, state.status === 'parked');
    this.checkParked();
    if (!['active', 'pausing', 'stopping'].includes(state.status)) assert.equal(this.inFlight().length, 0);
    if (['pausing', 'stopping'].includes(state.status))
      assert.ok(this.inFlight().length > 0, 'only until it drained');
    const isDone = plan.steps.every(({ id }) => this.ledger.isMet(id));
    assert.equal(state.status === 'completed', isDone, 'completed once all is done');
    if (state.status === 'failed') assert.ok(plan.steps.some(({ id }) => this.ledger.isFatal(id)));
  }

  private checkParked(): void {
    const { parkedFor } = this.state;
    if (parkedFor === undefined) return;
    const { reason, step, used = 0, limit = 0 } = parkedFor;
    if (reason === 'gate' || reason === 'stepIterations') {
      const able = this.plan.steps.filter(({ id }) => this.ledger.needsNoPerson(id)).map(({ id }) => id);
      assert.deepEqual(
        able,
        [],
        'a gate or the budget of a step parks a run only where nothing else can go on',
      );
      assert.ok(step !== undefined);
      const isShut = this.ledger.stepOf(step).gate !== undefined && !this.ledger.opened.has(step);
      assert.equal(reason, isShut ? 'gate' : 'stepIterations');
    } else assert.ok(used >= limit, 'a limit parks a run only where it is reached');
  }

  private checkStep(step: StepState): void {
    const { id, status } = step;
    const entries = this.ledger.entriesOf(id);
    const running = entries.filter(({ fate }) => fate === 'in flight').length;
    assert.equal(step.iterations, entries.length, 'each begun iteration is charged, whatever became of it');
    assert.equal(running, status === 'running' ? 1 : 0);
    assert.equal(step.added, this.ledger.addedTo.get(id) ?? 0);
    assert.ok(
      step.iterations <= this.ledger.stepOf(id).maxIterations + step.added,
      'never more than the budget of the step',
    );
    assert.equal(status === 'done', entries.at(-1)?.fate === 'done');
    assert.equal(status === 'failed', this.ledger.isFailed(id));
    assert.equal(step.gateOpen, this.ledger.opened.has(id));
    assert.equal(step.asking, this.asking.has(id));
    assert.equal(step.failures, this.ledger.failuresOf(id), 'an interruption is no failure');
    assert.equal(step.cut !== undefined, entries.at(-1)?.fate === 'interrupted');
    if (status === 'skipped')
      assert.ok(isEnded(this.state.status) || this.plan.steps.some((its) => this.ledger.isFatal(its.id)));
    if (isEnded(this.state.status)) assert.ok(['done', 'failed', 'skipped'].includes(status));
    if (status === 'parked') assert.ok(this.ledger.stepOf(id).needs.every((need) => this.ledger.isMet(need)));
  }
}
