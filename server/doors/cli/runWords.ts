import type { Run, RunStatus, RunStep } from '../../protocol/workflowMethods.ts';
import type { Style } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { dollars } from './limitWords.ts';
import { bytes, counted, duration, number, oneLine } from './text.ts';

type ParkedFor = NonNullable<Run['parkedFor']>;

const MINUTE = 60_000;
const MIB = 1024 ** 2;

/** What `--more` is suggested to add, beyond what a limit was overshot by. */
const MORE = { iterations: 10, minutes: 30, tokens: 100_000, costUsd: 5, mib: 64 } as const;

/** The exit code that a run ends a command with that has followed it. */
export function exitCodeOfRun({ status, parkedFor }: Pick<Run, 'status' | 'parkedFor'>): number {
  switch (status) {
    case 'stopped':
      return EXIT.stopped;
    case 'paused':
      return EXIT.paused;
    case 'parked':
      return parkedFor?.reason === 'gate' ? EXIT.gate : EXIT.limit;
    case 'failed':
    case 'interrupted':
      return EXIT.error;
    case 'active':
    case 'pausing':
    case 'stopping':
    case 'completed':
      return EXIT.ok;
  }
}

export function hasEnded(status: RunStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'stopped';
}

/** The status, and why it is that. */
export function statusInWords({ status, parkedFor, error }: Run): string {
  const why = [parkedFor && parkedInWords(parkedFor), error && oneLine(error)].filter(Boolean);
  return why.length === 0 ? status : `${status}: ${why.join('; ')}`;
}

export function runStyle(status: RunStatus): Style {
  switch (status) {
    case 'active':
      return 'green';
    case 'interrupted':
    case 'failed':
      return 'red';
    case 'pausing':
    case 'paused':
    case 'parked':
    case 'stopping':
      return 'yellow';
    case 'completed':
    case 'stopped':
      return 'gray';
  }
}

/** A sign of one column for each status. */
export function stepIcon({ status, isAsking }: RunStep): string {
  if (isAsking) return '?';
  switch (status) {
    case 'waiting':
      return '·';
    case 'running':
      return '▸';
    case 'retrying':
      return '↻';
    case 'done':
      return '✓';
    case 'failed':
      return '✗';
    case 'skipped':
      return '-';
    case 'parked':
      return '‖';
  }
}

export function stepStyle({ status, isAsking }: RunStep): Style {
  if (isAsking) return 'yellow';
  switch (status) {
    case 'running':
    case 'done':
      return 'green';
    case 'retrying':
    case 'parked':
      return 'yellow';
    case 'failed':
      return 'red';
    case 'waiting':
    case 'skipped':
      return 'gray';
  }
}

/** How a step stands, and what it waits for. `now` in milliseconds since the epoch. */
export function stepInWords(step: RunStep, run: Run, now: number): string {
  const { id: own, status, isAsking, retryAt, message, needs } = step;
  const why = message === undefined ? '' : `: ${message}`;
  if (isAsking) {
    const titles = run.questions.filter((question) => question.step === own).map(({ title }) => title);
    return titles.length === 0 ? 'asks' : `asks: ${titles.join('; ')}`;
  }
  switch (status) {
    case 'waiting': {
      // Where one that is needed failed, and the step waits nevertheless, it may go on without it.
      const isMet = (need: string) =>
        run.steps.some(({ id, status }) => id === need && (status === 'done' || status === 'failed'));
      const open = needs.filter((need) => !isMet(need));
      return open.length === 0 ? 'waiting' : `waiting for ${open.join(', ')}`;
    }
    case 'retrying': {
      const wait = retryAt === undefined ? 0 : Date.parse(retryAt) - now;
      return `tries again${wait > 0 ? ` in ${duration(wait)}` : ''}${why}`;
    }
    case 'failed':
      return `failed${why}`;
    case 'parked':
      return step.hasGate && !step.isGateOpen ? 'waits at its gate' : 'has used up its iterations';
    case 'running':
    case 'done':
    case 'skipped':
      return status;
  }
}

