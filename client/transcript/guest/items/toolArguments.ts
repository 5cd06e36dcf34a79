import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { TranscriptItemOf } from '../../../../server/protocol/transcript.ts';
import { revealBidi } from '../../../services/plainText.ts';
import { diffsView } from '../diff/diffView.ts';
import type { Grammar } from '../../languages.ts';
import { pathLink } from '../paths/pathLink.ts';
import { pathTarget } from '../paths/pathText.ts';
import { jsonText } from '../plainText.ts';
import { BLOCK, blockView, proseView } from '../textView.ts';
import type { ItemContext } from '../viewContext.ts';

/** Told by the line of the call itself, or by what a diff shows. */
const editArguments = new Set([
  'file_path',
  'filePath',
  'path',
  'old_string',
  'new_string',
  'oldText',
  'newText',
  'oldString',
  'newString',
  'old_str',
  'new_str',
  'edits',
  'content',
  'file_text',
  'patch',
  'patchText',
  'input',
  'command',
  'cmd',
]);
const commands = new Set(['command', 'cmd', 'script']);
const prose = new Set([
  'prompt',
  'task',
  'instructions',
  'message',
  'description',
  'question',
  'plan',
  'thought',
]);
const MAX_ARGUMENTS = 40;
const MAX_SHORT = 300;

/** What a tool was called with, each argument as it is best read. */
export function argumentsView(context: ItemContext, call: TranscriptItemOf<'tool_call'>): unknown {
  const { input, name, cut } = call;
  if (input === undefined) return nothing;
  const title = `${revealBidi(name)}: ${context.strings.toolInput}`;
  const whole = (grammar: Grammar | undefined) =>
    html`<div class="label">${context.strings.toolInput}</div>
      ${blockView(context, 'input', jsonText(input), { title, cut, grammar })}`;
  if (cut !== undefined) return whole('json');
  const edits = context.content.edits.of(name, input);
  if (edits !== undefined) {
    const others = entriesOf(input).filter(([key]) => !editArguments.has(key));
    return html`${diffsView(context, 'edits', edits)}${others.length === 0 ? nothing : rowsView(context, title, others)}`;
  }
  if (typeof input === 'string') return whole(/^\s*[{[]/.test(input) ? 'json' : undefined);
  const entries = entriesOf(input);
  if (entries.length === 0 || entries.length > MAX_ARGUMENTS) return whole('json');
  const tasks = entries.flatMap(([, value]) => tasksOf(value) ?? []);
  if (tasks.length > 0) {
    const others = entries.filter(([, value]) => tasksOf(value) === undefined);
    return html`${others.length === 0 ? nothing : rowsView(context, title, others)}${tasksView(tasks)}`;
  }
  // Each row has a name of its own.
  return rowsView(context, title, entries);
}

function entriesOf(input: unknown): [string, unknown][] {
  return typeof input === 'object' && input !== null && !Array.isArray(input) ? Object.entries(input) : [];
}

/** Long ones below one another, short ones as a list. */
function rowsView(
  context: ItemContext,
  title: string,
  entries: readonly (readonly [string, unknown])[],
): TemplateResult {
  const views = entries.map(([key, value]) => ({ key, value, block: blockOf(context, title, key, value) }));
  const short = views.filter(({ block }) => block === undefined);
  return html`${views.map(({ key, block }) => {
    if (block === undefined) return nothing;
    // A command says what it is.
    return html`${commands.has(key) ? nothing : html`<div class="label mono">${revealBidi(key)}</div>`}${block}`;
  })}
  ${
    short.length === 0
      ? nothing
      : html`<dl class="arguments">
          ${short.map(
            ({ key, value }) =>
              html`<dt>${revealBidi(key)}</dt>
                <dd>${shortView(context, value)}</dd>`,
          )}
        </dl>`
  }`;
}

/** For what does not fit into a line. */
function blockOf(
  context: ItemContext,
  title: string,
  key: string,
  value: unknown,
): TemplateResult | undefined {
  const part = `input/${key}`;
  const options = { title: `${title} ${revealBidi(key)}` };
  if (commands.has(key)) {
    const command = commandText(value);
    if (command !== undefined)
      return blockView(context, part, command, { ...options, grammar: 'shellscript' });
  }
  if (typeof value === 'string') {
    if (value.length <= MAX_SHORT && !value.includes('\n')) return undefined;
    return prose.has(key)
      ? proseView(context, part, value, options)
      : blockView(context, part, value, options);
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const json = JSON.stringify(value);
  if (json.length <= 60) return undefined;
  return blockView(context, part, jsonText(value), { ...options, limits: BLOCK, grammar: 'json' });
}

/** A command line, or one in words: codex gives `["bash", "-lc", "…"]`. */
function commandText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const words = value.filter((word) => typeof word === 'string');
  if (words.length !== value.length) return undefined;
  const [shell = '', flag = '', script] = words;
  if (
    words.length === 3 &&
    script !== undefined &&
    /(?:^|\/)(?:ba|z|da)?sh$/.test(shell) &&
    /^-\w*c$/.test(flag)
  )
    return script;
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ');
}

function shortView(context: ItemContext, value: unknown): unknown {
  if (typeof value === 'string') {
    return pathTarget(value) === undefined
      ? html`<span class="mono" dir="auto">${revealBidi(value)}</span>`
      : html`<span class="mono">${pathLink(value, context.content.paths)}</span>`;
  }
  return html`<span class="mono" dir="ltr">${revealBidi(JSON.stringify(value) ?? '')}</span>`;
}

interface Task {
  readonly text: string;
  readonly state: 'done' | 'doing' | 'open';
}

/** The list of tasks that some agents keep by a tool. */
function tasksOf(value: unknown): Task[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const tasks = value.map((entry: unknown) => {
    const fields = new Map(entriesOf(entry));
    const text = fields.get('content') ?? fields.get('step') ?? fields.get('text');
    const status = fields.get('status');
    if (typeof text !== 'string' || typeof status !== 'string') return undefined;
    const state = /^(?:completed|done)$/.test(status)
      ? 'done'
      : /progress|doing/.test(status)
        ? 'doing'
        : 'open';
    return { text, state } as const;
  });
  return tasks.includes(undefined) ? undefined : tasks.filter((task) => task !== undefined);
}

const glyphs = { done: '☑', doing: '◐', open: '☐' } as const;

function tasksView(tasks: readonly Task[]): TemplateResult {
  return html`<ul class="tasks">
    ${tasks.map(({ text, state }) => html`<li class=${state}><span class="task-glyph">${glyphs[state]}</span><span dir="auto">${revealBidi(text)}</span></li>`)}
  </ul>`;
}
