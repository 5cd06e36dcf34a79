import { sessionKind, type Session } from '../../server/protocol/session.ts';
import type { SourceKind, SourceProblem } from '../../server/protocol/sourceSession.ts';
import { folderKey, folderName, isWithin } from './folder.ts';
import type { Grouping } from './listChoices.ts';
import { folderOf, refOf, type ListRow } from './listRow.ts';
import { groupOf, sessionGroups, type SessionGroup } from './sessionModel.ts';

/** What the sessions of a group have in common. */
export type GroupOf =
  | { readonly by: 'pinned' }
  | { readonly by: 'status'; readonly status: SessionGroup }
  | { readonly by: 'own' }
  | { readonly by: 'kind'; readonly kind: Session['kind'] }
  | { readonly by: 'agent'; readonly agent: SourceKind }
  | { readonly by: 'folder'; readonly folder: string | undefined }
  | { readonly by: 'problems' };

export interface ListGroup {
  readonly of: GroupOf;
  /** In their order. */
  readonly rows: readonly ListRow[];
  /** Files that should have been sessions. */
  readonly problems: readonly SourceProblem[];
}

/** Stays the same over changes, so that the folding of groups does. */
export function groupId(of: GroupOf): string {
  switch (of.by) {
    case 'pinned':
    case 'own':
    case 'problems':
      return of.by;
    case 'status':
      return `group/${of.status}`;
    case 'kind':
      return `kind/${of.kind}`;
    case 'agent':
      return `source/${of.agent}`;
    case 'folder':
      return of.folder === undefined ? 'folder' : `folder/${of.folder}`;
  }
}

export interface ToGroup {
  /** In the order that they are to have in their groups. */
  readonly rows: Iterable<ListRow>;
  readonly problems: readonly SourceProblem[];
  readonly grouping: Grouping;
  /** Refs of pinned sessions. */
  readonly pinned: ReadonlySet<string>;
  /** The agents in their order. */
  readonly agents: readonly SourceKind[];
  /** This window's folders. */
  readonly folders: readonly string[];
  /** Groups that are there with nothing in them, too. */
  readonly always: readonly GroupOf[];
}

/**
 * The groups in their order. A pinned session stands among the pinned ones and nowhere else, as pinned
 * tabs do: twice in the list, it would count twice, and be two rows for one selection. Archived sessions are a group
 * of their own whatever the others are by: they were put out of the way.
 */
export function groupRows(list: ToGroup): ListGroup[] {
  const { rows, problems, grouping, pinned, agents, folders, always } = list;
  const groups = new Map<string, { of: GroupOf; rows: ListRow[]; problems: SourceProblem[] }>();
  const groupFor = (of: GroupOf) => {
    const id = groupId(of);
    const group = groups.get(id) ?? { of, rows: [], problems: [] };
    groups.set(id, group);
    return group;
  };
  for (const of of always) groupFor(of);
  for (const row of rows) {
    groupFor(pinned.has(refOf(row)) ? { by: 'pinned' } : whereOf(row, grouping)).rows.push(row);
  }
  for (const problem of problems) {
    const of: GroupOf =
      grouping === 'workspace' ? { by: 'problems' } : { by: 'agent', agent: problem.source };
    groupFor(of).problems.push(problem);
  }
  const isHere = (folder: string) => folders.some((root) => isWithin(folder, root));
  return [...groups.values()]
    .map((group) => ({ group, rank: rankOf(group.of, agents, isHere) }))
    .sort((a, b) => a.rank - b.rank || byFolder(a.group.of, b.group.of))
    .map(({ group }) => group);
}

/** The groups of own sessions of which some may be in the store when none is loaded. */
export function ownGroups(grouping: Grouping): GroupOf[] {
  const archived: GroupOf = { by: 'status', status: 'archived' };
  switch (grouping) {
    case 'status':
      return sessionGroups.map((status) => ({ by: 'status', status }));
    case 'source':
      return [{ by: 'own' }, archived];
    case 'kind':
      return [...sessionKind.options.map((kind): GroupOf => ({ by: 'kind', kind })), archived];
    case 'workspace':
      return [archived];
  }
}

function whereOf(row: ListRow, grouping: Grouping): GroupOf {
  if (row.type === 'source') {
    return grouping === 'workspace' ? folderGroup(row) : { by: 'agent', agent: row.session.source };
  }
  const status = groupOf(row.session);
  if (status === 'archived' || grouping === 'status') return { by: 'status', status };
  switch (grouping) {
    case 'source':
      return { by: 'own' };
    case 'kind':
      return { by: 'kind', kind: row.session.kind };
    case 'workspace':
      return folderGroup(row);
  }
}

function folderGroup(row: ListRow): GroupOf {
  const folder = folderOf(row);
  return { by: 'folder', folder: folder === undefined ? undefined : folderKey(folder) };
}

/** The order of groups never follows what is in them: a list in which groups jump about cannot be used. */
function rankOf(of: GroupOf, agents: readonly SourceKind[], isHere: (folder: string) => boolean): number {
  switch (of.by) {
    case 'pinned':
      return 0;
    case 'own':
      return 1;
    case 'kind':
      return 1 + sessionKind.options.indexOf(of.kind);
    case 'folder':
      return of.folder === undefined ? 12 : isHere(of.folder) ? 10 : 11;
    case 'status':
      return 20 + sessionGroups.indexOf(of.status);
    case 'agent':
      return 30 + agents.indexOf(of.agent);
    case 'problems':
      return 50;
  }
}

function byFolder(a: GroupOf, b: GroupOf): number {
  if (a.by !== 'folder' || b.by !== 'folder') return 0;
  const [one, other] = [a.folder ?? '', b.folder ?? ''];
  return (
    folderName(one).localeCompare(folderName(other), undefined, { numeric: true }) || (one < other ? -1 : 1)
  );
}
