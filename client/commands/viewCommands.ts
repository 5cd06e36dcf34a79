import type * as vscode from 'vscode';
import { sourceKind } from '../../server/protocol/sourceSession.ts';
import { Commands } from '../ids.ts';
import type { LockstepServer } from '../services/lockstepServer.ts';
import { sessionGroup, type SessionModel } from '../services/sessionModel.ts';
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
  readonly log: vscode.LogOutputChannel;
}

/** The commands on the list itself and on the server. */
export function viewCommands({
  server,
  sessions,
  sources,
  scope,
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
      if (node.type !== 'more') return;
      const kind = sourceKind.safeParse(node.of);
      if (kind.success) await sources.showMore(kind.data);
      else await sessions.showMore(sessionGroup.parse(node.of));
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
