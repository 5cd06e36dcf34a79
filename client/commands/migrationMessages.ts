import { isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import type { MigrationSummary } from '../../server/protocol/migrationMethods.ts';
import { wireOf } from '../services/notifications.ts';
import { plainText } from '../services/plainText.ts';
import type {
  Applied,
  MigrationPlan,
  MigrationRequest,
  Restored,
  RestorePreview,
} from '../services/migrationSteps.ts';
import { fullCount } from '../views/age.ts';
import { planCounts, targetText } from '../views/migrationReport.ts';

/** The question before anything is changed. The plan lies open below it. */
export async function agreesToMigrate(plan: MigrationPlan, request: MigrationRequest): Promise<boolean> {
  const counts = planCounts(plan);
  const to = targetText({ ...request, to: request.to ?? 'lockstep' });
  const message =
    counts.new === 1
      ? vscode.l10n.t('Migrate 1 session to {0}?', to)
      : vscode.l10n.t('Migrate {0} sessions to {1}?', fullCount(counts.new), to);
  // What Lockstep or another agent keeps elsewhere is only read; a file of the target is changed.
  const hasBackup = isAbsolute(request.path) || request.to === 'openclaw';
  const detail = [
    ...leftOfPlan(plan),
    ...(counts.lossy === 0
      ? []
      : [vscode.l10n.t('Sessions that lose something: {0}; the plan says what.', fullCount(counts.lossy))]),
    hasBackup
      ? vscode.l10n.t('First a backup of the old files is made, in a folder backup_old_format beside them.')
      : vscode.l10n.t('The old sessions are only read, so no backup is made.'),
    vscode.l10n.t('It can be stopped at any time, continued, and taken back.'),
  ].join('\n');
  const migrate = vscode.l10n.t('Migrate');
  return (
    (await vscode.window.showWarningMessage(
      plainText(message),
      { modal: true, detail: plainText(detail) },
      migrate,
    )) === migrate
  );
}

/** What of a plan is not migrated, in sentences. */
export function leftOfPlan(plan: MigrationPlan): string[] {
  const { done, conflict, damaged } = planCounts(plan);
  return [
    ...(done === 0 ? [] : [vscode.l10n.t('There already: {0}.', fullCount(done))]),
    ...(conflict === 0 ? [] : [vscode.l10n.t('In conflict, and left: {0}.', fullCount(conflict))]),
    ...(damaged === 0 ? [] : [vscode.l10n.t('Damaged, and left as they are: {0}.', fullCount(damaged))]),
  ];
}

export async function agreesToRestore(
  migration: MigrationSummary,
  preview: RestorePreview | undefined,
): Promise<boolean> {
  const message = vscode.l10n.t('Take back the migration of {0}?', migration.path);
  const detail = [
    ...(preview === undefined
      ? [vscode.l10n.t('It has begun, and is gone on with.')]
      : [vscode.l10n.t('Sessions that are taken back: {0}.', fullCount(preview.same))]),
    ...(preview === undefined || preview.changed.length === 0
      ? []
      : [vscode.l10n.t('Changed or gone since, and left: {0}.', fullCount(preview.changed.length))]),
    migration.to === 'lockstep'
      ? vscode.l10n.t('They go to the trash, where they are kept for a week.')
      : vscode.l10n.t('Their entries and transcripts are removed from {0}.', targetText(migration)),
    ...(migration.backup === undefined
      ? []
      : [vscode.l10n.t('Old files that are missing are put back from the backup.')]),
  ].join('\n');
  const restore = vscode.l10n.t('Restore');
  return (
    (await vscode.window.showWarningMessage(
      plainText(message),
      { modal: true, detail: plainText(detail) },
      restore,
    )) === restore
  );
}

/** What came of a migration, in sentences. */
export function appliedText(done: Applied): string {
  return [endText(done), ...leftOfResult(done)].join(' ');
}

function endText(done: Applied): string {
  const { end, stats, migration } = done;
  const migrated = fullCount(stats.migrated);
  if (end === 'failed') {
    const { message } = wireOf(done.error);
    return vscode.l10n.t('The migration was interrupted after {0} sessions: {1}', migrated, message);
  }
  if (end === 'cancelled')
    return vscode.l10n.t(
      'The migration was stopped after {0} sessions. They stay, and it can be continued or taken back.',
      migrated,
    );
  if (migration === undefined) return vscode.l10n.t('There was nothing to migrate.');
  const to = targetText(migration);
  return stats.migrated === 1
    ? vscode.l10n.t('1 session was migrated to {0}.', to)
    : vscode.l10n.t('{0} sessions were migrated to {1}.', migrated, to);
}

function leftOfResult({ stats }: Applied): string[] {
  const { skipped, errors } = stats;
  return [
    ...(skipped.length === 0
      ? []
      : [vscode.l10n.t('Left, as changed or in conflict: {0}.', fullCount(skipped.length))]),
    ...(errors.length === 0
      ? []
      : [vscode.l10n.t('Could not be read or written: {0}.', fullCount(errors.length))]),
  ];
}

/** What came of taking a migration back, in sentences. */
export function restoredText(done: Restored): string {
  const { end, removed, restored, left } = done;
  if (end === 'failed')
    return vscode.l10n.t('Taking the migration back was interrupted: {0}', wireOf(done.error).message);
  return [
    end === 'cancelled'
      ? vscode.l10n.t('Taking the migration back was stopped. It can be continued.')
      : vscode.l10n.t('The migration is taken back.'),
    vscode.l10n.t('Sessions taken back: {0}.', fullCount(removed.length)),
    ...(restored.length === 0 ? [] : [vscode.l10n.t('Files put back: {0}.', fullCount(restored.length))]),
    ...(left.length === 0 ? [] : [vscode.l10n.t('Left, as newer: {0}.', fullCount(left.length))]),
  ].join(' ');
}
