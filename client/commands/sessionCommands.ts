import * as vscode from 'vscode';
import {
  sessionsArchive,
  sessionsComplete,
  sessionsFail,
  sessionsPause,
  sessionsResume,
  sessionsStart,
  sessionsUnarchive,
  sessionsUpdate,
} from '../../server/protocol/sessionLifecycleMethods.ts';
import { MAX_ITERATIONS, MAX_TITLE } from '../../server/protocol/session.ts';
import { Commands } from '../ids.ts';
import { plainText } from '../services/plainText.ts';
import type { Call } from '../services/call.ts';
import type { SessionSummary } from '../services/sessionModel.ts';
import { runOfSession } from '../services/sessionRuns.ts';
import type { CommandHandler } from './commandTable.ts';
import { askIterations, askText } from './input.ts';
import { leasedSession, targetSession, targetSessions, type Targets } from './target.ts';

const isLive = ({ status }: SessionSummary) =>
  status === 'active' || status === 'paused' || status === 'timeout';
/** What ends by itself, with its run, is not for a person to end. */
const isOwn = (session: SessionSummary) => runOfSession(session) === undefined;
const budgetLeft = (session: SessionSummary) => session.maxIterations - session.iterations;
const isEndable = (session: SessionSummary) => isLive(session) && isOwn(session);
const MORE = 10;

