import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { sessionStatus, type SessionStatus } from '../../server/protocol/session.ts';
import type { SessionStats } from '../../server/protocol/sessionQueryMethods.ts';
import { markdownText } from '../services/markdownText.ts';
import { dollars, durationText, fullCount, shortCount } from './age.ts';
import { bar, columnChart, type ChartColour } from './charts.ts';
import { statusLabel } from './sessionItem.ts';

/** Rows of a table of modes or folders; the rest is one row. */
const MOST_ROWS = 10;

const STATUS_COLOURS: Readonly<Record<SessionStatus, ChartColour>> = {
  active: 'blue',
  paused: 'purple',
  timeout: 'yellow',
  completed: 'green',
  failed: 'red',
};

export interface FolderStats {
  /** The folder's name, for its heading. */
  readonly name: string;
  readonly stats: SessionStats;
}

/** What Lockstep's own sessions add up to, as a page of markdown: for folders of this window, then for all. */
export function statisticsReport(all: SessionStats, folders: readonly FolderStats[], madeAt: string): string {
  const heading = `# ${vscode.l10n.t('Lockstep: Statistics')}`;
  if (all.total === 0) {
    return [
      heading,
      '',
      vscode.l10n.t('There are no sessions yet, so there is nothing to count.'),
      '',
      vscode.l10n.t('Start one with "Lockstep: New Session…", and come back.'),
      '',
    ].join('\n');
  }
  // A folder that has all of the sessions, or none, says nothing of its own.
  const told = folders.filter(({ stats }) => stats.total > 0 && stats.total < all.total);
  const about = vscode.l10n.t(
    "Of Lockstep's own sessions, archived ones included; those of other agents and those in the trash are not counted. Counted {0}.",
    madeAt,
  );
  return [
    heading,
    '',
    about,
    '',
    ...(told.length === 0 ? [] : [`## ${vscode.l10n.t('All Sessions')}`, '']),
    ...section(all, told.length === 0 ? '##' : '###'),
    ...told.flatMap(({ name, stats }) => [
      `## ${vscode.l10n.t('Sessions of {0}', markdownText(name))}`,
      '',
      ...section(stats, '###'),
    ]),
  ].join('\n');
}

function section(stats: SessionStats, level: string): string[] {
  return [
    ...figures(stats),
    ...days(stats, level),
    ...byStatus(stats, level),
    ...counted(
      Object.entries(stats.byMode).map(([name, sessions]) => ({ name, sessions })),
      level,
      vscode.l10n.t('By Mode'),
      vscode.l10n.t('Mode'),
      'blue',
      markdownText,
    ),
    ...counted(
      stats.byWorkspace,
      level,
      vscode.l10n.t('By Folder'),
      vscode.l10n.t('Folder'),
      'blue',
      (path) => markdownText(belowHome(path)),
    ),
    ...tokens(stats, level),
  ];
}

/** The figures that people look for first. */
function figures(stats: SessionStats): string[] {
  const { byStatus: of } = stats;
  const ended = (of.completed ?? 0) + (of.failed ?? 0);
  return table(
    [vscode.l10n.t('Figure'), vscode.l10n.t('Value')],
    [
      [vscode.l10n.t('Sessions'), fullCount(stats.total)],
      [
        vscode.l10n.t('Success rate'),
        ended === 0
          ? vscode.l10n.t('none has ended yet')
          : vscode.l10n.t('{0} % of {1} that ended', rounded(stats.successRate), fullCount(ended)),
      ],
      [vscode.l10n.t('Iterations, on average'), rounded(stats.averageIterations)],
      ...(ended === 0
        ? []
        : [[vscode.l10n.t('Time from start to end, on average'), durationText(stats.averageDurationMs)]]),
      [vscode.l10n.t('Messages'), fullCount(stats.messages)],
      [vscode.l10n.t('Tool calls'), fullCount(stats.toolCalls)],
      [vscode.l10n.t('Errors'), fullCount(stats.errors)],
      ...(stats.costUsd === 0 ? [] : [[vscode.l10n.t('Cost, as reported'), dollars(stats.costUsd)]]),
    ],
    [1],
  );
}

type Day = SessionStats['byDay'][number];

/** What is drawn of the days, each in a chart of its own: no colour has to be told from another. */
interface Series {
  readonly name: string;
  readonly of: (day: Day) => number;
  readonly colour: ChartColour;
  readonly text: (value: number) => string;
}

function days({ byDay }: SessionStats, level: string): string[] {
  const [first, last] = [byDay[0], byDay.at(-1)];
  if (first === undefined || last === undefined) return [];
  const heading = `${level} ${vscode.l10n.t('The Last {0} Days', byDay.length)}`;
  const highest = ({ of }: Series) => Math.max(...byDay.map(of));
  const counts: Series[] = [
    { name: vscode.l10n.t('Started'), of: ({ started }) => started, colour: 'blue', text: fullCount },
    { name: vscode.l10n.t('Completed'), of: ({ completed }) => completed, colour: 'green', text: fullCount },
    { name: vscode.l10n.t('Failed'), of: ({ failed }) => failed, colour: 'red', text: fullCount },
  ];
  const amounts: Series[] = [
    { name: vscode.l10n.t('Tokens'), of: ({ tokens: used }) => used, colour: 'purple', text: shortCount },
    { name: vscode.l10n.t('Cost'), of: ({ costUsd }) => costUsd, colour: 'yellow', text: dollars },
  ];
  const most = Math.max(...counts.map(highest));
  if (most === 0) {
    return [heading, '', vscode.l10n.t('Nothing was started or ended in this time.'), ''];
  }
  const about = vscode.l10n.t(
    'By days of UTC. Started, completed and failed are drawn to one scale; tokens and cost count with the day on which their session was started.',
  );
  return [
    heading,
    '',
    about,
    '',
    ...counts.flatMap((series) => chartOf(series, byDay, most)),
    ...amounts
      .filter((series) => highest(series) > 0)
      .flatMap((series) => chartOf(series, byDay, highest(series))),
  ];
}

