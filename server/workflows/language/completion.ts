import type { TextDocument } from 'vscode-languageserver-textdocument';
import {
  CompletionItemKind,
  InsertTextFormat,
  InsertTextMode,
  MarkupKind,
  type CompletionItem,
} from 'vscode-languageserver-types';
import { isObject, isRequired, keysAt, type SchemaNode } from '../format/workflowSchema.ts';
import { keyName } from '../format/yamlTree.ts';
import { valuesAt, type Suggestion } from './completionValues.ts';
import { keyMarkdown } from './keyMarkdown.ts';
import { referenceItems } from './referenceCompletion.ts';
import { textRange } from './textRange.ts';
import { TYPED, typedPlaces, typedReference, type TypedPlace } from './typedPlace.ts';

export interface CompletionOptions {
  /** The agents that are known; undefined where it is not known which there are. */
  readonly agents: readonly string[] | undefined;
  /** Whether the client knows snippets. */
  readonly snippets: boolean;
}

const KINDS = {
  value: CompletionItemKind.EnumMember,
  step: CompletionItemKind.Reference,
  agent: CompletionItemKind.Constant,
} as const;

/** Each a whole step; `$1` and on are where the cursor goes. */
const STEP_SNIPPETS = [
  ['step', 'A step that asks once', ['id: ${1:name}', 'prompt: ${2:What to do.}']],
  [
    'step-in-loop',
    'A step that is repeated until a command succeeds',
    ['id: ${1:name}', 'prompt: ${2:What to do.}', 'until: ${3:npm test}', 'maxIterations: ${4:15}'],
  ],
  [
    'step-behind-gate',
    'A step that a person lets begin',
    ['id: ${1:name}', 'needs: [$2]', 'gate: manual', 'prompt: ${3:What to do.}'],
  ],
] as const;

/** What may be typed at an offset of a text, whether it parses or not. */
export function completions(
  text: TextDocument,
  offset: number,
  options: CompletionOptions,
): CompletionItem[] {
  const written = text.getText();
  const reference = typedReference(written, offset);
  if (reference !== undefined) return referenceItems(reference, text);
  for (const place of typedPlaces(written, offset)) {
    const items = place.isKey ? keyItems(place, text, options) : valueItems(place, text, options);
    if (items.length > 0) return items;
  }
  return [];
}

function keyItems(place: TypedPlace, text: TextDocument, { snippets }: CompletionOptions): CompletionItem[] {
  const { path, map, hasColon, needsDash, column, isInline, from, to } = place;
  const parent = path.slice(0, -1);
  const present = (map?.items ?? []).map(({ key }) => keyName(key));
  const indent = `\n${' '.repeat(column)}`;
  const dash = needsDash ? '- ' : '';
  const range = textRange(text, from, to);
  const keys = keysAt(parent)
    .filter(([key]) => !present.includes(key))
    .map(([key, node], index): CompletionItem => {
      const required = isRequired(parent, key);
      const tail = hasColon ? { text: '', isSnippet: false } : keyTail(node, indent, isInline, snippets);
      return {
        label: key,
        kind: CompletionItemKind.Property,
        ...(required ? { detail: 'required' } : {}),
        documentation: { kind: MarkupKind.Markdown, value: keyMarkdown(node) },
        sortText: `${required ? 1 : 2}${String(index).padStart(3, '0')}`,
        insertTextFormat: tail.isSnippet ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
        insertTextMode: InsertTextMode.asIs,
        textEdit: { range, newText: `${dash}${key}${tail.text}` },
      };
    });
  const isNewStep = parent.length === 2 && parent[0] === 'steps' && present.every((key) => key === TYPED);
  if (!isNewStep || !snippets || isInline || hasColon) return keys;
  const steps = STEP_SNIPPETS.map(([label, detail, lines], index): CompletionItem => ({
    label,
    kind: CompletionItemKind.Snippet,
    detail,
    sortText: `0${index}`,
    insertTextFormat: InsertTextFormat.Snippet,
    insertTextMode: InsertTextMode.asIs,
    textEdit: { range, newText: `${dash}${lines.join(indent)}` },
  }));
  return [...keys, ...steps];
}

/** What comes behind a key, so that its value can be typed. */
function keyTail(
  node: SchemaNode,
  indent: string,
  isInline: boolean,
  snippets: boolean,
): { text: string; isSnippet: boolean } {
  const isList = node.type === 'array';
  const isListOfObjects = isList && node.items !== undefined && isObject(node.items);
  if (isList && !isListOfObjects && snippets) return { text: ': [$1]', isSnippet: true };
  if (isInline || !(isListOfObjects || isObject(node))) return { text: ': ', isSnippet: false };
  return { text: `:${indent}  ${isListOfObjects ? '- ' : ''}`, isSnippet: false };
}

function valueItems(place: TypedPlace, text: TextDocument, { agents }: CompletionOptions): CompletionItem[] {
  const { path, parts, from, to, needsDash } = place;
  const range = textRange(text, from, to);
  return valuesAt(path, parts, agents).map(
    ({ label, insert, detail, kind }: Suggestion, index): CompletionItem => ({
      label,
      kind: KINDS[kind],
      ...(detail === undefined ? {} : { detail }),
      sortText: String(index).padStart(4, '0'),
      textEdit: { range, newText: `${needsDash ? '- ' : ''}${insert}` },
    }),
  );
}
