import type { PlannedStep } from '../../domain/workflowPlan.ts';
import type { IterationOutcome, IterationUse } from '../../domain/workflowRunState.ts';
import { LockstepError } from '../../domain/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Agent, AgentRequest, AgentResult, AgentSink } from '../agents/agent.ts';
import { filledIn, type Reference } from '../format/references.ts';
import { matchOutput, type OutputMatch } from './outputMatch.ts';
import { MAX_HANDLE, type StepOutput } from './runRecord.ts';
import { untilHolds } from './untilCheck.ts';
import { untilCommand, variableValue } from './untilCommand.ts';

/** Of one iteration. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export interface FlightParts {
  readonly clock: Clock;
  /** @throws LockstepError where there is no such agent */
  readonly agentFor: (name: string) => Promise<Agent>;
  /** The environment of `until`. */
  readonly env: Readonly<Record<string, string>>;
}

/** One iteration of a step, as it is to be flown. */
export interface Flight extends Pick<AgentRequest, 'prompt' | 'cwd' | 'marker' | 'sessionHandle'> {
  readonly step: PlannedStep;
  readonly limits: NonNullable<AgentRequest['limits']>;
  /** What a reference in `env` or `until` stands for. */
  readonly value: (reference: Reference) => string | undefined;
  /** Takes so many bytes of the output that the run has left; gives how many there were. */
  readonly takeOutput: (bytes: number) => number;
}

/** What came of a flight. */
export interface Landing {
  readonly step: string;
  /** Undefined where it was cancelled or lost, or the limit of the run has cut it: it is no failure of the step. */
  readonly outcome: IterationOutcome | undefined;
  readonly use: IterationUse;
  readonly said: StepOutput;
  /** Why it was cut, where that was not by the signal. */
  readonly cut?: string;
}

/**
 * Flies one iteration: the agent, and then the condition of its step. What goes wrong with them is the outcome of the
 * landing; it rejects as the sink does.
 */
export async function fly(
  flight: Flight,
  { clock, agentFor, env }: FlightParts,
  sink: AgentSink,
  signal: AbortSignal,
): Promise<Landing> {
  const { step, value, cwd, marker, limits } = flight;
  const begunAt = clock.now();
  // A clock that was set back takes nothing away.
  const elapsed = () => Math.max(0, clock.now() - begunAt);
  let isOutputLeft = true;
  const request: AgentRequest = {
    prompt: flight.prompt,
    cwd,
    env: filledEnv(step.env, value),
    timeoutMs: step.timeoutMs,
    maxOutputBytes: MAX_OUTPUT_BYTES,
    takeOutput: (bytes) => {
      const taken = flight.takeOutput(bytes);
      isOutputLeft &&= taken === bytes;
      return taken;
    },
    limits,
    marker,
    ...(flight.sessionHandle === undefined ? {} : { sessionHandle: flight.sessionHandle }),
  };
  const result = await resultOf(() => agentFor(step.agent), request, sink, signal);
  const use = useOf(result, elapsed());
  const landed = { step: step.id, use, said: saidOf(step.id, result) };
  if (result.outcome === 'cancelled') return { ...landed, outcome: undefined };
  if (result.outcome === 'limit' && !isOutputLeft)
    return { ...landed, outcome: undefined, cut: 'The output limit of the run is used up.' };
  if (result.outcome === 'lost')
    return {
      ...landed,
      outcome: undefined,
      cut: result.message ?? 'The process that watches over it has gone.',
    };
  if (result.outcome !== 'success')
    return { ...landed, outcome: { ...use, kind: 'failed', ...told(result) } };

  const match = step.untilOutput === undefined ? MATCHES : matchOutput(step.untilOutput, result.output);
  if ('problem' in match) return { ...landed, outcome: { ...use, kind: 'failed', message: match.problem } };
  const { isDone, check } = match.matches
    ? await isStepDone(flight, { env, sink, signal })
    : { isDone: false };
  const spent = { ...use, ms: elapsed() };
  const said = { ...landed.said, ...(check === undefined ? {} : { check }) };
  if (isDone === undefined) return { step: step.id, use: spent, said: landed.said, outcome: undefined };
  return { step: step.id, use: spent, said, outcome: { ...spent, kind: isDone ? 'done' : 'again' } };
}

async function resultOf(
  agentFor: () => Promise<Agent>,
  request: AgentRequest,
  sink: AgentSink,
  signal: AbortSignal,
): Promise<AgentResult> {
  let agent: Agent;
  try {
    agent = await agentFor();
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    return { outcome: 'error', message: error.message, output: '' };
  }
  return agent.run(request, sink, signal);
}

const MATCHES: OutputMatch = { matches: true };

/**
 * Without a condition, one answer is all that was asked for. `isDone` is undefined where the check was cancelled; `check`
 * is what a command that fails printed.
 */
async function isStepDone(
  { step, value, cwd, marker }: Flight,
  {
    env,
    sink,
    signal,
  }: {
    readonly env: Readonly<Record<string, string>>;
    readonly sink: AgentSink;
    readonly signal: AbortSignal;
  },
): Promise<{ isDone: boolean | undefined; check?: string }> {
  if (step.until === undefined) return { isDone: true };
  if (signal.aborted) return { isDone: undefined };
  const command = untilCommand(step.until, value);
  const found = await untilHolds(
    {
      argv: command.argv,
      cwd,
      env: { ...env, ...filledEnv(step.env, value), ...command.env },
      timeoutMs: step.timeoutMs,
      // The agent is gone, so the mark is free: who takes the run over finds the command by it.
      marker,
    },
    (group) => sink.started(group),
    signal,
  );
  if (signal.aborted) return { isDone: undefined };
  const { holds, output: printed, message } = found;
  const check = message === undefined ? printed : `${printed}\n${message}`;
  const text = `${step.until}: ${holds ? 'holds' : 'does not hold yet'}\n${check}`;
  await sink.event({ type: 'notice', text });
  return holds ? { isDone: true } : { isDone: false, check };
}

function filledEnv(
  env: Readonly<Record<string, string>>,
  value: (reference: Reference) => string | undefined,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, text]) => [name, variableValue(filledIn(text, value))]),
  );
}

function saidOf(step: string, { output, sessionHandle }: AgentResult): StepOutput {
  const isKept = sessionHandle !== undefined && sessionHandle.length <= MAX_HANDLE;
  return { step, output, ...(isKept ? { sessionHandle } : {}) };
}

function useOf({ usage, output, outputBytes }: AgentResult, ms: number): IterationUse {
  return {
    ms,
    bytes: outputBytes ?? Buffer.byteLength(output),
    ...(usage?.tokens === undefined ? {} : { tokens: usage.tokens.total }),
    ...(usage?.costUsd === undefined ? {} : { costUsd: usage.costUsd }),
  };
}

function told({ message }: AgentResult): { message?: string } {
  return message === undefined ? {} : { message };
}
