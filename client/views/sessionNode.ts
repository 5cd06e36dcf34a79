import type { SourceGroup } from '../services/sourceModel.ts';
import type { SessionGroup, SessionSummary } from '../services/sessionModel.ts';
import type { SourceProblem, SourceSession } from '../../server/protocol/sourceSession.ts';
import type { WireError } from '../../server/protocol/error.ts';

/** A row of the Sessions tree. */
export type SessionNode =
  | { readonly type: 'error'; readonly error: WireError }
  | { readonly type: 'group'; readonly group: SessionGroup; readonly total: number }
  | { readonly type: 'session'; readonly session: SessionSummary }
  | { readonly type: 'sourceGroup'; readonly group: SourceGroup; readonly total: number }
  | { readonly type: 'source'; readonly session: SourceSession; readonly hasChildren: boolean }
  | { readonly type: 'problem'; readonly problem: SourceProblem }
  | { readonly type: 'more'; readonly of: SessionGroup | SourceGroup['kind']; readonly left: number };

/** Stays the same over refreshes, so that rows keep their place, their selection and their folding. */
export function nodeId(node: SessionNode): string {
  switch (node.type) {
    case 'error':
      return 'error';
    case 'group':
      return `group/${node.group}`;
    case 'session':
      return `session/${node.session.id}`;
    case 'sourceGroup':
      return `source/${node.group.kind}`;
    case 'source':
      return `source/${node.session.ref}`;
    case 'problem':
      return `problem/${node.problem.source}/${node.problem.path}`;
    case 'more':
      return `more/${node.of}`;
  }
}
