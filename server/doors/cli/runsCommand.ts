import { runsGet, runsList, type Run } from '../../protocol/workflowMethods.ts';
import { defineCommand, option } from './commandSpec.ts';
import type { CommandContext } from './context.ts';
import { enforcerColumn, limitColumns, usedColumn } from './limitWords.ts';
import { wholeNumber } from './optionValues.ts';
import {
  howToContinue,
  parkedInWords,
  runStyle,
  statusInWords,
  stepInWords,
  stepStyle,
  usedInWords,
} from './runWords.ts';
import { sessionId } from './sessionArgument.ts';
import { shortIds } from './sessionWords.ts';
import { facts, table } from './table.ts';
import { age, counted, cut, localTime, oneLine } from './text.ts';

/** The most that the wire gives. */
const MOST = 500;

export const runs = defineCommand({
  name: 'runs',
  group: 'Run workflows',
  summary: 'List the runs of workflows, or show one',
  arguments: [
    {
      name: '[run]',
      description: 'its id, or the beginning of it; the newest ones if unset',
      completes: 'run',
    },
  ],
  options: {
    limit: option('-n, --limit <count>', 'at most so many', wholeNumber(1, MOST), { preset: '50' }),
  },
  examples: [
    { line: 'lockstep runs', words: 'the newest 50' },
    { line: 'lockstep runs 019cdf3a-7b21', words: 'its steps, limits and questions' },
    { line: 'lockstep runs 019cdf3a-7b21 --json | jq -r .status', words: 'one fact for a script' },
  ],
  async run(context, [given], { limit }) {
    await context.door.sweepRuns();
    if (given !== undefined) return showRun(context, await sessionId(context, given));
    const { runs: found } = await context.call(runsList, { limit: Math.min(MOST, limit + 1) });
    const shown = found.slice(0, limit);
    const areMore = found.length > limit;
    await context.answer({ runs: shown, ...(areMore ? { more: true } : {}) }, () =>
      shown.length === 0 ? [] : runTable(context, shown, Date.now()),
    );
    if (context.json) return;
    if (shown.length === 0) context.say('Nothing has run yet. Run a workflow: lockstep run <file>');
    // Whether there are more than the wire gives, nobody knows.
    if (areMore || shown.length === MOST)
      context.say(
        `These are the newest ${counted(shown.length, 'run')}${areMore ? '; more with --limit' : ''}.`,
      );
  },
});

function runTable(context: CommandContext, shown: readonly Run[], now: number): string[] {
  const short = shortIds(shown.map(({ id }) => id));
  return table<Run>(
    [
      { heading: 'ID', cell: ({ id }) => short.get(id) ?? id },
      { heading: 'NAME', cell: ({ name }) => name, most: 30 },
      {
        heading: 'STATUS',
        cell: ({ status }) => status,
        style: (text, { status }) => context.style(runStyle(status), text),
      },
      {
        heading: 'ITER',
        cell: ({ iterations, maxIterations }) => `${iterations}/${maxIterations}`,
        align: 'right',
      },
      {
        heading: 'STEPS',
        cell: ({ steps }) => `${steps.filter(({ status }) => status === 'done').length}/${steps.length}`,
        align: 'right',
      },
      { heading: 'STARTED', cell: ({ startedAt }) => age(now - Date.parse(startedAt)), align: 'right' },
      { heading: 'WAITS FOR', cell: waitsFor },
    ],
    shown,
    context.terminal?.columns,
    (text) => context.style('bold', text),
  );
}

/** What a person has to do with it; nothing where it needs nobody. */
function waitsFor({ parkedFor, questions, status, error }: Run): string {
  const [question] = questions;
  if (question !== undefined) return `an answer: ${question.title}`;
  if (parkedFor !== undefined)
    return [parkedInWords(parkedFor), ...(error === undefined ? [] : [error])].join('; ');
  if (status === 'interrupted') return `lockstep resume: ${error ?? 'its process is gone'}`;
  return status === 'paused' ? (error ?? '') : '';
}

async function showRun(context: CommandContext, id: string): Promise<void> {
  const run = await context.call(runsGet, { id });
  await context.answer(run, () => runInWords(context, run));
  if (context.json) return;
  const next = howToContinue(run);
  if (next !== undefined) context.say(`\nTo go on: ${next}`);
  if (run.questions.length > 0) context.say(`\nTo answer, in a terminal: lockstep watch ${id}`);
}

function runInWords(context: CommandContext, run: Run): string[] {
  const columns = context.terminal?.columns;
  const now = Date.now();
  const heading = (text: string) => context.style('bold', text);
  const { inputs, limits, questions, startedAt, endedAt } = run;
  return [
    heading(cut(oneLine(run.name), columns ?? Infinity)),
    ...facts(
      [
        { name: 'id', value: run.id },
        {
          name: 'status',
          value: statusInWords(run),
          style: (text) => context.style(runStyle(run.status), text),
        },
        { name: 'used', value: usedInWords(run) },
        { name: 'file', value: run.file },
        { name: 'workspace', value: run.workspace },
        ...Object.entries(inputs).map(([name, value]) => ({ name: `input ${name}`, value })),
        { name: 'started', value: localTime(startedAt) },
        { name: 'ended', value: endedAt === undefined ? undefined : localTime(endedAt) },
      ],
      columns,
      (name) => context.style('gray', name),
    ),
    '',
    ...stepTable(context, run, now, heading),
    ...(limits.length === 0
      ? []
      : ['', ...table([...limitColumns, usedColumn, enforcerColumn], limits, columns, heading)]),
    ...questions.flatMap(({ step, title, options }) => [
      '',
      cut(`Step ${step} asks: ${oneLine(title)}`, columns ?? Infinity),
      ...options.map(({ name }) => cut(`  ${oneLine(name)}`, columns ?? Infinity)),
    ]),
  ];
}

function stepTable(
  context: CommandContext,
  run: Run,
  now: number,
  heading: (text: string) => string,
): string[] {
  const short = shortIds(run.steps.flatMap(({ session }) => session ?? []));
  return table<Run['steps'][number]>(
    [
      { heading: 'STEP', cell: ({ id }) => id, most: 32 },
      {
        heading: 'ITER',
        cell: ({ iterations, maxIterations }) => `${iterations}/${maxIterations}`,
        align: 'right',
      },
      { heading: 'AGENT', cell: ({ agent }) => agent, most: 20 },
      {
        heading: 'SESSION',
        cell: ({ session }) => (session === undefined ? '' : (short.get(session) ?? session)),
      },
      {
        heading: 'STATUS',
        cell: (step) => stepInWords(step, run, now),
        style: (text, step) => context.style(stepStyle(step), text),
      },
    ],
    run.steps,
    context.terminal?.columns,
    heading,
  );
}
