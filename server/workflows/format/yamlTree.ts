import { isAlias, isMap, isNode, isScalar, isSeq, type Document, type Node, type Scalar } from 'yaml';
import type { FoundProblem, Path } from './problem.ts';

/** A value of a file, with where it stands. */
export interface Branch {
  /** What it is the value of; undefined of an entry of a list, and of the whole. */
  readonly key: Scalar | undefined;
  /** Undefined where nothing is written. */
  readonly node: Node | undefined;
  readonly entries: ReadonlyMap<string, Branch>;
  readonly items: readonly Branch[];
  /** As plain data; undefined where it cannot be read. */
  readonly value: unknown;
}

export interface YamlTree {
  readonly root: Branch;
  readonly problems: readonly FoundProblem[];
}

const NO_ENTRIES: ReadonlyMap<string, Branch> = new Map();

/** The values of a document. Of a key that is there twice the first is taken. Documents are as deep as `readYaml` lets them be. */
export function treeOf(document: Document): YamlTree {
  const problems: FoundProblem[] = [];
  const say = (code: FoundProblem['code'], message: string, node: Node) => {
    const [from, to] = rangeOf(node);
    problems.push({ severity: 'error', code, message, from, to });
  };
  const branch = (node: unknown, key: Scalar | undefined): Branch => {
    const at = { key, node: isNode(node) ? node : undefined, entries: NO_ENTRIES, items: [] };
    if (isScalar(node)) return { ...at, value: node.value };
    if (isSeq(node)) {
      const items = node.items.map((item) => branch(item, undefined));
      return { ...at, items, value: items.map(({ value }) => value) };
    }
    if (isMap(node)) {
      const entries = new Map<string, Branch>();
      for (const { key: written, value } of node.items) {
        const name = keyName(written);
        if (!isScalar(written) || name === undefined) {
          if (isNode(written)) say('bad-key', 'A key has to be a text.', written);
          branch(value, undefined); // for what is wrong in it
        } else if (name === '__proto__') {
          say('bad-key', 'A key cannot be called __proto__.', written);
        } else if (entries.has(name)) {
          say('duplicate-key', `There is a key ${name} already.`, written);
        } else {
          entries.set(name, branch(value, written));
        }
      }
      const value = Object.fromEntries([...entries].map(([name, { value }]) => [name, value]));
      return { ...at, entries, value };
    }
    // An alias would let a file of a kilobyte become one of gigabytes, and nobody needs one here.
    if (isAlias(node))
      say('no-aliases', 'Aliases are not allowed in workflows: write the value again.', node);
    return { ...at, value: isAlias(node) ? undefined : null };
  };
  return { root: branch(document.contents, undefined), problems };
}

/** What a key is called, as it is written; undefined of one that is no text. */
export function keyName(key: unknown): string | undefined {
  if (!isScalar(key) || key.value === null) return undefined;
  return typeof key.value === 'string' ? key.value : key.source;
}

export interface Found {
  /** Of the path, or of the longest part of it that is there. */
  readonly branch: Branch;
  readonly isWhole: boolean;
}

export function branchAt(root: Branch, path: Path): Found {
  let branch = root;
  for (const part of path) {
    const next = typeof part === 'number' ? branch.items[part] : branch.entries.get(part);
    if (next === undefined) return { branch, isWhole: false };
    branch = next;
  }
  return { branch, isWhole: true };
}

/** Of the value, or, where nothing is written for it, of its key; in offsets. */
export function valueRange({ node, key }: Branch): readonly [from: number, to: number] {
  const [from, to] = node === undefined ? [0, 0] : rangeOf(node);
  return from === to && key !== undefined ? rangeOf(key) : [from, to];
}

/** Of the key, or, where there is none, of the first key in the value; of an empty value, of all of it. */
export function headRange({ node, key }: Branch): readonly [from: number, to: number] {
  const first: unknown = isMap(node) ? node.items[0]?.key : undefined;
  const head = key ?? (isNode(first) ? first : node);
  return head === undefined ? [0, 0] : rangeOf(head);
}

export function rangeOf({ range }: Node): readonly [from: number, to: number] {
  return range ? [range[0], range[1]] : [0, 0];
}
