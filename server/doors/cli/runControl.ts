import { runsContinue, runsGet, runsPause, runsStop, type Run } from '../../protocol/workflowMethods.ts';
import type { CallParamsOf } from '../../protocol/method.ts';
import { MAX_ITERATIONS } from '../../protocol/session.ts';
import { durationMs, sizeBytes } from '../../workflows/format/quantities.ts';
import { CallFailed, UsageError } from './commandError.ts';
import { defineCommand } from './commandSpec.ts';
import type { CommandContext } from './context.ts';
import { wholeNumber } from './optionValues.ts';
import { openRunId } from './runArgument.ts';
import { howToContinue, parkedInWords, usedInWords } from './runWords.ts';

type More = Omit<CallParamsOf<typeof runsContinue>, 'id'>;

export const stop = defineCommand({
  name: 'stop',
  group: 'Run workflows',
  summary: 'End a run for good',
  details: 'Its agents are told to end, and then ended. What they did stays; the run cannot go on any more.',
  arguments: [
    {
      name: '<run>',
      description: 'its id, or the beginning of it',
      needs: 'a run: its id, or the beginning of it (lockstep runs shows them)',
      completes: 'run',
    },
  ],
  examples: [{ line: 'lockstep stop 019cdf3a-7b21', words: 'lockstep pause keeps it for later' }],
  async run(context, [given = '']) {
    const id = await openRunId(context, given);
    await answerRun(context, await context.call(runsStop, { id }));
  },
});

export async function pauseRun(context: CommandContext, id: string): Promise<void> {
  await answerRun(context, await context.call(runsPause, { id }));
}

/** `more` is of what the run was parked for, and iterations where it was not. */
export async function continueRun(
  context: CommandContext,
  id: string,
  { add, more }: { readonly add: number | undefined; readonly more: string | undefined },
): Promise<void> {
  const before = await context.call(runsGet, { id });
  const added =
    more !== undefined
      ? moreOf(before, more)
      : add === undefined
        ? waitingAt(before)
        : { addIterations: add };
  const run = await context.call(runsContinue, { id, ...added }).catch((error: unknown) => {
    throw withAdvice(error, before);
  });
  await answerRun(context, run);
  context.remark(`Watch it: lockstep watch ${id}`);
}

/** The step that the run waits at: named, since the run may have come to another one by the time that it is told. */
function waitingAt({ parkedFor }: Run): More {
  return parkedFor?.step === undefined ? {} : { step: parkedFor.step };
}

/** @throws UsageError where it is not an amount of what the run needs */
function moreOf(run: Run, more: string): More {
  const { parkedFor } = run;
  const words = parkedFor === undefined ? '' : `: ${parkedInWords(parkedFor)}`;
  const amount = (value: number | undefined, such: string): number => {
    if (value === undefined || !(value > 0)) throw new UsageError(`--more needs ${such}${words}`);
    return value;
  };
  switch (parkedFor?.reason) {
    case 'wallClock':
      return { addLimits: { wallClockMs: amount(durationMs(more), 'a time, such as 30m') } };
    case 'tokens':
      return { addLimits: { tokens: amount(wholeOf(more, Number.MAX_SAFE_INTEGER), 'a number of tokens') } };
    case 'costUsd':
      return { addLimits: { costUsd: amount(decimalOf(more), 'US dollars, such as 2.50') } };
    case 'outputBytes':
      return { addLimits: { outputBytes: amount(sizeBytes(more), 'a size, such as 64MiB') } };
    case 'stepIterations':
      return { addIterations: moreIterations(more), ...waitingAt(run) };
    case 'gate':
    case 'iterations':
    case undefined:
      return { addIterations: moreIterations(more) };
  }
}

/** @throws UsageError */
export function moreIterations(more: string): number {
  const value = wholeOf(more, MAX_ITERATIONS);
  if (value === undefined)
    throw new UsageError(`--more needs a number of iterations, from 1 to ${MAX_ITERATIONS}`);
  return value;
}

function wholeOf(text: string, most: number): number | undefined {
  return wholeNumber(1, most).safeParse(text).data;
}

function decimalOf(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** For a run that needs more than it was given, the command that gives it. */
function withAdvice(error: unknown, run: Run): unknown {
  const next = howToContinue(run);
  if (!(error instanceof CallFailed) || run.status !== 'parked' || next === undefined) return error;
  const explanation = [error.error.explanation, `To let it go on: ${next}`].filter(Boolean).join('\n');
  return new CallFailed({ ...error.error, explanation });
}

function answerRun(context: CommandContext, run: Run): Promise<void> {
  return context.answer(run, () => [`${run.id} ${run.status}, ${usedInWords(run)}`]);
}
