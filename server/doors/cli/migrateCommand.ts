import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  migrationApply,
  migrationList,
  migrationOrigin,
  migrationPlan,
  migrationRestore,
  migrationVerify,
  type MigrationDamage,
  type MigrationItem,
  type MigrationStats,
  type MigrationSummary,
} from '../../protocol/migrationMethods.ts';
import type { CallParamsOf } from '../../protocol/method.ts';
import { UsageError } from './commandError.ts';
import { defineCommand, option } from './commandSpec.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { flag, oneOf, words } from './optionValues.ts';
import { table } from './table.ts';
import { bytes, counted, localTime, number, oneLine } from './text.ts';

const TARGETS = ['lockstep', 'openclaw'] as const;

export const migrate = defineCommand({
  name: 'migrate',
  group: 'Keep and clean',
  summary: 'Take over sessions from old formats and other agents, or take that back',
  details:
    'From: <id>.json files with messages (.sessions), session_<id>/session.json folders, sessions.json with its transcripts, and the sessions of agents (claude-code:, pi:, openclaw:); lockstep: is the store. The old files stay where they are, and a copy of them goes under backup_old_format/. A second run changes nothing, and one that was cut short goes on.',
  arguments: [
    {
      name: '[path]',
      description: 'a file or folder, or an agent such as claude-code: (or restore, verify, list)',
      completes: 'file',
    },
    { name: '[migration]', description: 'for restore and verify: the id of a migration, or its manifest' },
  ],
  options: {
    to: option('--to <target>', 'where to: lockstep or openclaw', oneOf(TARGETS).optional(), {
      choices: TARGETS,
      preset: 'lockstep',
    }),
    agentId: option('--agent-id <id>', 'the agent of OpenClaw that gets them', words, { preset: 'main' }),
    stateDir: option('--state-dir <folder>', "OpenClaw's state directory, if not the one it has", words, {
      completes: 'folder',
    }),
    dryRun: option('--dry-run', 'tell what would be done, and do nothing', flag),
    // Commander makes `backup: false` of it.
    backup: option('--no-backup', 'make no copy of the old files first', flag.default(true)),
  },
  examples: [
    { line: 'lockstep migrate ~/shop/.sessions --dry-run', words: 'what would be done, session by session' },
    { line: 'lockstep migrate ~/.openclaw --to lockstep', words: 'into the store' },
    { line: 'lockstep migrate lockstep: --to openclaw', words: 'out of it' },
    { line: 'lockstep migrate list', words: 'what was migrated' },
    { line: 'lockstep migrate restore 019d0f5e-…', words: 'take one back' },
  ],
  async run(context, [path, of], { to = 'lockstep', agentId, stateDir, dryRun, backup }) {
    if (path === undefined) throw new UsageError('migrate needs a path, an agent such as pi:, or list');
    if (path === 'list' && of === undefined) return list(context);
    if (path === 'restore' || path === 'verify') {
      if (of === undefined)
        throw new UsageError(`migrate ${path} needs the id of a migration; lockstep migrate list has them`);
      const manifest = /[\\/]/.test(of) ? resolve(of) : of;
      return path === 'restore' ? restore(context, manifest) : verify(context, manifest);
    }
    if (of !== undefined) throw new UsageError('migrate takes one path');
    const params = {
      path: isOrigin(path) ? path : resolve(path),
      to,
      ...(agentId === undefined ? {} : { agentId }),
      ...(stateDir === undefined ? {} : { stateDir: resolve(stateDir) }),
    };
    const plan = await planned(context, params);
    if (dryRun) {
      await context.answer(plan, () => planInWords(context, plan));
      if (!context.json) context.say('Nothing was changed. Without --dry-run it is done.');
      return;
    }
    return apply(context, params, plan, backup);
  },
});

/** `pi:`, `lockstep:<id>`, but neither a file of that name nor another path with a colon. */
function isOrigin(path: string): boolean {
  const [origin, rest] = path.split(':', 2);
  return rest !== undefined && migrationOrigin.safeParse(origin).success && !existsSync(path);
}