function chartOf({ name, of, colour, text }: Series, byDay: readonly Day[], most: number): string[] {
  const total = byDay.reduce((sum, day) => sum + of(day), 0);
  if (total === 0) return [`**${name}**: ${text(0)}`, ''];
  const peak = byDay.reduce((best, day) => (of(day) > of(best) ? day : best));
  const ends: [string, string] = [dayText(byDay[0]?.day ?? ''), dayText(byDay.at(-1)?.day ?? '')];
  const figures = vscode.l10n.t('{0}, at most {1} on {2}', text(total), text(of(peak)), dayText(peak.day));
  const chart = columnChart({
    columns: byDay.map((day) => ({ value: of(day), words: `${dayText(day.day)}: ${text(of(day))}` })),
    most,
    colour,
    words: vscode.l10n.t('Chart of {0} by day, from {1} to {2}: {3}', name, ...ends, figures),
    ends,
  });
  return [`**${name}**: ${figures}`, '', `<p>${chart}</p>`, ''];
}

function byStatus({ byStatus: of, total }: SessionStats, level: string): string[] {
  const rows = sessionStatus.options.map((status) => [
    statusLabel(status),
    fullCount(of[status] ?? 0),
    percent(of[status] ?? 0, total),
    bar(of[status] ?? 0, total, STATUS_COLOURS[status]),
  ]);
  return [
    `${level} ${vscode.l10n.t('By Status')}`,
    '',
    ...table([vscode.l10n.t('Status'), vscode.l10n.t('Sessions'), vscode.l10n.t('Share'), ''], rows, [1, 2]),
  ];
}

/** A table of what sessions name; empty where they name one thing, or nothing. */
function counted(
  counts: SessionStats['byWorkspace'],
  level: string,
  title: string,
  column: string,
  colour: ChartColour,
  label: (name: string) => string,
): string[] {
  const entries = counts
    .filter(({ sessions }) => sessions > 0)
    .sort((a, b) => b.sessions - a.sessions || (a.name < b.name ? -1 : 1));
  if (entries.length === 0) return [];
  const shown = entries.slice(0, MOST_ROWS);
  const rest = entries.slice(MOST_ROWS);
  const left = rest.reduce((sum, { sessions }) => sum + sessions, 0);
  const total = entries.reduce((sum, { sessions }) => sum + sessions, 0);
  const row = (name: string, count: number) => [
    name,
    fullCount(count),
    percent(count, total),
    bar(count, total, colour),
  ];
  return [
    `${level} ${title}`,
    '',
    ...table(
      [column, vscode.l10n.t('Sessions'), vscode.l10n.t('Share'), ''],
      [
        ...shown.map(({ name, sessions }) => row(label(name), sessions)),
        ...(rest.length === 0 ? [] : [row(vscode.l10n.t('{0} others', rest.length), left)]),
      ],
      [1, 2],
    ),
  ];
}

function tokens({ tokens: used }: SessionStats, level: string): string[] {
  if (used.total === 0) return [];
  const rows: [string, number][] = [
    [vscode.l10n.t('Input'), used.input],
    [vscode.l10n.t('Output'), used.output],
    [vscode.l10n.t('Read from cache'), used.cacheRead],
    [vscode.l10n.t('Written to cache'), used.cacheWrite],
  ];
  return [
    `${level} ${vscode.l10n.t('Tokens')}`,
    '',
    ...table(
      [vscode.l10n.t('Kind'), vscode.l10n.t('Tokens'), vscode.l10n.t('Share'), ''],
      [
        ...rows.map(([name, count]) => [
          name,
          fullCount(count),
          percent(count, used.total),
          bar(count, used.total, 'purple'),
        ]),
        [`**${vscode.l10n.t('Total')}**`, `**${fullCount(used.total)}**`, '', ''],
      ],
      [1, 2],
    ),
  ];
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, at) => (right.includes(at) ? '-:' : '-'))), ...rows.map(line), ''];
}

function rounded(value: number): string {
  return value.toLocaleString(vscode.env.language, { maximumFractionDigits: 1 });
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '' : vscode.l10n.t('{0} %', Math.round((part / whole) * 100));
}

/** A day of UTC as the reader writes days. */
function dayText(day: string): string {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString(vscode.env.language, {
    month: 'short',
    day: 'numeric',
    timeZone: 'UTC',
  });
}

function belowHome(path: string): string {
  const home = homedir();
  return path === home || path.startsWith(`${home}/`) || path.startsWith(`${home}\\`)
    ? `~${path.slice(home.length)}`
    : path;
}
