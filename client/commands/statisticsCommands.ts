import * as vscode from 'vscode';
import { sessionsStats } from '../../server/protocol/sessionQueryMethods.ts';
import { Commands } from '../ids.ts';
import type { Call } from '../services/call.ts';
import { fullTime } from '../views/age.ts';
import type { Reports } from '../views/reports.ts';
import { statisticsReport } from '../views/statisticsReport.ts';
import type { CommandHandler } from './commandTable.ts';

/** The page of statistics, for the folders of this window and for all. */
export function statisticsCommands(call: Call, reports: Reports): Record<string, CommandHandler> {
  return {
    [Commands.showStatistics]: async () => {
      const folders = vscode.workspace.workspaceFolders ?? [];
      const [all, ...each] = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Counting sessions') },
        () =>
          Promise.all([
            call(sessionsStats, {}),
            ...folders.map(async ({ name, uri }) => ({
              name,
              stats: await call(sessionsStats, { workspace: uri.fsPath }),
            })),
          ]),
      );
      await reports.show(
        'Lockstep Statistics',
        statisticsReport(all, each, fullTime(new Date().toISOString())),
      );
    },
  };
}