/** The commands on Lockstep's own sessions. They call the server; the views follow the store. */
export function sessionCommands(
  call: Call,
  targets: Targets,
  reportError: (error: unknown) => Promise<void>,
): Record<string, CommandHandler> {
  const add = async (session: SessionSummary, title: string) => {
    if (session.maxIterations >= MAX_ITERATIONS) {
      const message = vscode.l10n.t(
        'The session has the largest budget already: {0} iterations.',
        MAX_ITERATIONS,
      );
      void vscode.window.showInformationMessage(message);
      return undefined;
    }
    return askIterations(
      title,
      vscode.l10n.t(
        '{0} of {1} iterations are used. How many more?',
        session.iterations,
        session.maxIterations,
      ),
      MORE,
      MAX_ITERATIONS - session.maxIterations,
    );
  };
  /** Asks it of the run where the session is one, or a step of one. */
  const askedOfRun = async (session: SessionSummary, command: string): Promise<boolean> => {
    const run = runOfSession(session);
    if (run === undefined) return false;
    await vscode.commands.executeCommand(command, run);
    return true;
  };
  return {
    [Commands.newSession]: async () => {
      const title = vscode.l10n.t('New Session');
      const task = await askText({
        title: `${title} (1/3)`,
        prompt: vscode.l10n.t('What is the agent to do?'),
        placeHolder: vscode.l10n.t('Fix the failing login test'),
        empty: vscode.l10n.t('Say what is to be done.'),
        most: 10_000,
      });
      if (task === undefined) return;
      const mode = await askText({
        title: `${title} (2/3)`,
        prompt: vscode.l10n.t('The role or mode that it works in'),
        value: 'developer',
        empty: vscode.l10n.t('Name a mode, such as developer.'),
        most: 64,
      });
      if (mode === undefined) return;
      const prompt = vscode.l10n.t('How many iterations may it take? The session stops at this limit.');
      const maxIterations = await askIterations(`${title} (3/3)`, prompt, 50);
      if (maxIterations === undefined) return;
      const workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
      const session = await call(sessionsStart, {
        task,
        mode,
        maxIterations,
        ...(workspace === undefined ? {} : { workspace }),
      });
      await targets.tree.reveal(session.id);
    },

    [Commands.pauseSession]: async (argument) => {
      const title = vscode.l10n.t('Pause Session');
      const leased = leasedSession(argument);
      const session =
        leased === undefined
          ? await targetSession(
              argument,
              targets,
              title,
              ({ status, pausing }) => status === 'active' && !pausing,
            )
          : targets.sessions.get(leased);
      if (session && (await askedOfRun(session, Commands.pauseRun))) return;
      const id = session?.id ?? leased;
      if (id !== undefined) await call(sessionsPause, { id });
    },

    [Commands.resumeSession]: async (argument) => {
      const title = vscode.l10n.t('Resume Session');
      const session = await targetSession(
        argument,
        targets,
        title,
        ({ status, pausing }) => status === 'paused' || status === 'timeout' || pausing,
      );
      if (!session || (await askedOfRun(session, Commands.resumeRun))) return;
      if (budgetLeft(session) > 0 || session.pausing) {
        await call(sessionsResume, { id: session.id });
        return;
      }
      const addIterations = await add(session, title);
      if (addIterations !== undefined) await call(sessionsResume, { id: session.id, addIterations });
    },

    [Commands.addIterations]: async (argument) => {
      const title = vscode.l10n.t('Add Iterations');
      const session = await targetSession(argument, targets, title, isLive);
      if (!session || (await askedOfRun(session, Commands.continueRun))) return;
      const addIterations = await add(session, title);
      if (addIterations !== undefined) await call(sessionsUpdate, { id: session.id, addIterations });
    },

    [Commands.completeSession]: async (argument) => {
      const session = await targetSession(argument, targets, vscode.l10n.t('Complete Session'), isEndable);
      if (!session) return;
      const complete = vscode.l10n.t('Complete');
      const answer = await vscode.window.showWarningMessage(
        vscode.l10n.t('Complete "{0}"?', session.title),
        { modal: true, detail: vscode.l10n.t('This is final: a completed session cannot go on.') },
        complete,
      );
      if (answer === complete) await call(sessionsComplete, { id: session.id });
    },

    [Commands.failSession]: async (argument) => {
      const title = vscode.l10n.t('Fail Session');
      const session = await targetSession(argument, targets, title, isEndable);
      if (!session) return;
      const error = await askText({
        title,
        prompt: vscode.l10n.t(
          'Why did "{0}" fail? This is final: a failed session cannot go on.',
          plainText(session.title),
        ),
        empty: vscode.l10n.t('Say why it failed.'),
        most: 10_000,
      });
      if (error !== undefined) await call(sessionsFail, { id: session.id, error });
    },

    [Commands.renameSession]: async (argument) => {
      const title = vscode.l10n.t('Rename Session');
      const session = await targetSession(argument, targets, title, () => true);
      if (!session) return;
      const name = await askText({
        title,
        value: session.title,
        prompt: vscode.l10n.t('The new title'),
        empty: vscode.l10n.t('Enter a title.'),
        most: MAX_TITLE,
      });
      if (name !== undefined && name !== session.title)
        await call(sessionsUpdate, { id: session.id, title: name });
    },

    [Commands.archiveSession]: async (argument, selected) => {
      const title = vscode.l10n.t('Archive Session');
      const isOpen = ({ archivedAt }: SessionSummary) => archivedAt === undefined;
      const sessions = await targetSessions(argument, selected, targets, title, isOpen);
      const [first] = sessions;
      if (!first) return;
      for (const { id } of sessions) await call(sessionsArchive, { id });
      const undo = vscode.l10n.t('Undo');
      const message =
        sessions.length === 1
          ? vscode.l10n.t('"{0}" is archived.', plainText(first.title))
          : vscode.l10n.t('{0} sessions are archived.', sessions.length);
      const unlessUndone = async () => {
        if ((await vscode.window.showInformationMessage(message, undo)) !== undo) return;
        for (const { id } of sessions) await call(sessionsUnarchive, { id });
      };
      // Not awaited: the command is done; the message stays as long as it likes.
      void unlessUndone().catch(reportError);
    },

    [Commands.unarchiveSession]: async (argument, selected) => {
      const title = vscode.l10n.t('Unarchive Session');
      const isArchived = ({ archivedAt }: SessionSummary) => archivedAt !== undefined;
      const sessions = await targetSessions(argument, selected, targets, title, isArchived);
      for (const { id } of sessions) await call(sessionsUnarchive, { id });
    },

    [Commands.copySessionId]: async (argument) => {
      const session = await targetSession(argument, targets, vscode.l10n.t('Copy Session Id'), () => true);
      if (session) await vscode.env.clipboard.writeText(session.id);
    },
  };
}
