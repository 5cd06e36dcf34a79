import type { WireError } from '../../server/protocol/error.ts';
import type { SourceProblem } from '../../server/protocol/sourceSession.ts';
import type { ListRow } from '../services/listRow.ts';
import type { ShownGroup } from '../services/sessionList.ts';

/** A row of the Sessions tree. */
export type SessionNode =
  | { readonly type: 'error'; readonly error: WireError }
  | { readonly type: 'group'; readonly group: ShownGroup }
  | (ListRow & {
      readonly isPinned?: boolean;
      /** The agent's name, where the group does not tell it. */
      readonly agent?: string;
      /** Whether it is a sub-agent, below the session that started it. */
      readonly isChild?: boolean;
    })
  | { readonly type: 'problem'; readonly problem: SourceProblem }
  | {
      readonly type: 'more';
      /** The id of the group; undefined for what only all groups together have. */
      readonly of: string | undefined;
      /** How many there are; 0 where nobody knows. */
      readonly left: number;
    };

/** Stays the same over refreshes, so that rows keep their place, their selection and their folding. */
export function nodeId(node: SessionNode): string {
  switch (node.type) {
    case 'error':
      return 'error';
    case 'group':
      return node.group.id;
    case 'session':
      return `session/${node.session.id}`;
    case 'source':
      return `source/${node.session.ref}`;
    case 'problem':
      return `problem/${node.problem.source}/${node.problem.path}`;
    case 'more':
      return `more/${node.of ?? ''}`;
  }
}
