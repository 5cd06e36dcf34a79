import { isMap, isNode, isScalar, type Node, type YAMLMap } from 'yaml';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { SymbolKind, type DocumentSymbol } from 'vscode-languageserver-types';
import type { WorkflowParts } from '../format/workflowParts.ts';
import { rangeOf, type Branch } from '../format/yamlTree.ts';
import { contentEnd } from './contentEnd.ts';
import { textRange } from './textRange.ts';

/** The inputs and the steps, under their keys, in the order of the file. */
export function symbols(
  { root, outline, text: written }: WorkflowParts,
  text: TextDocument,
): DocumentSymbol[] {
  const symbol = (
    name: string,
    kind: SymbolKind,
    [whole, end, selected]: readonly [whole: Node, end: Node, selected: Node],
    more: { detail?: string; children?: DocumentSymbol[] },
  ): DocumentSymbol => {
    const [from, to] = [rangeOf(whole)[0], rangeOf(end)[1]];
    const [start, stop] = rangeOf(selected);
    const range = textRange(text, from, Math.max(stop, contentEnd(written, from, to)));
    return { name, kind, range, selectionRange: textRange(text, start, stop), ...more };
  };
  const inputs = () =>
    outline.inputs.map(({ name, branch: { node } }) => {
      const detail = isScalar(node) && node.source ? { detail: firstLine(node.source) } : {};
      return symbol(name.text, SymbolKind.Variable, [name.node, node ?? name.node, name.node], detail);
    });
  const steps = () =>
    outline.steps.map(({ index, map, branch, id }) => {
      const name = id?.text ?? `step ${index + 1}`;
      return symbol(name, SymbolKind.Function, [map, map, id?.node ?? firstKey(map)], detailOf(branch));
    });
  return [...root.entries].flatMap(([name, { key, node }]): DocumentSymbol[] => {
    if (key === undefined || node === undefined) return [];
    const at = [key, node, key] as const;
    if (name === 'inputs') return [symbol(name, SymbolKind.Namespace, at, { children: inputs() })];
    return name === 'steps' ? [symbol(name, SymbolKind.Array, at, { children: steps() })] : [];
  });
}

function firstKey(map: YAMLMap): Node {
  const key: unknown = map.items[0]?.key;
  return isMap(key) || !isNode(key) ? map : key;
}

function detailOf({ entries }: Branch): { detail?: string } {
  const text = entries.get('description')?.value ?? entries.get('prompt')?.value;
  return typeof text === 'string' ? { detail: firstLine(text) } : {};
}

function firstLine(text: string): string {
  const line = text.trimStart().split('\n', 1)[0] ?? '';
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}
