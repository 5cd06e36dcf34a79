import type { Run } from '../../server/protocol/workflowMethods.ts';
import { folderKey, isWithin } from './folder.ts';
import { waitsForPerson } from './runStates.ts';
import type { WorkflowFile } from './workflowFileModel.ts';

/** Where runs stand whose file is not in the list: in this window's folders, or in others. */
export const runGroups = ['otherFiles', 'otherWorkspaces'] as const;
export type RunGroup = (typeof runGroups)[number];

export interface WorkflowListing {
  readonly files: readonly { readonly file: WorkflowFile; readonly runs: readonly Run[] }[];
  readonly groups: Readonly<Record<RunGroup, readonly Run[]>>;
  /** How many runs of this window's folders go on only when a person says something. */
  readonly waiting: number;
}

export interface ToList {
  readonly files: readonly WorkflowFile[];
  /** In the order that they are to have. */
  readonly runs: readonly Run[];
  /** This window's folders. */
  readonly folders: readonly string[];
  /** Whether runs of other workspaces are left out. */
  readonly isLimited: boolean;
}

/** Puts each run below its file, or where runs without a file stand. */
export function listWorkflows({ files, runs, folders, isLimited }: ToList): WorkflowListing {
  const known = new Set(files.map(({ path }) => folderKey(path)));
  const byPlace = Map.groupBy(runs, (run) => {
    if (run.file !== undefined && known.has(folderKey(run.file))) return `file/${folderKey(run.file)}`;
    return isOfFolders(run, folders) ? 'otherFiles' : 'otherWorkspaces';
  });
  const at = (place: string) => byPlace.get(place) ?? [];
  const otherWorkspaces = isLimited ? [] : at('otherWorkspaces');
  return {
    files: files.map((file) => ({ file, runs: at(`file/${folderKey(file.path)}`) })),
    groups: { otherFiles: at('otherFiles'), otherWorkspaces },
    waiting: runs.filter((run) => !at('otherWorkspaces').includes(run) && waitsForPerson(run)).length,
  };
}

/** Whether a run works in one of these folders. */
export function isOfFolders(
  { workspace, file }: Pick<Run, 'workspace' | 'file'>,
  folders: readonly string[],
): boolean {
  const place = workspace ?? file;
  return place !== undefined && folders.some((root) => isWithin(place, root));
}

/** Of the runs of one place: all that have not ended, and the newest of the others. */
export function shownRuns(
  runs: readonly Run[],
  isOpen: (run: Run) => boolean,
  mostEnded: number,
): { readonly shown: readonly Run[]; readonly left: number } {
  let ended = 0;
  const shown = runs.filter((run) => isOpen(run) || ++ended <= mostEnded);
  return { shown, left: runs.length - shown.length };
}
