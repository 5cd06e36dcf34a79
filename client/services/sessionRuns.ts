import type { Session } from '../../server/protocol/session.ts';

/**
 * The id of the run that a session is, or is a step of; undefined for any other. Those are driven by a runner: what is
 * wanted of them is asked of the run.
 */
export function runOfSession({
  id,
  kind,
  parentId,
}: Pick<Session, 'id' | 'kind' | 'parentId'>): string | undefined {
  if (kind === 'workflow') return id;
  return kind === 'step' ? parentId : undefined;
}
