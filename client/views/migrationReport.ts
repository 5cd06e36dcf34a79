import * as vscode from 'vscode';
import type {
  MigrationDamage,
  MigrationItem,
  MigrationSummary,
} from '../../server/protocol/migrationMethods.ts';
import { markdownBlock, markdownText } from '../services/markdownText.ts';
import type {
  Applied,
  MigrationPlan,
  MigrationRequest,
  Restored,
  RestorePreview,
} from '../services/migrationSteps.ts';
import { bytesText, fullCount, fullTime } from './age.ts';

/** Rows of one table; how many more there are is said. */
const MOST_ROWS = 1000;
/** Sessions that are named where many have the same to tell. */
const MOST_NAMES = 5;

type Target = Pick<MigrationSummary, 'to'> & { agentId?: string | undefined; stateDir?: string | undefined };

/** Where sessions go, in a few words. */
export function targetText({ to, agentId = 'main', stateDir }: Target): string {
  if (to === 'lockstep') return vscode.l10n.t("Lockstep's store");
  return stateDir === undefined
    ? vscode.l10n.t('OpenClaw, agent {0}', agentId)
    : vscode.l10n.t('OpenClaw, agent {0} in {1}', agentId, stateDir);
}

/** How many sessions of a plan there are of each kind. */
export function planCounts({ items, damaged }: MigrationPlan) {
  const count = (state: MigrationItem['state']) => items.filter((item) => item.state === state).length;
  return {
    new: count('new'),
    done: count('done'),
    conflict: count('conflict'),
    damaged: damaged.length,
    lossy: items.filter(({ state, losses }) => state === 'new' && losses.length > 0).length,
  };
}

/** What a migration would do, as a page of markdown. */
export function planReport(plan: MigrationPlan, request: MigrationRequest): string {
  const { items, damaged, notes } = plan;
  const counts = planCounts(plan);
  const wanted = items.filter(({ state }) => state === 'new');
  const sum = (of: (item: MigrationItem) => number) => wanted.reduce((total, item) => total + of(item), 0);
  return [
    `# ${vscode.l10n.t('Lockstep: Migration Plan')}`,
    '',
    vscode.l10n.t('This is the plan. Nothing was changed.'),
    '',
    ...place(request.path, targetText({ ...request, to: request.to ?? 'lockstep' })),
    ...figures([
      [vscode.l10n.t('Sessions to be migrated'), fullCount(counts.new)],
      [vscode.l10n.t('There already'), fullCount(counts.done)],
      [vscode.l10n.t('In conflict'), fullCount(counts.conflict)],
      [vscode.l10n.t('Damaged'), fullCount(counts.damaged)],
      [vscode.l10n.t('Events'), fullCount(sum(({ events }) => events))],
      [vscode.l10n.t('Messages'), fullCount(sum(({ messages }) => messages))],
      [vscode.l10n.t('Size'), bytesText(sum(({ bytes }) => bytes))],
    ]),
    ...table(
      vscode.l10n.t('Conflicts'),
      vscode.l10n.t('These are not migrated.'),
      [vscode.l10n.t('Session'), vscode.l10n.t('Why'), vscode.l10n.t('File')],
      items
        .filter(({ state }) => state === 'conflict')
        .map(({ title, conflict = '', path }) => [title, conflict, path]),
    ),
    ...damageTable(damaged),
    ...sentences(vscode.l10n.t('What Is Lost'), wanted, ({ losses }) => losses),
    ...table(
      vscode.l10n.t('Sessions to Be Migrated'),
      undefined,
      [
        vscode.l10n.t('Session'),
        vscode.l10n.t('Messages'),
        vscode.l10n.t('Events'),
        vscode.l10n.t('Size'),
        vscode.l10n.t('Changed'),
        vscode.l10n.t('Becomes'),
      ],
      wanted.map(({ title, messages, events, bytes, modifiedAt, to }) => [
        title,
        fullCount(messages),
        fullCount(events),
        bytesText(bytes),
        modifiedAt === undefined ? '' : fullTime(modifiedAt),
        to,
      ]),
    ),
    ...list(vscode.l10n.t('What Else Is There'), notes),
    ...sentences(vscode.l10n.t('What Becomes Another'), wanted, (item) => item.notes),
  ].join('\n');
}

/** What a migration did, as a page of markdown. */
export function resultReport({ end, stats, migration }: Applied): string {
  const heading =
    end === 'done'
      ? vscode.l10n.t('Lockstep: Migration Done')
      : vscode.l10n.t('Lockstep: Migration Not Finished');
  return [
    `# ${heading}`,
    '',
    ...(end === 'done'
      ? []
      : [vscode.l10n.t('What is migrated so far stays. It can be continued, or taken back.'), '']),
    ...(migration === undefined ? [] : place(migration.path, targetText(migration))),
    ...figures([
      [vscode.l10n.t('Found'), fullCount(stats.found)],
      [vscode.l10n.t('Migrated'), fullCount(stats.migrated)],
      [vscode.l10n.t('There already'), fullCount(stats.already)],
      [vscode.l10n.t('Left, as changed or in conflict'), fullCount(stats.skipped.length)],
      [vscode.l10n.t('Could not be read or written'), fullCount(stats.errors.length)],
    ]),
    ...table(
      vscode.l10n.t('Left'),
      undefined,
      [vscode.l10n.t('Session'), vscode.l10n.t('Why'), vscode.l10n.t('File')],
      stats.skipped.map(({ key, reason, path }) => [key, reason, path]),
    ),
    ...damageTable(stats.errors),
    ...backupOf(migration),
  ].join('\n');
}

