import type { Run, RunStep } from '../../protocol/workflowMethods.ts';
import type { CommandContext } from './context.ts';
import { runStyle, stepIcon, stepInWords, stepStyle, usedInWords } from './runWords.ts';
import { table } from './table.ts';
import { cut, oneLine, width } from './text.ts';

/** Steps in this order are the first to be shown where there is no room for all: where something happens, then the rest. */
const ORDER: Readonly<Record<RunStep['status'], number>> = {
  running: 0,
  retrying: 0,
  parked: 0,
  failed: 0,
  waiting: 1,
  done: 2,
  skipped: 2,
};

/**
 * A run as lines that fit the terminal: what it is, and each step. With a hint they are live lines, which have to leave
 * room for what else the terminal shows. `now` in milliseconds since the epoch.
 */
export function liveRun(context: CommandContext, run: Run, now: number, hint?: string): string[] {
  const { rows = Infinity, columns = Infinity } = context.terminal ?? {};
  // The heading, the hint, and one line for what does not fit.
  const room = hint === undefined ? run.steps.length : Math.max(1, rows - 3);
  const shown = run.steps.length <= room ? run.steps : mostTelling(run.steps, room);
  const others = run.steps.length - shown.length;
  return [
    heading(context, run, columns),
    ...stepRows(context, run, shown, now),
    ...(others === 0 ? [] : [`and ${others} more`]),
    // The terminal echoes Ctrl+C as ^C behind it, which must not wrap.
    ...(hint === undefined ? [] : [context.style('gray', cut(`(${hint})`, columns - 2))]),
  ].slice(0, hint === undefined ? Infinity : rows);
}

function heading(context: CommandContext, run: Run, columns: number): string {
  const { status } = run;
  const used = usedInWords(run);
  const name = cut(oneLine(run.name), Math.max(8, columns - status.length - used.length - 4));
  const rest = cut(used, columns - width(name) - status.length - 4);
  return `${context.style('bold', name)}  ${context.style(runStyle(status), status)}  ${rest}`.trimEnd();
}

function mostTelling(steps: readonly RunStep[], room: number): RunStep[] {
  const chosen = new Set(
    [...steps].sort((one, other) => ORDER[one.status] - ORDER[other.status]).slice(0, room),
  );
  return steps.filter((step) => chosen.has(step));
}

function stepRows(context: CommandContext, run: Run, steps: readonly RunStep[], now: number): string[] {
  const style = (text: string, step: RunStep) => context.style(stepStyle(step), text);
  const [, ...rows] = table<RunStep>(
    [
      { heading: '', cell: stepIcon, style },
      { heading: '', cell: ({ id }) => id, most: 32 },
      {
        heading: '',
        cell: ({ iterations, maxIterations }) => `${iterations}/${maxIterations}`,
        align: 'right',
      },
      { heading: '', cell: (step) => stepInWords(step, run, now), style },
    ],
    steps,
    context.terminal?.columns,
  );
  return rows;
}
