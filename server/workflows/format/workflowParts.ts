import type { Document } from 'yaml';
import type { FoundProblem } from './problem.ts';
import { outlineOf, type WorkflowOutline } from './workflowOutline.ts';
import { readYaml } from './yamlText.ts';
import { treeOf, type Branch } from './yamlTree.ts';

/** What can be read of a text, whatever is wrong with the rest of it. */
export interface WorkflowParts {
  readonly text: string;
  readonly document: Document;
  readonly root: Branch;
  readonly outline: WorkflowOutline;
}

export interface ReadParts extends WorkflowParts {
  /** In its YAML. */
  readonly syntax: readonly FoundProblem[];
  /** Keys and aliases that workflows do not have. */
  readonly odd: readonly FoundProblem[];
}

export function readParts(text: string): ReadParts {
  const { document, problems: syntax } = readYaml(text);
  const { root, problems: odd } = treeOf(document);
  return { text, document, root, outline: outlineOf(root, text), syntax, odd };
}