/** What taking back a migration would do, as a page of markdown. */
export function restorePlanReport(migration: MigrationSummary, { same, changed }: RestorePreview): string {
  return [
    `# ${vscode.l10n.t('Lockstep: What Would Be Taken Back')}`,
    '',
    vscode.l10n.t('This is the plan. Nothing was changed.'),
    '',
    ...place(migration.path, targetText(migration)),
    ...figures([
      [vscode.l10n.t('Sessions that are as they were written, and are taken back'), fullCount(same)],
      [vscode.l10n.t('Changed or gone since, and left'), fullCount(changed.length)],
      [
        vscode.l10n.t('Files that are put back where they are missing'),
        fullCount(migration.backup?.files ?? 0),
      ],
    ]),
    ...table(
      vscode.l10n.t('Changed or Gone Since'),
      undefined,
      [vscode.l10n.t('Session'), vscode.l10n.t('Why')],
      changed.map(({ to, reason }) => [to, reason]),
    ),
    ...backupOf(migration),
  ].join('\n');
}

/** What taking back a migration did, as a page of markdown. */
export function restoredReport({ end, migration, removed, restored, left }: Restored): string {
  const heading =
    end === 'done'
      ? vscode.l10n.t('Lockstep: Migration Taken Back')
      : vscode.l10n.t('Lockstep: Migration Not Taken Back Yet');
  return [
    `# ${heading}`,
    '',
    ...place(migration.path, targetText(migration)),
    ...figures([
      [vscode.l10n.t('Sessions that were taken back'), fullCount(removed.length)],
      [vscode.l10n.t('Files that were put back'), fullCount(restored.length)],
      [vscode.l10n.t('Left, as newer'), fullCount(left.length)],
    ]),
    ...table(
      vscode.l10n.t('Left'),
      undefined,
      [vscode.l10n.t('Session or File'), vscode.l10n.t('Why')],
      left.map(({ path, reason }) => [path, reason]),
    ),
    ...list(vscode.l10n.t('Files That Were Put Back'), restored),
    ...list(vscode.l10n.t('Sessions That Were Taken Back'), removed),
  ].join('\n');
}

function place(path: string, target: string): string[] {
  return [
    vscode.l10n.t('From:'),
    '',
    markdownBlock(path, ''),
    '',
    vscode.l10n.t('To: {0}', markdownText(target)),
    '',
  ];
}

function backupOf(migration: MigrationSummary | undefined): string[] {
  if (migration === undefined) return [];
  const { backup, manifest } = migration;
  return [
    `## ${vscode.l10n.t('Files')}`,
    '',
    ...(backup === undefined
      ? []
      : [
          vscode.l10n.t('Copies of {0} old files, {1}:', fullCount(backup.files), bytesText(backup.bytes)),
          '',
          markdownBlock(backup.folder, ''),
          '',
        ]),
    vscode.l10n.t('What the migration has written, and from what:'),
    '',
    markdownBlock(manifest, ''),
    '',
  ];
}

function figures(rows: readonly (readonly [name: string, value: string])[]): string[] {
  return ['| | |', '| - | -: |', ...rows.map(([name, value]) => `| ${name} | ${value} |`), ''];
}

function damageTable(damaged: readonly MigrationDamage[]): string[] {
  return table(
    vscode.l10n.t('Damaged Files'),
    vscode.l10n.t('These are left as they are, where they are.'),
    [vscode.l10n.t('File'), vscode.l10n.t('Why')],
    damaged.map(({ path, reason }) => [path, reason]),
  );
}

/** A heading and a table; nothing where it has no rows. */
function table(
  heading: string,
  about: string | undefined,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    `## ${heading}`,
    '',
    ...(about === undefined ? [] : [about, '']),
    line(columns),
    line(columns.map(() => '-')),
    ...rows.slice(0, MOST_ROWS).map((cells) => line(cells.map(markdownText))),
    '',
    ...more(rows.length),
  ];
}

function list(heading: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [
    `## ${heading}`,
    '',
    ...lines.slice(0, MOST_ROWS).map((line) => `- ${markdownText(line)}`),
    '',
    ...more(lines.length),
  ];
}

function more(count: number): string[] {
  return count > MOST_ROWS ? [vscode.l10n.t('And {0} more.', fullCount(count - MOST_ROWS)), ''] : [];
}

/** What is true of sessions, once for all of which it is: a migration of thousands says the same of most. */
function sentences(
  heading: string,
  items: readonly MigrationItem[],
  of: (item: MigrationItem) => readonly string[],
): string[] {
  const titles = new Map<string, string[]>();
  for (const item of items) {
    for (const sentence of of(item)) {
      const known = titles.get(sentence);
      if (known === undefined) titles.set(sentence, [item.title]);
      else known.push(item.title);
    }
  }
  return list(
    heading,
    [...titles].map(([sentence, names]) => `${sentence} ${namesText(names)}`),
  );
}

function namesText(names: readonly string[]): string {
  const shown = names
    .slice(0, MOST_NAMES)
    .map((name) => `"${name}"`)
    .join(', ');
  return names.length > MOST_NAMES
    ? vscode.l10n.t('({0}, and {1} more)', shown, fullCount(names.length - MOST_NAMES))
    : `(${shown})`;
}