/** `3/20 iterations, 12,345 tokens, $0.12, 2 m 5 s`: what was used, as far as agents report it. */
export function usedInWords({ iterations, maxIterations, tokens, costUsd, activeMs }: Run): string {
  return [
    `${iterations}/${maxIterations} iterations`,
    ...(tokens === undefined ? [] : [counted(tokens, 'token')]),
    ...(costUsd === undefined ? [] : [dollars(costUsd)]),
    duration(activeMs),
  ].join(', ');
}

/** Which limit or gate a run is parked for, and how far it is. */
export function parkedInWords({ reason, step, used, limit }: ParkedFor): string {
  const whose = step === undefined ? 'the run' : `step ${step}`;
  if (reason === 'gate') return `waits at the gate of ${whose}`;
  const amount = (value: number | undefined) => (value === undefined ? '?' : amountOf(reason, value));
  return `${whose} has used ${amount(used)} of its ${amount(limit)}${UNITS[reason]}`;
}

type LimitReason = Exclude<ParkedFor['reason'], 'gate'>;

const UNITS: Readonly<Record<LimitReason, string>> = {
  iterations: ' iterations',
  stepIterations: ' iterations',
  wallClock: '',
  tokens: ' tokens',
  costUsd: '',
  outputBytes: ' of output',
};

function amountOf(reason: LimitReason, value: number): string {
  switch (reason) {
    case 'wallClock':
      return duration(value);
    case 'costUsd':
      return dollars(value);
    case 'outputBytes':
      return bytes(value);
    case 'iterations':
    case 'stepIterations':
    case 'tokens':
      return number(value);
  }
}

/** The command that lets a run go on; undefined where nothing stands in its way, or nothing helps. */
export function howToContinue({ id, status, parkedFor }: Run): string | undefined {
  if (status === 'paused' || status === 'interrupted') return `lockstep resume ${id}`;
  if (status !== 'parked') return undefined;
  const more = parkedFor === undefined ? undefined : moreFor(parkedFor);
  return `lockstep resume ${id}${more === undefined ? '' : ` --more ${more}`}`;
}

/** An amount that is enough to go on; more is added where a limit was overshot. */
function moreFor({ reason, used = 0, limit = 0 }: ParkedFor): string | undefined {
  const over = Math.max(0, used - limit);
  switch (reason) {
    case 'gate':
      return undefined;
    case 'iterations':
    case 'stepIterations':
      return String(MORE.iterations);
    case 'wallClock':
      return `${Math.ceil(over / MINUTE) + MORE.minutes}m`;
    case 'tokens':
      return String(Math.ceil(over / 1000) * 1000 + MORE.tokens);
    case 'costUsd':
      return String(Math.ceil(over) + MORE.costUsd);
    case 'outputBytes':
      return `${Math.ceil(over / MIB) + MORE.mib}MiB`;
  }
}

/** Why the iterations of a step did not suffice, where the last one has failed. */
function lastFailure({ parkedFor, steps }: Run): string {
  const message = steps.find(({ id }) => id === parkedFor?.step)?.message;
  if (message === undefined || parkedFor?.reason !== 'stepIterations') return '';
  return ` The last one failed: ${oneLine(message)}`;
}

/** How a run came to stand still, and why. */
export function outcomeInWords(run: Run): string {
  const { status, parkedFor, error } = run;
  const used = usedInWords(run);
  switch (status) {
    case 'completed':
      return `Completed: ${used}.`;
    case 'failed':
      return `Failed after ${used}${error === undefined ? '.' : `: ${oneLine(error)}`}`;
    case 'stopped':
      return `Stopped after ${used}.`;
    case 'paused':
      return `Paused after ${used}.`;
    case 'parked':
      return `Parked: ${parkedFor === undefined ? used : parkedInWords(parkedFor)}.${lastFailure(run)}`;
    case 'interrupted':
      return `Interrupted: the process that drove it is gone.${error === undefined ? '' : ` ${oneLine(error)}`}`;
    case 'active':
    case 'pausing':
    case 'stopping':
      return `It is ${status}: ${used}.`;
  }
}
