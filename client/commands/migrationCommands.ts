import * as vscode from 'vscode';
import {
  migrationList,
  type MigrationDamage,
  type MigrationSummary,
} from '../../server/protocol/migrationMethods.ts';
import { Commands } from '../ids.ts';
import { listText, plainText } from '../services/plainText.ts';
import { fullCount, fullTime } from '../views/age.ts';
import { targetText } from '../views/migrationReport.ts';
import type { CommandHandler } from './commandTable.ts';
import { askOrigin, askTarget } from './migrationPickers.ts';
import { MigrationRun, type MigrationRunParts } from './migrationRun.ts';
import { targetRef, type Targets } from './target.ts';

/** Migrating sessions, and taking a migration back: each a plan to read, a question, and what can be cancelled. */
export function migrationCommands(
  parts: MigrationRunParts,
  targets: Targets,
): Record<string, CommandHandler> {
  const { call } = parts;
  const run = new MigrationRun(parts);
  return {
    [Commands.migrateSessions]: async (argument) => {
      const path = targetRef(argument) ?? (await askOrigin(call, targets.sources));
      if (path === undefined) return;
      const request = await askTarget(call, path);
      if (request !== undefined) await run.migrate(request);
    },

    [Commands.restoreMigration]: async () => {
      const { migrations, problems } = await call(migrationList, {});
      const open = migrations.filter(({ status }) => status !== 'restored');
      if (open.length + problems.length === 0) {
        void vscode.window.showInformationMessage(
          vscode.l10n.t('No migration was made that could be taken back.'),
        );
        return;
      }
      const migration = await chooseMigration(open, problems);
      if (migration === undefined) return;
      const act = migration.status === 'running' ? await askHowToGoOn() : 'restore';
      if (act === 'continue') await run.continue(migration.id);
      else if (act === 'restore') await run.restore(migration);
    },
  };
}

async function askHowToGoOn(): Promise<'continue' | 'restore' | undefined> {
  const picked = await vscode.window.showQuickPick(
    [
      {
        label: vscode.l10n.t('Continue'),
        detail: vscode.l10n.t('Migrate what is left'),
        iconPath: new vscode.ThemeIcon('play'),
        act: 'continue' as const,
      },
      {
        label: vscode.l10n.t('Restore…'),
        detail: vscode.l10n.t('Take back what is migrated'),
        iconPath: new vscode.ThemeIcon('discard'),
        act: 'restore' as const,
      },
    ],
    {
      title: vscode.l10n.t('Restore Migration'),
      placeHolder: vscode.l10n.t('This migration is not finished. How is it to go on?'),
      ignoreFocusOut: true,
    },
  );
  return picked?.act;
}

/** Asks which migration it is; those that cannot be read are told of, and cannot be chosen. */
async function chooseMigration(
  migrations: readonly MigrationSummary[],
  problems: readonly MigrationDamage[],
): Promise<MigrationSummary | undefined> {
  const items = migrations.map((migration) => ({
    label: listText(migration.path),
    description: [
      statusText(migration.status),
      vscode.l10n.t('migrated: {0}', fullCount(migration.stats.migrated)),
      fullTime(migration.startedAt),
    ].join(' · '),
    detail: listText(vscode.l10n.t('To {0}', targetText(migration))),
    iconPath: new vscode.ThemeIcon(migration.status === 'done' ? 'check' : 'debug-pause'),
    migration,
  }));
  const unreadable = problems.map(({ path, reason }) => ({
    label: listText(path),
    description: vscode.l10n.t('Cannot be read'),
    detail: listText(reason),
    iconPath: new vscode.ThemeIcon('warning'),
    problem: reason,
  }));
  const picked = await vscode.window.showQuickPick<
    vscode.QuickPickItem & { migration?: MigrationSummary; problem?: string }
  >([...items, ...unreadable], {
    title: vscode.l10n.t('Restore Migration'),
    placeHolder: vscode.l10n.t('Which migration is to be taken back, or continued?'),
    matchOnDescription: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  if (picked?.problem !== undefined) {
    const message = vscode.l10n.t('{0} cannot be read: {1}', picked.label, picked.problem);
    void vscode.window.showWarningMessage(plainText(message));
  }
  return picked?.migration;
}

function statusText(status: MigrationSummary['status']): string {
  switch (status) {
    case 'running':
      return vscode.l10n.t('not finished');
    case 'done':
      return vscode.l10n.t('done');
    case 'restoring':
      return vscode.l10n.t('not taken back yet');
    case 'restored':
      return vscode.l10n.t('taken back');
  }
}
