import type { WireError } from '../../server/protocol/error.ts';
import type { Run, RunStep } from '../../server/protocol/workflowMethods.ts';
import type { StepIteration } from '../services/stepIterations.ts';
import type { WorkflowFile } from '../services/workflowFileModel.ts';
import type { RunGroup } from '../services/workflowListing.ts';

/** What runs stand below. */
export type RunParent =
  | { readonly type: 'workflowFile'; readonly file: WorkflowFile }
  | { readonly type: 'runGroup'; readonly group: RunGroup };

/** A row of the Workflows tree. */
export type WorkflowNode =
  | RunParent
  | { readonly type: 'run'; readonly run: Run }
  | { readonly type: 'runStep'; readonly run: Run; readonly step: RunStep }
  | { readonly type: 'runIteration'; readonly ref: string; readonly entry: StepIteration }
  | { readonly type: 'moreRuns'; readonly parent: RunParent; readonly left: number }
  /** Files beyond those that were read. */
  | { readonly type: 'moreFiles' }
  /** Runs that are older than all that were read. */
  | { readonly type: 'olderRuns'; readonly canShow: boolean }
  /** `of`: what could not be read. */
  | { readonly type: 'workflowError'; readonly of: string; readonly error: WireError };

/** Stays the same over refreshes, so that rows keep their place, their selection and their folding. */
export function workflowNodeId(node: WorkflowNode): string {
  switch (node.type) {
    case 'workflowFile':
      return `file/${node.file.path}`;
    case 'runGroup':
      return `group/${node.group}`;
    case 'run':
      return `run/${node.run.id}`;
    case 'runStep':
      return `step/${node.run.id}/${node.step.id}`;
    case 'runIteration':
      return `iteration/${node.ref}/${node.entry.id}`;
    case 'moreRuns':
      return `more/${workflowNodeId(node.parent)}`;
    case 'moreFiles':
      return 'moreFiles';
    case 'olderRuns':
      return 'older';
    case 'workflowError':
      return `error/${node.of}`;
  }
}