interface Plan {
  readonly items: readonly MigrationItem[];
  readonly damaged: readonly MigrationDamage[];
  readonly notes: readonly string[];
  readonly total: number;
}

async function planned(
  context: CommandContext,
  params: Omit<CallParamsOf<typeof migrationPlan>, 'cursor'>,
): Promise<Plan> {
  const items: MigrationItem[] = [];
  const damaged: MigrationDamage[] = [];
  const notes: string[] = [];
  for (let cursor: string | undefined; ;) {
    const part = await context.call(migrationPlan, { ...params, cursor });
    items.push(...part.items);
    damaged.push(...part.damaged);
    notes.push(...part.notes);
    cursor = part.nextCursor;
    if (cursor === undefined) return { items, damaged, notes, total: part.total };
    context.remark(`Looked at ${number(part.done)} of ${number(part.total)} sessions`);
  }
}

async function apply(
  context: CommandContext,
  params: Omit<CallParamsOf<typeof migrationPlan>, 'cursor'>,
  plan: Plan,
  backup: boolean,
): Promise<number> {
  // What cannot be migrated needs no backup, nor another entry in the list of migrations.
  const conflicts = plan.items.filter(({ state }) => state === 'conflict');
  const items = plan.items
    .filter(({ state }) => state !== 'conflict')
    .map(({ fingerprint, to }) => ({ fingerprint, to }));
  let part = await context.call(migrationApply, { ...params, items, backup });
  while (part.nextCursor !== undefined) {
    context.remark(`${PHASES[part.phase]}: ${number(part.done)} of ${number(part.total)}`);
    part = await context.call(migrationApply, { cursor: part.nextCursor });
  }
  const { migration } = part;
  // What the plan could not read is no part of what was applied.
  const seen = new Set(part.stats.errors.map(({ path, reason }) => `${path}\n${reason}`));
  const unseen = plan.damaged.filter(({ path, reason }) => !seen.has(`${path}\n${reason}`));
  const stats: MigrationStats = {
    ...part.stats,
    found: part.stats.found + unseen.length + conflicts.length,
    skipped: [
      ...conflicts.map(({ key, path, conflict = '' }) => ({ key, path, reason: conflict })),
      ...part.stats.skipped,
    ],
    errors: [...unseen, ...part.stats.errors],
  };
  await context.answer({ ...(migration ? { ...migration } : {}), stats }, () => [
    statsInWords(stats),
    ...(migration?.backup ? [`Backup: ${migration.backup.folder} (${bytes(migration.backup.bytes)})`] : []),
    ...(migration ? [`To take it back: lockstep migrate restore ${migration.id}`] : []),
    ...section('Left out:', remarksOf(stats.losses)),
    ...section('Changed on the way:', remarksOf(stats.notes)),
  ]);
  if (!context.json) sayProblems(context, stats);
  return stats.errors.length + stats.skipped.length === 0 ? EXIT.ok : EXIT.error;
}

const PHASES = { backup: 'Copied files', migrate: 'Migrated', verify: 'Verified', done: 'Done' } as const;

async function restore(context: CommandContext, manifest: string): Promise<number> {
  const all = { removed: [] as string[], restored: [] as string[], left: [] as MigrationDamage[] };
  for (let cursor: string | undefined; ;) {
    const part = await context.call(migrationRestore, { manifest, cursor });
    all.removed.push(...part.removed);
    all.restored.push(...part.restored);
    all.left.push(...part.left);
    cursor = part.nextCursor;
    if (cursor !== undefined) continue;
    await context.answer({ ...all, migration: part.migration }, () => [
      `${counted(all.removed.length, 'session')} taken back, ${counted(all.restored.length, 'file')} put back.`,
    ]);
    if (!context.json) for (const { path, reason } of all.left) context.say(`${path} was left: ${reason}`);
    return all.left.length === 0 ? EXIT.ok : EXIT.error;
  }
}

