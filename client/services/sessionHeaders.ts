import type { HeaderAction, TranscriptHeader } from '../transcript/header.ts';
import { headerOfSession, headerOfSource } from '../transcript/header.ts';
import { ownSessionActions, sourceActions } from './headerActions.ts';
import type { SessionModel } from './sessionModel.ts';
import type { SourceModel } from './sourceModel.ts';

/** The `ref` of Lockstep's own sessions, as `transcripts.page` takes it. */
export const OWN_REF = 'lockstep:';

export interface HeaderParts {
  readonly sessions: SessionModel;
  readonly sources: SourceModel;
  readonly labels: ReadonlyMap<string, HeaderAction>;
  /** Whether the window may change anything. */
  readonly isTrusted: () => boolean;
}

/** What stands above the transcript of `ref`, as far as this window knows the session. */
export function headerOf(
  ref: string,
  { sessions, sources, labels, isTrusted }: HeaderParts,
): TranscriptHeader | undefined {
  const actionsOf = (commands: readonly string[]) => commands.flatMap((command) => labels.get(command) ?? []);
  if (ref.startsWith(OWN_REF)) {
    const session = sessions.get(ref.slice(OWN_REF.length));
    if (!session) return undefined;
    return { ...headerOfSession(session), actions: actionsOf(ownSessionActions(session, isTrusted())) };
  }
  const session = sources.get(ref);
  if (!session) return undefined;
  const agent = sources.groups.find(({ kind }) => kind === session.source)?.label;
  const actions = actionsOf(sourceActions(session, isTrusted()));
  return { ...headerOfSource(session, agent ?? session.source), actions };
}
