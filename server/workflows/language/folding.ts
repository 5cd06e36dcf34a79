import { isCollection, isMap, isNode, isScalar } from 'yaml';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { FoldingRangeKind, type FoldingRange } from 'vscode-languageserver-types';
import type { WorkflowParts } from '../format/workflowParts.ts';
import { contentEnd } from './contentEnd.ts';

/** No part of a workflow that is worth a fold is nested deeper. */
const MAX_DEPTH = 6;

/** The keys and entries that go over lines, and the runs of comment lines. */
export function foldingRanges(
  { document, text: written }: WorkflowParts,
  text: TextDocument,
): FoldingRange[] {
  const ranges: FoldingRange[] = [];
  const texts: { first: number; last: number }[] = [];
  const lineOf = (offset: number) => text.positionAt(offset).line;
  const fold = (from: number, node: unknown) => {
    if (!isNode(node) || !node.range) return;
    const [startLine, endLine] = [lineOf(from), lineOf(contentEnd(written, from, node.range[1]))];
    if (isScalar(node)) texts.push({ first: lineOf(node.range[0]), last: endLine });
    if (endLine > startLine) ranges.push({ startLine, endLine });
  };
  let level: unknown[] = [document.contents];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    level = level.flatMap((node): unknown[] => {
      if (!isCollection(node)) return [];
      if (isMap(node))
        return node.items.map(({ key, value }) => {
          fold(isNode(key) ? (key.range?.[0] ?? 0) : 0, value);
          return value;
        });
      for (const item of node.items) fold(isNode(item) ? (item.range?.[0] ?? 0) : 0, item);
      return node.items;
    });
  }
  const isInText = (line: number) => texts.some(({ first, last }) => first < line && line <= last);
  return [...ranges, ...commentRuns(written, isInText)];
}

function commentRuns(text: string, isInText: (line: number) => boolean): FoldingRange[] {
  const ranges: FoldingRange[] = [];
  const lines = text.split('\n');
  let startLine = 0;
  for (let line = 0; line <= lines.length; line++) {
    if (/^\s*#/.test(lines[line] ?? '') && !isInText(line)) continue;
    if (line - startLine > 1) ranges.push({ startLine, endLine: line - 1, kind: FoldingRangeKind.Comment });
    startLine = line + 1;
  }
  return ranges;
}