async function verify(context: CommandContext, manifest: string): Promise<number> {
  let same = 0;
  const changed: { key: string; to: string; reason: string }[] = [];
  for (let cursor: string | undefined; ;) {
    const part = await context.call(migrationVerify, { manifest, cursor });
    same += part.same;
    changed.push(...part.changed);
    cursor = part.nextCursor;
    if (cursor === undefined) break;
  }
  await context.answer({ same, changed }, () => [
    `${counted(same, 'session')} as written, ${number(changed.length)} changed or gone.`,
    ...changed.map(({ reason }) => oneLine(reason)),
  ]);
  return changed.length === 0 ? EXIT.ok : EXIT.error;
}

async function list(context: CommandContext): Promise<void> {
  const result = await context.call(migrationList, {});
  const lines = table<MigrationSummary>(
    [
      { heading: 'BEGUN', cell: ({ startedAt }) => localTime(startedAt) },
      { heading: 'STATUS', cell: ({ status }) => status },
      { heading: 'SESSIONS', cell: ({ stats }) => number(stats.migrated), align: 'right' },
      { heading: 'TO', cell: ({ to }) => to },
      { heading: 'ID', cell: ({ id }) => id },
      { heading: 'FROM', cell: ({ path }) => path },
    ],
    result.migrations,
    context.terminal?.columns,
    (text) => context.style('bold', text),
  );
  await context.answer(result, () => (result.migrations.length === 0 ? [] : lines));
  if (context.json) return;
  if (result.migrations.length === 0) context.say('Nothing was migrated yet.');
  for (const { path, reason } of result.problems) context.say(`${path}: ${reason}`);
}

function planInWords(context: CommandContext, { items, damaged, notes }: Plan): string[] {
  const rows = table<MigrationItem>(
    [
      { heading: 'STATE', cell: ({ state }) => state },
      { heading: 'EVENTS', cell: ({ events }) => number(events), align: 'right' },
      { heading: 'SIZE', cell: (item) => bytes(item.bytes), align: 'right' },
      { heading: 'TO', cell: ({ to }) => to, most: 60 },
      { heading: 'TITLE', cell: ({ title }) => title },
    ],
    items,
    context.terminal?.columns,
    (text) => context.style('bold', text),
  );
  const remarks = items.flatMap(({ title, conflict, losses, notes: own }) => {
    const all = [...(conflict === undefined ? [] : [conflict]), ...losses, ...own];
    return all.map((remark) => `${oneLine(title)}: ${oneLine(remark)}`);
  });
  return [
    ...(items.length === 0 ? [] : rows),
    ...section('Of single sessions:', remarks),
    ...section(
      'Could not be read, and stays as it is:',
      damaged.map(({ path, reason }) => `${path}: ${oneLine(reason)}`),
    ),
    ...section(
      'Besides:',
      notes.map((note) => oneLine(note)),
    ),
  ];
}

/** As many as a person reads; thousands of sessions may each get another id. */
const MOST_REMARKS = 30;

function remarksOf(told: MigrationStats['losses'] = []): string[] {
  const lines = told.slice(0, MOST_REMARKS).map(({ path, reason }) => `${path}: ${oneLine(reason)}`);
  const left = told.length - lines.length;
  return left === 0
    ? lines
    : [...lines, `and ${number(left)} more: lockstep migrate list --json has them all`];
}

function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', heading, ...lines.map((line) => `  ${line}`)];
}

function statsInWords({ found, migrated, already, skipped, errors }: MigrationStats): string {
  const parts = [
    `${number(migrated)} migrated`,
    ...(already === 0 ? [] : [`${number(already)} there already`]),
    ...(skipped.length === 0 ? [] : [`${number(skipped.length)} skipped`]),
    ...(errors.length === 0 ? [] : [`${number(errors.length)} with errors`]),
  ];
  return `${counted(found, 'session')} found: ${parts.join(', ')}.`;
}

function sayProblems(context: CommandContext, { skipped, errors }: MigrationStats): void {
  for (const { path, reason } of skipped) context.say(`${path} was skipped: ${reason}`);
  for (const { path, reason } of errors) context.say(`${path}: ${reason}`);
}
