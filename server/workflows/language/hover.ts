import { isScalar } from 'yaml';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { MarkupKind, type Hover } from 'vscode-languageserver-types';
import { iterationsOf } from '../format/plan.ts';
import { durationMs } from '../format/quantities.ts';
import { schemaAt } from '../format/workflowSchema.ts';
import type { WorkflowDocument } from '../format/workflowDocument.ts';
import type { Branch } from '../format/yamlTree.ts';
import { durationWords } from './durationWords.ts';
import { keyMarkdown } from './keyMarkdown.ts';
import { code } from './markdownCode.ts';
import { occurrenceAt } from './names.ts';
import { placeAt } from './place.ts';
import { textRange } from './textRange.ts';

const DURATIONS: ReadonlySet<unknown> = new Set(['timeout', 'wallClock', 'backoff']);
/** Of a prompt or an input, in UTF-16 units: a hover is a glance. */
const MAX_SHOWN = 200;

/** What is known of the step, input, key or duration at an offset. */
export function hover(parsed: WorkflowDocument, text: TextDocument, offset: number): Hover | undefined {
  const said = (value: string, from: number, to: number): Hover | undefined =>
    value === ''
      ? undefined
      : { contents: { kind: MarkupKind.Markdown, value }, range: textRange(text, from, to) };
  const named = occurrenceAt(parsed, offset);
  if (named !== undefined) {
    const { kind, name, from, to } = named;
    return said(kind === 'step' ? stepMarkdown(parsed, name) : inputMarkdown(parsed, name), from, to);
  }
  const place = placeAt(parsed.document, offset);
  if (place === undefined) return undefined;
  const { path, node, isKey } = place;
  const [from, to] = node.range ?? [offset, offset];
  if (isKey) {
    const schema = schemaAt(path);
    return schema && said(keyMarkdown(schema), from, to);
  }
  if (!isScalar(node) || typeof node.value !== 'string' || !DURATIONS.has(path.at(-1))) return undefined;
  const ms = schemaAt(path) === undefined ? undefined : durationMs(node.value);
  return ms === undefined ? undefined : said(durationWords(ms), from, to);
}

function stepMarkdown({ outline, root, file }: WorkflowDocument, id: string): string {
  const step = outline.steps.find((one) => one.id?.text === id);
  if (step === undefined) return '';
  const { branch, index, needs } = step;
  const read = file?.steps[index];
  const fact = (name: string, value: string | undefined) =>
    value === undefined ? undefined : `- ${name}: ${value}`;
  const written = (key: string) => writtenAs(branch.entries.get(key));
  const facts = [
    fact('agent', written('agent') ?? writtenAs(root.entries.get('agent'))),
    fact('needs', needs.length === 0 ? undefined : needs.map(({ text }) => code(text)).join(', ')),
    fact('until', written('until')),
    fact('until its output matches', written('untilOutput')),
    fact('iterations at most', read && String(iterationsOf(read))),
    fact('time limit of an iteration', read && durationWords(durationMs(read.timeout) ?? 0)),
    fact('gate', written('gate')),
  ].filter((line) => line !== undefined);
  const description = written('description') ?? written('prompt');
  return [`**Step** ${code(id)}`, description, facts.join('\n')].filter(Boolean).join('\n\n');
}

function inputMarkdown({ outline }: WorkflowDocument, name: string): string {
  const branch = outline.inputs.find((input) => input.name.text === name)?.branch;
  if (branch === undefined) return '';
  const { node, entries } = branch;
  const preset = isScalar(node) ? branch : entries.get('default');
  const shown = preset?.value === null ? undefined : writtenAs(preset);
  return [
    `**Input** ${code(name)}`,
    writtenAs(entries.get('description')),
    shown === undefined ? 'Has to be given.' : `Default: ${shown}`,
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** A scalar in Markdown, cut; undefined of anything else, and of nothing. */
function writtenAs(branch: Branch | undefined): string | undefined {
  const value = branch?.value;
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  const text = String(value);
  return code(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text) || undefined;
}
