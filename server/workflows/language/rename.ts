import type { Scalar } from 'yaml';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Range, TextEdit } from 'vscode-languageserver-types';
import { writtenReferences } from '../format/references.ts';
import { stepId } from '../format/workflowFile.ts';
import type { WorkflowParts } from '../format/workflowParts.ts';
import { rangeOf } from '../format/yamlTree.ts';
import { occurrenceAt, occurrences, sameName, type Occurrence } from './names.ts';
import { textRange } from './textRange.ts';
import { yamlScalar } from './yamlScalar.ts';

/** `refusal` is a sentence for a person. */
export type Rename = { readonly edits: readonly TextEdit[] } | { readonly refusal: string };

/** What would be renamed; undefined where nothing can be. */
export function renameRange(
  parts: WorkflowParts,
  text: TextDocument,
  offset: number,
): { range: Range; placeholder: string } | undefined {
  const named = occurrenceAt(parts, offset);
  return named && { range: textRange(text, named.from, named.to), placeholder: named.name };
}

/** Renames the step or input at an offset everywhere in the file. */
export function rename(parts: WorkflowParts, text: TextDocument, offset: number, newName: string): Rename {
  const named = occurrenceAt(parts, offset);
  if (named === undefined)
    return { refusal: 'Only steps and inputs can be renamed: put the cursor on the name of one.' };
  const { kind, name } = named;
  if (newName === name) return { edits: [] };
  const { success, error } = stepId.safeParse(newName);
  if (!success) return { refusal: `${JSON.stringify(newName)} is no name: it ${error.issues[0]?.message}.` };
  const isTaken = occurrences(parts).some(
    (other) => other.isDefinition && other.kind === kind && other.name === newName,
  );
  if (isTaken) return { refusal: `There is ${kind === 'input' ? 'an input' : 'a step'} ${newName} already.` };
  const places = sameName(parts, named);
  // A text whose references are not written letter by letter is written anew, once.
  const anew = new Set(
    places.flatMap(({ isExact, isReference, node }) => (isExact || !isReference ? [] : [node])),
  );
  return {
    edits: [
      ...places
        .filter(({ node }) => !anew.has(node))
        .map((place) => ({
          range: textRange(text, place.from, place.to),
          newText: nameAnew(place, newName, parts.text),
        })),
      ...[...anew].map((node) => ({
        range: textRange(text, ...rangeOf(node)),
        newText: endedAlike(JSON.stringify(withNewName(node, named, newName)), rangeOf(node), parts.text),
      })),
    ],
  };
}

function nameAnew(
  { isExact, isReference, node, from, to }: Occurrence,
  newName: string,
  text: string,
): string {
  if (isReference || (isExact && node.type !== 'PLAIN')) return newName;
  return endedAlike(yamlScalar(newName), [from, to], text);
}

/** A text behind a `|` has the end of its last line in its range. */
function endedAlike(written: string, [from, to]: readonly [number, number], text: string): string {
  return /\r?\n$/.test(text.slice(from, to)) ? `${written}\n` : written;
}

function withNewName({ value }: Scalar, { kind, name }: Occurrence, newName: string): string {
  let text = String(value);
  for (const { reference, name: at } of writtenReferences(text).reverse()) {
    if (reference === undefined || reference.kind === 'iteration' || at === undefined) continue;
    const isSame =
      reference.kind === 'input'
        ? kind === 'input' && reference.name === name
        : kind === 'step' && reference.step === name;
    if (isSame) text = text.slice(0, at[0]) + newName + text.slice(at[1]);
  }
  return text;
}
