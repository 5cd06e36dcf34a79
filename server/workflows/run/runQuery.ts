import { RUN_KIND } from '../../domain/workflowPlan.ts';
import type { FindQuery } from '../../store/sessionStore.ts';

/** Which runs are meant, as `runs.list` is asked. */
export interface RunQuery {
  readonly workspace?: string | undefined;
  readonly isOpen?: boolean | undefined;
  readonly limit: number;
}

/** The sessions of these runs, page by page; sessions of their kind that are no runs are among them. */
export function sessionsOfRuns(
  { workspace, isOpen, archived }: Omit<RunQuery, 'limit'> & Pick<FindQuery, 'archived'>,
  limit: number,
): FindQuery {
  return {
    kind: RUN_KIND,
    ...(workspace === undefined ? {} : { workspace }),
    ...(isOpen === true ? { status: ['active', 'paused', 'timeout'] } : {}),
    ...(isOpen === false ? { status: ['completed', 'failed'] } : {}),
    archived,
    trashed: false,
    previews: false,
    limit,
  };
}
