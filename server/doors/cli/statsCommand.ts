import { resolve } from 'node:path';
import { sessionKind } from '../../protocol/session.ts';
import { sessionsStats, type SessionStats } from '../../protocol/sessionQueryMethods.ts';
import { defineCommand, option } from './commandSpec.ts';
import type { CommandContext } from './context.ts';
import { oneOf, words } from './optionValues.ts';
import { facts, table } from './table.ts';
import { duration, number } from './text.ts';

const DAYS = 14;
const LONGEST_BAR = 30;
/** What else stands on a line with a bar, at most. */
const BESIDE_BAR = 56;

export const stats = defineCommand({
  name: 'stats',
  group: 'Look',
  summary: 'Count sessions, iterations, tokens and cost',
  options: {
    user: option('--user <id>', 'only sessions of this user', words),
    workspace: option('-w, --workspace <folder>', 'only those of this folder; . is where you are', words, {
      completes: 'folder',
    }),
    kind: option('-k, --kind <kind>', 'only this kind', oneOf(sessionKind.options).optional(), {
      choices: sessionKind.options,
    }),
  },
  examples: [
    { line: 'lockstep stats', words: 'of all sessions' },
    { line: 'lockstep stats --workspace .', words: 'of this folder' },
    { line: 'lockstep stats --json | jq .costUsd', words: 'one figure for a script' },
  ],
  async run(context, _, { user, workspace, kind }) {
    const result = await context.call(sessionsStats, {
      kind,
      userId: user,
      workspace: workspace === undefined ? undefined : resolve(workspace),
    });
    await context.answer(result, () => (result.total === 0 ? [] : statsInWords(context, result)));
    if (!context.json && result.total === 0)
      context.say("There is nothing to count yet. Start a session: lockstep start 'Fix the login test'");
  },
});

function statsInWords(context: CommandContext, result: SessionStats): string[] {
  const { tokens } = result;
  const columns = context.terminal?.columns;
  return [
    ...facts(
      [
        { name: 'sessions', value: number(result.total) },
        { name: 'completed of ended', value: `${number(result.successRate)} %` },
        { name: 'iterations, average', value: number(result.averageIterations) },
        {
          name: 'duration, average',
          value: result.averageDurationMs === 0 ? undefined : duration(result.averageDurationMs),
        },
        { name: 'messages', value: number(result.messages) },
        { name: 'tool calls', value: number(result.toolCalls) },
        { name: 'errors', value: number(result.errors) },
        {
          name: 'tokens',
          value: `${number(tokens.total)} (${number(tokens.input)} in, ${number(tokens.output)} out)`,
        },
        { name: 'cost', value: `$${result.costUsd.toFixed(2)}` },
      ],
      columns,
      (name) => context.style('gray', name),
    ),
    ...counts(context, 'STATUS', named(result.byStatus)),
    ...counts(context, 'MODE', named(result.byMode)),
    ...counts(context, 'KIND', named(result.byKind)),
    ...counts(context, 'USER', result.byUser),
    ...counts(context, 'WORKSPACE', result.byWorkspace),
    ...days(context, result.byDay.slice(-DAYS)),
  ];
}

function named(by: Readonly<Record<string, number | undefined>>): SessionStats['byUser'] {
  return Object.entries(by).map(([name, sessions = 0]) => ({ name, sessions }));
}

/** Each name with its count and a bar; nothing where nothing was counted. */
function counts(context: CommandContext, heading: string, by: SessionStats['byUser']): string[] {
  const rows = by.filter(({ sessions }) => sessions > 0).sort((one, other) => other.sessions - one.sessions);
  const [first] = rows;
  if (!first) return [];
  const lines = table(
    [
      { heading, cell: ({ name }) => name, most: 40 },
      { heading: 'SESSIONS', cell: ({ sessions }) => number(sessions), align: 'right' },
      {
        heading: '',
        cell: ({ sessions }) => bar(context, sessions, first.sessions),
        style: (text) => context.style('cyan', text),
      },
    ],
    rows,
    context.terminal?.columns,
    (text) => context.style('bold', text),
  );
  return ['', ...lines];
}

function days(context: CommandContext, byDay: SessionStats['byDay']): string[] {
  const most = Math.max(0, ...byDay.map(({ started }) => started));
  if (most === 0) return [];
  const lines = table(
    [
      { heading: 'DAY (UTC)', cell: ({ day }) => day },
      { heading: 'STARTED', cell: ({ started }) => number(started), align: 'right' },
      { heading: 'COMPLETED', cell: ({ completed }) => number(completed), align: 'right' },
      { heading: 'FAILED', cell: ({ failed }) => number(failed), align: 'right' },
      {
        heading: '',
        cell: ({ started }) => bar(context, started, most),
        style: (text) => context.style('cyan', text),
      },
    ],
    byDay,
    context.terminal?.columns,
    (text) => context.style('bold', text),
  );
  return ['', ...lines];
}

function bar({ terminal }: CommandContext, count: number, most: number): string {
  const longest = Math.max(5, Math.min(LONGEST_BAR, (terminal?.columns ?? Infinity) - BESIDE_BAR));
  return '█'.repeat(count === 0 ? 0 : Math.max(1, Math.round((count / most) * longest)));
}
