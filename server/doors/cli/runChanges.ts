import type { Run, RunStep } from '../../protocol/workflowMethods.ts';
import type { CommandContext } from './context.ts';
import { stepInWords } from './runWords.ts';
import { localTime, oneLine } from './text.ts';

/** Tells of a run, and then of what has changed in it, on a line for each change; for programs the whole run. */
export class RunChanges {
  readonly #context: CommandContext;
  readonly #told = new Map<string, string>();

  constructor(context: CommandContext) {
    this.#context = context;
  }

  next(run: Run): string[] {
    // That its process is gone is no change of its session.
    if (this.#context.json)
      return this.#isNew('run', `${run.revision} ${run.status}`) ? [JSON.stringify(run)] : [];
    const now = Date.now();
    const time = localTime(new Date(now).toISOString());
    return [
      ...this.#line('run', `${run.name}  ${run.status}`),
      ...run.steps
        // What has not begun is told of when it does.
        .filter(({ status, iterations }) => status !== 'waiting' || iterations > 0)
        .flatMap((step) => this.#line(`step ${step.id}`, stepLine(step, run, now))),
    ].map((line) => `${time}  ${line}`);
  }

  #line(of: string, words: string): string[] {
    const line = oneLine(words);
    return this.#isNew(of, line) ? [line] : [];
  }

  #isNew(of: string, words: string): boolean {
    if (this.#told.get(of) === words) return false;
    this.#told.set(of, words);
    return true;
  }
}

/** Without what changes by itself, such as the time until the next try. */
function stepLine(step: RunStep, run: Run, now: number): string {
  const { id, iterations, maxIterations, retryAt } = step;
  const at = retryAt === undefined ? now : Date.parse(retryAt);
  return `${id}  ${iterations}/${maxIterations}  ${stepInWords(step, run, at)}`;
}
