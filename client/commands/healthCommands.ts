import * as vscode from 'vscode';
import { healthGet } from '../../server/protocol/healthMethods.ts';
import { Commands, Views } from '../ids.ts';
import type { LockModel } from '../services/lockModel.ts';
import type { Call } from '../services/call.ts';
import type { Reports } from '../views/reports.ts';
import { doctorReport, healthLabel } from '../views/doctorReport.ts';
import type { HealthModel } from '../services/healthModel.ts';
import type { CommandHandler } from './commandTable.ts';

export interface HealthParts {
  readonly call: Call;
  readonly reports: Reports;
  readonly health: HealthModel;
  readonly locks: LockModel;
}

/** The doctor, and the menu of the status bar item. */
export function healthCommands({
  call,
  reports,
  health,
  locks,
}: HealthParts): Record<string, CommandHandler> {
  const examine = async (title: string, integrity: boolean): Promise<void> => {
    const found = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title },
      () => call(healthGet, { integrity }),
    );
    await reports.show('Lockstep Doctor', doctorReport(found));
    await health.reload();
  };
  return {
    [Commands.doctor]: () => examine(vscode.l10n.t('Lockstep looks at itself'), false),
    [Commands.verifyStore]: () =>
      examine(vscode.l10n.t('Reading and verifying the whole store; other calls wait for it'), true),

    [Commands.showMenu]: async () => {
      const status = health.health?.status;
      const stale = locks.staleCount;
      const items = [
        item('list-tree', vscode.l10n.t('Show Sessions'), `${Views.sessions}.focus`),
        item('lock', vscode.l10n.t('Show Locks'), `${Views.locks}.focus`, countOf(locks)),
        item('list-ordered', vscode.l10n.t('Show Workflows'), `${Views.workflows}.focus`),
        ...(stale > 0 && vscode.workspace.isTrusted
          ? [item('trash', vscode.l10n.t('Clean Up Stale Locks…'), Commands.cleanLocks, String(stale))]
          : []),
        ...(vscode.workspace.isTrusted
          ? [
              item('add', vscode.l10n.t('New Session…'), Commands.newSession),
              item('play', vscode.l10n.t('Run Workflow…'), Commands.runWorkflow),
            ]
          : []),
        item('graph', vscode.l10n.t('Show Statistics'), Commands.showStatistics),
        item(
          'pulse',
          vscode.l10n.t('Doctor'),
          Commands.doctor,
          status === undefined ? undefined : healthLabel(status),
        ),
        item('output', vscode.l10n.t('Show Log'), Commands.showLog),
        item('debug-restart', vscode.l10n.t('Restart Server'), Commands.restartServer),
      ];
      const picked = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Lockstep') });
      if (picked) await vscode.commands.executeCommand(picked.command);
    },
  };
}

function item(icon: string, label: string, command: string, description?: string) {
  return { label, iconPath: new vscode.ThemeIcon(icon), command, ...(description ? { description } : {}) };
}

function countOf({ locks }: LockModel): string | undefined {
  return locks.length === 0 ? undefined : String(locks.length);
}
