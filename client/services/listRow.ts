import type { SourceSession } from '../../server/protocol/sourceSession.ts';
import type { Sorting } from './listChoices.ts';
import { OWN_REF } from './sessionHeaders.ts';
import { compare } from './compare.ts';
import type { SessionSummary } from './sessionModel.ts';

/** A session in the list: one of Lockstep's own, or another agent's with its sub-agents below it. */
export type ListRow =
  | { readonly type: 'session'; readonly session: SessionSummary }
  | { readonly type: 'source'; readonly session: SourceSession; readonly hasChildren: boolean };

/** Names a session among all, as transcripts do. */
export function refOf(row: ListRow): string {
  return row.type === 'session' ? OWN_REF + row.session.id : row.session.ref;
}

/** The folder that a session works in. */
export function folderOf(row: ListRow): string | undefined {
  return row.type === 'session' ? row.session.workspace : row.session.cwd;
}

/** The rows in their order. What is equal keeps its place over changes of other things: it is ordered by ref. */
export function sortRows(rows: Iterable<ListRow>, sorting: Sorting): ListRow[] {
  const all = Array.from(rows, (row) => ({ row, ref: refOf(row), ...orderKeys(row) }));
  const byRef = (a: { ref: string }, b: { ref: string }) => compare(b.ref, a.ref);
  switch (sorting) {
    case 'changed':
      all.sort((a, b) => compare(b.changed, a.changed) || byRef(a, b));
      break;
    case 'started':
      all.sort((a, b) => compare(b.started, a.started) || byRef(a, b));
      break;
    case 'title': {
      // One collator for all: `localeCompare` is many times slower.
      const { compare: words } = new Intl.Collator(undefined, { numeric: true });
      all.sort((a, b) => words(a.title, b.title) || byRef(a, b));
      break;
    }
  }
  return all.map(({ row }) => row);
}

/** Of an agent that does not say when a session began, the list knows only when its file last changed. */
function orderKeys({ session }: ListRow) {
  const { updatedAt, createdAt = updatedAt, title } = session;
  return { changed: updatedAt, started: createdAt, title };
}
