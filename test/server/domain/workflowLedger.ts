import assert from 'node:assert/strict';
import type { WorkflowPlan } from '../../../server/domain/workflowPlan.ts';

/** What became of one iteration, as the walk saw it. */
export interface Entry {
  readonly step: string;
  readonly iteration: number;
  fate: 'in flight' | 'done' | 'again' | 'failed' | 'interrupted';
}

/** What was begun in a run, what became of it, and what was added, kept without looking at the state. */
export class Ledger {
  readonly entries: Entry[] = [];
  readonly opened = new Set<string>();
  readonly addedTo = new Map<string, number>();
  private readonly plan: WorkflowPlan;

  constructor(plan: WorkflowPlan) {
    this.plan = plan;
  }

  /** Iterations in flight, in the order in which they began. */
  inFlight(): Entry[] {
    return this.entries.filter(({ fate }) => fate === 'in flight');
  }

  needsNoPerson(id: string): boolean {
    const { needs, gate, maxIterations } = this.stepOf(id);
    const entries = this.entriesOf(id);
    return (
      needs.every((need) => this.isMet(need)) &&
      !this.isFailed(id) &&
      entries.at(-1)?.fate !== 'done' &&
      (gate === undefined || this.opened.has(id)) &&
      entries.length < maxIterations + (this.addedTo.get(id) ?? 0)
    );
  }

  stepOf(id: string) {
    const step = this.plan.steps.find((planned) => planned.id === id);
    assert.ok(step);
    return step;
  }

  entriesOf(id: string): Entry[] {
    return this.entries.filter(({ step }) => step === id);
  }

  /** Failed iterations since the last one that went well. */
  failuresOf(id: string): number {
    const fates = this.entriesOf(id).map(({ fate }) => fate);
    const good = fates.findLastIndex((fate) => fate === 'done' || fate === 'again');
    return fates.slice(good + 1).filter((fate) => fate === 'failed').length;
  }

  isFailed(id: string): boolean {
    return this.failuresOf(id) > (this.stepOf(id).retry?.attempts ?? 0);
  }

  isFatal(id: string): boolean {
    return this.isFailed(id) && !this.stepOf(id).continueOnError;
  }

  isMet(id: string): boolean {
    return (
      this.entriesOf(id).at(-1)?.fate === 'done' || (this.isFailed(id) && this.stepOf(id).continueOnError)
    );
  }
}
