import { isMap, isScalar, type Node, type Scalar, type YAMLMap } from 'yaml';
import { placedReferences, type PlacedReference } from './placedReferences.ts';
import { nameRange, type NameRange } from './scalarText.ts';
import type { Branch } from './yamlTree.ts';

/** A text of a file that names something. */
export interface Word extends NameRange {
  readonly text: string;
  readonly node: Scalar;
}

export interface InputOutline {
  readonly name: Word;
  readonly branch: Branch;
}

export interface StepOutline {
  /** Its place in the list. */
  readonly index: number;
  readonly map: YAMLMap;
  readonly branch: Branch;
  readonly id: Word | undefined;
  readonly needs: readonly Word[];
  readonly agent: Word | undefined;
  /** In its prompt, `until` and `env`, in this order. */
  readonly references: readonly PlacedReference[];
}

/** The names in a file and where they stand, whatever is wrong with the rest of it. */
export interface WorkflowOutline {
  readonly agent: Word | undefined;
  readonly inputs: readonly InputOutline[];
  readonly steps: readonly StepOutline[];
  /** In the `env` of the whole file. */
  readonly references: readonly PlacedReference[];
}

/** The keys of a step whose texts are filled in. `until` is a shell's: what looks like a reference may be its own. */
const FILLED = ['prompt', 'until'] as const;

export function outlineOf(root: Branch, text: string): WorkflowOutline {
  const word = (node: Node | undefined): Word | undefined =>
    isScalar(node) && typeof node.value === 'string' && node.value !== ''
      ? { text: node.value, node, ...nameRange(text, node) }
      : undefined;
  const inside = ({ node }: Branch, key: string): PlacedReference[] =>
    isScalar(node) && typeof node.value === 'string' ? placedReferences(text, node, key) : [];
  const inEnv = ({ entries }: Branch) =>
    [...(entries.get('env')?.entries.values() ?? [])].flatMap((branch) => inside(branch, 'env'));
  return {
    agent: word(root.entries.get('agent')?.node),
    inputs: [...(root.entries.get('inputs')?.entries.values() ?? [])].flatMap((branch) => {
      const name = word(branch.key);
      return name === undefined ? [] : [{ name, branch }];
    }),
    steps: (root.entries.get('steps')?.items ?? []).flatMap((branch, index): StepOutline[] => {
      const { node: map, entries } = branch;
      if (!isMap(map)) return [];
      return [
        {
          index,
          map,
          branch,
          id: word(entries.get('id')?.node),
          needs: (entries.get('needs')?.items ?? []).flatMap(({ node }) => word(node) ?? []),
          agent: word(entries.get('agent')?.node),
          references: [
            ...FILLED.flatMap((key) => {
              const filled = entries.get(key);
              return filled === undefined ? [] : inside(filled, key);
            }),
            ...inEnv(branch),
          ],
        },
      ];
    }),
    references: inEnv(root),
  };
}
