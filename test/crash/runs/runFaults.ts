import type { Run } from '../../../server/protocol/workflowMethods.ts';
import type { Interruption, Kill } from './killedRun.ts';
import type { LedgerLine } from './ledger.ts';
import type { Kind } from './victims.ts';

/** What is known of a run that was killed, after its end. */
export interface RunFacts {
  readonly run: Run;
  readonly ledger: readonly LedgerLine[];
  readonly kills: readonly Kill[];
  readonly interruptions: readonly Interruption[];
  /** The run was to end with who had started it. */
  readonly endsWithWindow: boolean;
  /** Commands that were still there of its agents, when it had no runner and a server had started. */
  readonly unswept: readonly string[];
  /** What the run has counted as finished, in that order. */
  readonly counted: readonly { readonly step: string; readonly iteration: number }[];
  /** How many iterations the run has been charged, by the events of its session. */
  readonly charged: number;
}

/** A signal takes effect a little later; an agent whose supervisor is killed goes on until the runner has seen that. */
const AFTER_MS = 2000;
/** Who starts runners. */
const STARTERS: ReadonlySet<Kind> = new Set(['server', 'standIn', 'languageServer', 'extensionHost']);
/** How many iterations may be in flight at once. */
const PARALLEL = 2;

/** What should not be so, as sentences. */
export function faultsOf(facts: RunFacts): string[] {
  const unswept = facts.unswept.map((command) => `a server has started, and left of an agent: ${command}`);
  return [
    ...faultsOfCount(facts),
    ...faultsOfLedger(facts),
    ...cut(facts),
    ...faultsOfInterruptions(facts),
    ...unswept,
  ];
}

function faultsOfCount(facts: RunFacts): string[] {
  const { run, kills, counted, charged, ledger, interruptions, endsWithWindow } = facts;
  const faults: string[] = [];
  if (run.status !== 'completed') faults.push(`the run is ${run.status}: ${run.error ?? ''}`);
  for (const { id, status } of run.steps) if (status !== 'done') faults.push(`step ${id} is ${status}`);
  const sum = run.steps.reduce((all, { iterations }) => all + iterations, 0);
  if (run.iterations !== sum || charged !== sum)
    faults.push(`charged: ${run.iterations} of the run, ${charged} of its session, ${sum} of its steps`);
  const cut = sum - counted.length;
  // A window that is closed, and not killed, ends its run as well.
  const ends = kills.length + (endsWithWindow ? interruptions.length : 0);
  if (cut > ends * PARALLEL)
    faults.push(`${cut} iterations were cut by ${kills.length} kills of ${PARALLEL} at most`);
  const ended = ledger.filter(({ what }) => what === 'end').length;
  const tokens = run.tokens ?? 0;
  if (tokens < counted.length || tokens > ended)
    faults.push(`${tokens} tokens for ${counted.length} finished iterations of ${ended} that ended`);
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

/**
 * Iterations that do not count, though nothing was killed between their beginning and the next one of their step, nor was
 * the run interrupted, as it may be by a window that is closed.
 */
function cut({ ledger, kills, counted, interruptions }: RunFacts): string[] {
  const names = new Set(counted.map(nameOf));
  return ledger.flatMap((line, at) => {
    if (line.what !== 'begin' || names.has(nameOf(line))) return [];
    const later = ledger.slice(at + 1).filter(({ step }) => step === line.step);
    const next = later.find(({ what }) => what === 'begin')?.time ?? Infinity;
    const end = later.find((one) => one.what === 'end' && nameOf(one) === nameOf(line));
    const from = (end ?? line).time - AFTER_MS;
    const reasons = [...kills.map(({ time }) => time), ...interruptions.map(({ seenAt }) => seenAt)];
    if (reasons.some((time) => time > from && time <= next)) return [];
    return [
      `${nameOf(line)} has ${end === undefined ? 'not ended, and nothing was killed' : 'ended, and was lost'}`,
    ];
  });
}

/** Who drives a run goes on whatever becomes of who has started it. One that has not begun yet may be on its way. */
function faultsOfInterruptions({ interruptions, kills, endsWithWindow, ledger }: RunFacts): string[] {
  return interruptions
    .filter(({ askedAt, seenAt }) => ledger.some(({ time }) => time > askedAt && time < seenAt))
    .filter(({ askedAt, launchedBy, seenAt }) => {
      const meanwhile = kills.filter(({ time }) => time > askedAt - AFTER_MS && time <= seenAt);
      return !meanwhile.some(({ kinds, time }) => {
        const mayStop = endsWithWindow || time <= launchedBy;
        return kinds.some((kind) => kind === 'runner' || (mayStop && STARTERS.has(kind)));
      });
    })
    .map(({ seenAt }) => `the run was interrupted at ${seenAt}, though its runner was not killed`);
}

function nameOf({ step, iteration }: { readonly step: string; readonly iteration: number }): string {
  return `iteration ${iteration} of ${step}`;
}

function times(names: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of names) found.set(name, (found.get(name) ?? 0) + 1);
  return found;
}
