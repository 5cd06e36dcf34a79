import { isMap, isNode, isScalar, isSeq, type Document, type Node, type YAMLMap } from 'yaml';
import type { Path } from '../format/problem.ts';
import { keyName } from '../format/yamlTree.ts';

export interface Place {
  /** Of the value, or of the key with the key as its last part. */
  readonly path: Path;
  readonly node: Node;
  readonly isKey: boolean;
  /** What the key is a key of, or the value a value of. */
  readonly map: YAMLMap | undefined;
}

/** The innermost node at an offset; its end belongs to it, since that is where a cursor stands after it. */
export function placeAt(document: Document, offset: number): Place | undefined {
  const holds = (node: unknown): node is Node =>
    isNode(node) && !!node.range && node.range[0] <= offset && offset <= node.range[1];
  let node: unknown = document.contents;
  let map: YAMLMap | undefined;
  const path: (string | number)[] = [];
  while (holds(node)) {
    const holder: Node = node;
    if (isMap(holder)) {
      const pair = holder.items.find(({ key, value }) => holds(key) || holds(value));
      const name = keyName(pair?.key);
      if (pair === undefined || name === undefined || !isScalar(pair.key))
        return { path, node: holder, isKey: false, map };
      map = holder;
      path.push(name);
      if (holds(pair.key)) return { path, node: pair.key, isKey: true, map };
      node = pair.value;
    } else if (isSeq(holder)) {
      const index = holder.items.findIndex(holds);
      if (index === -1) return { path, node: holder, isKey: false, map };
      path.push(index);
      node = holder.items[index];
    } else {
      return { path, node: holder, isKey: false, map };
    }
  }
  return undefined;
}
