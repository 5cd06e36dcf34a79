import type { TranscriptHeader } from '../transcript/header.ts';
import { headerOfSession, headerOfSource } from '../transcript/header.ts';
import type { SessionModel } from './sessionModel.ts';
import type { SourceModel } from './sourceModel.ts';

/** The `ref` of Lockstep's own sessions, as `transcripts.page` takes it. */
export const OWN_REF = 'lockstep:';

/** What stands above the transcript of `ref`, as far as this window knows the session. */
export function headerOf(
  ref: string,
  sessions: SessionModel,
  sources: SourceModel,
): TranscriptHeader | undefined {
  if (ref.startsWith(OWN_REF)) {
    const session = sessions.get(ref.slice(OWN_REF.length));
    return session && headerOfSession(session);
  }
  const session = sources.get(ref);
  const agent = sources.groups.find(({ kind }) => kind === session?.source)?.label;
  return session && headerOfSource(session, agent ?? session.source);
}
