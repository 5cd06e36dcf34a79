import type { SourceSession } from '../../server/protocol/sourceSession.ts';
import { Commands } from '../ids.ts';
import type { HeaderSession } from '../transcript/header.ts';
import { runOfSession } from './sessionRuns.ts';

type OwnSession = Pick<HeaderSession, 'id' | 'kind' | 'parentId' | 'status' | 'pausing' | 'archivedAt'>;

/** The commands for one of Lockstep's own sessions in its state, those that are used most first. */
export function ownSessionActions(session: OwnSession, isTrusted: boolean): readonly string[] {
  if (!isTrusted) return [];
  const isOfRun = runOfSession(session) !== undefined;
  return isOfRun ? runActions(session) : [...stateActions(session), Commands.forkSession];
}

/** Of a run or one of its steps: what is wanted of it is asked of the run. A copy of it would be no run. */
function runActions(session: OwnSession): readonly string[] {
  const actions = stateActions(session);
  return session.archivedAt === undefined && actions.length > 0 ? [...actions, Commands.stopRun] : actions;
}

function stateActions({ status, pausing, archivedAt }: OwnSession): readonly string[] {
  if (archivedAt !== undefined) return [Commands.unarchiveSession];
  switch (status) {
    case 'active':
      return [pausing ? Commands.resumeSession : Commands.pauseSession, Commands.addIterations];
    case 'paused':
    case 'timeout':
      return [Commands.resumeSession, Commands.addIterations];
    case 'completed':
    case 'failed':
      return [];
  }
}

/** The commands for another agent's session, those that are used most first. */
export function sourceActions(
  { resume }: Pick<SourceSession, 'resume'>,
  isTrusted: boolean,
): readonly string[] {
  return [
    ...(resume !== undefined && isTrusted ? [Commands.resumeInTerminal] : []),
    ...(resume === undefined ? [] : [Commands.copyResumeCommand]),
    Commands.revealFile,
  ];
}
