import type * as vscode from 'vscode';
import { Commands } from '../ids.ts';
import type { LockstepServer } from '../services/lockstepServer.ts';
import type { SessionList } from '../services/sessionList.ts';
import type { SessionModel } from '../services/sessionModel.ts';
import type { SourceModel } from '../services/sourceModel.ts';
import type { Scope } from '../services/scope.ts';
import { CallError } from '../services/callError.ts';
import type { SessionNode } from '../views/sessionNode.ts';
import type { CommandHandler } from './commandTable.ts';

export interface ViewParts {
  readonly server: LockstepServer;
  readonly sessions: SessionModel;
  readonly sources: SourceModel;
  readonly scope: Scope;
  readonly list: SessionList;
  readonly log: vscode.LogOutputChannel;
}

/** The commands on the list itself and on the server. */
export function viewCommands({
  server,
  sessions,
  sources,
  scope,
  list,
  log,
}: ViewParts): Record<string, CommandHandler> {
  const reload = async () => {
    await Promise.all([sessions.reload(), sources.reload()]);
  };
  return {
    [Commands.refresh]: reload,
    [Commands.showMore]: async (argument) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- called by our own rows only, with themselves
      const node = argument as SessionNode;
      if (node.type === 'more') await list.showMore(node.of);
    },
    [Commands.showErrorDetails]: async () => {
      const error = sessions.error ?? sources.error;
      await reload();
      if (error && (sessions.error ?? sources.error) instanceof CallError)
        throw sessions.error ?? sources.error;
    },
    [Commands.showThisWorkspace]: () => scope.limit(true),
    [Commands.showAllWorkspaces]: () => scope.limit(false),
    [Commands.showLog]: () => log.show(true),
    [Commands.restartServer]: () => server.restart(),
  };
}
