import * as z from 'zod';
import { applyPatchDiff } from './applyPatch.ts';
import type { FileDiff } from './fileDiff.ts';
import { linesOf, replacementLines } from './replacement.ts';

const text = z.string();
/** By the names that the agents give them. */
const path = z
  .object({ file_path: text })
  .transform((input) => input.file_path)
  .or(z.object({ path: text }).transform((input) => input.path))
  .or(z.object({ filePath: text }).transform((input) => input.filePath));
const replacement = z
  .object({ old_string: text, new_string: text })
  .transform((edit) => ({ before: edit.old_string, after: edit.new_string }))
  .or(
    z
      .object({ oldText: text, newText: text })
      .transform((edit) => ({ before: edit.oldText, after: edit.newText })),
  )
  .or(
    z
      .object({ oldString: text, newString: text })
      .transform((edit) => ({ before: edit.oldString, after: edit.newString })),
  )
  .or(
    z
      .object({ old_str: text, new_str: text })
      .transform((edit) => ({ before: edit.old_str, after: edit.new_str })),
  );
const replacements = z
  .object({ edits: z.array(replacement).min(1) })
  .transform(({ edits }) => edits)
  .or(replacement.transform((edit) => [edit]));
const content = z
  .object({ content: text })
  .transform((input) => input.content)
  .or(z.object({ file_text: text }).transform((input) => input.file_text));
const patch = text
  .or(z.object({ input: text }).transform((value) => value.input))
  .or(z.object({ patch: text }).transform((value) => value.patch))
  .or(z.object({ patchText: text }).transform((value) => value.patchText))
  .or(z.object({ command: text }).transform((value) => value.command))
  .or(z.object({ command: z.array(text) }).transform((value) => value.command.join('\n')))
  .or(z.object({ cmd: text }).transform((value) => value.cmd));

/** Remembers what calls do to files: a call is drawn often, and to compare texts takes time. */
export class ToolEdits {
  readonly #edits = new WeakMap<object, readonly FileDiff[]>();

  of(name: string, input: unknown): readonly FileDiff[] | undefined {
    if (typeof input !== 'object' || input === null) return toolEdits(name, input);
    const known = this.#edits.get(input);
    const edits = known ?? toolEdits(name, input) ?? [];
    if (known === undefined) this.#edits.set(input, edits);
    return edits.length === 0 ? undefined : edits;
  }
}

/** What a call does to files, where its arguments are those of a known way of editing. */
export function toolEdits(name: string, input: unknown): FileDiff[] | undefined {
  const patchText = patch.safeParse(input).data;
  const patched = patchText === undefined ? undefined : applyPatchDiff(patchText);
  if (patched !== undefined) return patched;
  const file = path.safeParse(input).data;
  if (file === undefined) return undefined;
  const edits = replacements.safeParse(input).data;
  if (edits !== undefined) {
    const lines = edits.flatMap(({ before, after }, index) => [
      ...(index > 0 ? [{ kind: 'gap' as const, text: '⋯' }] : []),
      ...replacementLines(before, after),
    ]);
    return [{ path: file, lines }];
  }
  const written = /write|create|edit/i.test(name) ? content.safeParse(input).data : undefined;
  return written === undefined ? undefined : [{ path: file, lines: linesOf(written, 'added') }];
}
