import type { Run } from '../../../server/protocol/workflowMethods.ts';
import type { Kill } from './killedRun.ts';
import type { LedgerLine } from './ledger.ts';

/** What is known of a run that was killed, after its end. */
export interface RunFacts {
  readonly run: Run;
  readonly ledger: readonly LedgerLine[];
  readonly kills: readonly Kill[];
  /** What the run has counted as finished, in that order. */
  readonly counted: readonly { readonly step: string; readonly iteration: number }[];
  /** How many iterations the run has been charged, by the events of its session. */
  readonly charged: number;
}

/** An agent whose supervisor is killed goes on until the runner has seen that. */
const AFTER_MS = 2000;
/** How many iterations may be in flight at once. */
const PARALLEL = 2;

/** What should not be so, as sentences. */
export function faultsOf(facts: RunFacts): string[] {
  return [...faultsOfCount(facts), ...faultsOfLedger(facts), ...lost(facts)];
}

function faultsOfCount({ run, kills, counted, charged, ledger }: RunFacts): string[] {
  const faults: string[] = [];
  if (run.status !== 'completed') faults.push(`the run is ${run.status}: ${run.error ?? ''}`);
  for (const { id, status } of run.steps) if (status !== 'done') faults.push(`step ${id} is ${status}`);
  const sum = run.steps.reduce((all, { iterations }) => all + iterations, 0);
  if (run.iterations !== sum || charged !== sum)
    faults.push(`charged: ${run.iterations} of the run, ${charged} of its session, ${sum} of its steps`);
  const cut = sum - counted.length;
  if (cut > kills.length * PARALLEL)
    faults.push(`${cut} iterations were cut by ${kills.length} kills of ${PARALLEL} at most`);
  const ends = ledger.filter(({ what }) => what === 'end').length;
  const tokens = run.tokens ?? 0;
  if (tokens < counted.length || tokens > ends)
    faults.push(`${tokens} tokens for ${counted.length} finished iterations of ${ends} that ended`);
  for (const [name, count] of times(counted.map(nameOf)))
    if (count > 1) faults.push(`${name} was counted ${count} times`);
  return faults;
}

function faultsOfLedger({ ledger, counted, run }: RunFacts): string[] {
  const faults = ledger
    .filter(({ what }) => what === 'overlap')
    .map((line) => `${nameOf(line)} began while an agent of the step was alive`);
  for (const [name, count] of times(ledger.filter(({ what }) => what === 'begin').map(nameOf)))
    if (count > 1) faults.push(`${name} was begun ${count} times`);
  const ended = new Set(ledger.filter(({ what }) => what === 'end').map(nameOf));
  for (const one of counted)
    if (!ended.has(nameOf(one))) faults.push(`${nameOf(one)} was counted, and never ended`);
  for (const { id, iterations } of run.steps) {
    const last = Math.max(0, ...ledger.filter(({ step }) => step === id).map(({ iteration }) => iteration));
    if (last > iterations) faults.push(`step ${id} was charged ${iterations}, and its agent began ${last}`);
  }
  return faults;
}

/** Iterations that ended and do not count, though nothing was killed between their end and the next of their step. */
function lost({ ledger, kills, counted }: RunFacts): string[] {
  const names = new Set(counted.map(nameOf));
  return ledger.flatMap((line, at) => {
    if (line.what !== 'end' || names.has(nameOf(line))) return [];
    const next = ledger.slice(at + 1).find(({ what, step }) => what === 'begin' && step === line.step);
    const isCut = kills.some(({ time }) => time > line.time - AFTER_MS && time <= (next?.time ?? Infinity));
    return isCut ? [] : [`${nameOf(line)} has ended, and was lost`];
  });
}

function nameOf({ step, iteration }: { readonly step: string; readonly iteration: number }): string {
  return `iteration ${iteration} of ${step}`;
}

function times(names: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of names) found.set(name, (found.get(name) ?? 0) + 1);
  return found;
}
