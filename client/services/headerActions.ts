import type { SourceSession } from '../../server/protocol/sourceSession.ts';
import { Commands } from '../ids.ts';
import type { HeaderSession } from '../transcript/header.ts';

type OwnSession = Pick<HeaderSession, 'status' | 'pausing' | 'archivedAt'>;

/** The commands for one of Lockstep's own sessions in its state, those that are used most first. */
export function ownSessionActions(session: OwnSession, isTrusted: boolean): readonly string[] {
  return isTrusted ? [...stateActions(session), Commands.forkSession] : [];
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
