import * as vscode from 'vscode';
import type { CallParamsOf } from '../../server/protocol/method.ts';
import type { Run, RunStep, runsContinue } from '../../server/protocol/workflowMethods.ts';
import { mostToAdd } from '../services/runStates.ts';
import { fullCount } from '../views/age.ts';
import { parkedText } from '../views/runWords.ts';
import { askIterations, parseCount } from './input.ts';

/** What to let a run go on with. */
export type Continuation = Omit<CallParamsOf<typeof runsContinue>, 'id'>;

const MINUTE_MS = 60_000;
const MEGABYTE = 1_000_000;
const YEAR_MINUTES = 365 * 24 * 60;
const MOST_AMOUNT = 1_000_000_000;

/**
 * Asks for what a run needs to go on, where it needs anything: more of what it has run out of. `step` is the one that a
 * person means; the run itself where it is undefined. Undefined when the person backs out.
 */
export async function askContinuation(
  run: Run,
  step: RunStep | undefined,
  title: string,
): Promise<Continuation | undefined> {
  if (step !== undefined) {
    if (step.hasGate && !step.isGateOpen) return { step: step.id };
    const addIterations = await askMoreIterations(title, step.id, step);
    return addIterations === undefined ? undefined : { step: step.id, addIterations };
  }
  const { parkedFor } = run;
  if (run.status !== 'parked' || parkedFor === undefined) {
    const addIterations = await askMoreIterations(title, run.name, run);
    return addIterations === undefined ? undefined : { addIterations };
  }
  const { reason, limit = 1 } = parkedFor;
  // Named, since the run may have come to another one by the time that it is told.
  const place = parkedFor.step === undefined ? {} : { step: parkedFor.step };
  const why = parkedText(run.name, parkedFor);
  switch (reason) {
    case 'gate':
      return place;
    case 'iterations':
    case 'stepIterations': {
      const addIterations = await askIterations(
        title,
        vscode.l10n.t('{0} How many more?', why),
        limit,
        mostToAdd(run),
      );
      if (addIterations === undefined) return undefined;
      return reason === 'stepIterations' ? { addIterations, ...place } : { addIterations };
    }
    case 'wallClock': {
      const minutes = await askAmount(title, vscode.l10n.t('{0} How many more minutes?', why), {
        proposed: Math.max(1, Math.round(limit / MINUTE_MS)),
        parse: (typed) => parseCount(typed, YEAR_MINUTES),
      });
      return minutes === undefined ? undefined : { addLimits: { wallClockMs: minutes * MINUTE_MS } };
    }
    case 'tokens': {
      const tokens = await askAmount(title, vscode.l10n.t('{0} How many more?', why), {
        proposed: limit,
        parse: (typed) => parseCount(typed, MOST_AMOUNT),
      });
      return tokens === undefined ? undefined : { addLimits: { tokens } };
    }
    case 'costUsd': {
      const costUsd = await askAmount(title, vscode.l10n.t('{0} How many more US dollars?', why), {
        proposed: limit,
        parse: parseDollars,
      });
      return costUsd === undefined ? undefined : { addLimits: { costUsd } };
    }
    case 'outputBytes': {
      const megabytes = await askAmount(title, vscode.l10n.t('{0} How many more megabytes?', why), {
        proposed: Math.max(1, Math.round(limit / MEGABYTE)),
        parse: (typed) => parseCount(typed, MOST_AMOUNT / 1000),
      });
      return megabytes === undefined ? undefined : { addLimits: { outputBytes: megabytes * MEGABYTE } };
    }
  }
}

function askMoreIterations(
  title: string,
  name: string,
  { iterations, maxIterations }: Pick<Run, 'iterations' | 'maxIterations'>,
): Promise<number | undefined> {
  const prompt = vscode.l10n.t(
    '"{0}" has used {1} of {2} iterations. How many more?',
    name,
    fullCount(iterations),
    fullCount(maxIterations),
  );
  return askIterations(title, prompt, maxIterations, mostToAdd({ maxIterations }));
}

interface AmountInput {
  readonly proposed: number;
  /** The amount, or what is wrong with what was typed. */
  readonly parse: (typed: string) => number | string;
}

async function askAmount(
  title: string,
  prompt: string,
  { proposed, parse }: AmountInput,
): Promise<number | undefined> {
  const typed = await vscode.window.showInputBox({
    title,
    prompt,
    value: String(proposed),
    ignoreFocusOut: true,
    validateInput: (value) => {
      const parsed = parse(value);
      return typeof parsed === 'string' ? parsed : undefined;
    },
  });
  const parsed = typed === undefined ? undefined : parse(typed);
  return typeof parsed === 'number' ? parsed : undefined;
}

/** An amount of dollars that a person typed, or what is wrong with it. */
export function parseDollars(typed: string): number | string {
  const value = typed.trim();
  const amount = Number(value);
  return /^\d+(\.\d+)?$/.test(value) && amount > 0 && amount <= MOST_AMOUNT
    ? amount
    : vscode.l10n.t('Enter an amount above zero, such as 2.50.');
}
