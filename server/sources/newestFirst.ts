import type { SourceSession } from '../protocol/sourceSession.ts';

/** The order of a source's list: the last changed first; by ref where that is the same, so that rows keep their place. */
export function newestFirst(a: SourceSession, b: SourceSession): number {
  if (a.updatedAt !== b.updatedAt) return a.updatedAt < b.updatedAt ? 1 : -1;
  return a.ref < b.ref ? -1 : 1;
}
