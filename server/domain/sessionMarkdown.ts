import type { Session, Tokens } from '../protocol/session.ts';
import type { ToolResult, TranscriptItem } from '../protocol/transcript.ts';
import { readableText } from './valueText.ts';

/** The head of a session as markdown for people: its title and what is known of it. */
export function sessionMarkdown(session: Session): string {
  const { tokens, costUsd } = session;
  const facts: [string, string | undefined][] = [
    ['Status', session.status],
    ['Iterations', `${session.iterations} of ${session.maxIterations}`],
    ['Mode', session.mode],
    ['Label', session.label],
    [
      'Model',
      [session.provider, session.model].filter((part) => part !== undefined).join(' / ') || undefined,
    ],
    ['Tokens', tokens.total === 0 ? undefined : tokensInWords(tokens)],
    ['Cost', costUsd === undefined ? undefined : `$${costUsd.toFixed(4)}`],
    ['Folder', session.workspace],
    ['Started', session.createdAt],
    ['Ended', session.endedAt],
    ['Error', session.error],
    ['Id', session.id],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`- ${name}: ${inline(value)}`],
  );
  return [`# ${inline(session.title)}`, '', ...lines, ''].join('\n');
}

/** The head of another agent's session, of which only the `ref` is known. */
export function transcriptMarkdown(ref: string): string {
  return `# ${inline(ref)}\n`;
}

/** An item of a transcript as markdown for people. Messages are markdown already, and stay as they were written. */
export function itemMarkdown(item: TranscriptItem): string {
  const at = item.timestamp === undefined ? '' : ` · ${item.timestamp}`;
  const section = (heading: string, ...body: string[]) => `\n### ${heading}${at}\n\n${body.join('\n\n')}\n`;
  switch (item.kind) {
    case 'message':
      return section(
        { user: 'User', assistant: 'Assistant', system: 'System' }[item.role],
        item.text,
        ...pictures(item.images),
      );
    case 'thinking':
      return section('Thinking', quoted(item.text));
    case 'tool_call':
      return section(
        `Tool: ${inline(item.name)}${item.result?.isError === true ? ' (failed)' : ''}`,
        ...(item.input === undefined ? [] : [fenced(readableText(item.input), 'json')]),
        ...(item.result ? resultBody(item.result) : []),
      );
    case 'tool_result':
      return section(
        `Result of the tool call ${inline(item.callId)}${item.result.isError ? ' (failed)' : ''}`,
        ...resultBody(item.result),
      );
    case 'iteration': {
      const words = item.text === undefined ? '' : `: ${inline(item.text)}`;
      if (item.phase === 'end') return `\n_Iteration ${item.number ?? ''} ended${words}_\n`;
      return `\n## Iteration ${item.number ?? ''}${at}\n${item.text === undefined ? '' : `\n${inline(item.text)}\n`}`;
    }
    case 'lifecycle': {
      const words = { start: 'Started', pause: 'Paused', resume: 'Resumed', complete: 'Completed' };
      const more = { error: 'Error', timeout: 'Iteration limit reached', update: 'Changed' };
      return section({ ...words, ...more }[item.event], ...(item.text === undefined ? [] : [item.text]));
    }
    case 'summary':
      return section('Summary', quoted(item.text));
    case 'compaction':
      return section('Compacted', ...(item.text === undefined ? [] : [quoted(item.text)]));
    case 'learning':
      return section('Learned', item.insight);
    case 'model_change':
      return section('Model', inline(item.model));
    case 'other':
      return section(inline(item.type), fenced(readableText(item.data), 'json'));
    case 'note':
      return section('Note', inline(item.text));
  }
}

/** Pictures stay in the transcript; that there are some is said. */
function pictures(images: ToolResult['images'] = []): string[] {
  return images.length === 0 ? [] : [`_${images.length} ${images.length === 1 ? 'picture' : 'pictures'}_`];
}

function resultBody({ output, exitCode, images }: ToolResult): string[] {
  const code = exitCode === undefined || exitCode === 0 ? [] : [`Exit code ${exitCode}`];
  // An answer of pictures alone has no words.
  const words = output === '' && (images?.length ?? 0) > 0 ? [] : [fenced(output)];
  return [...words, ...code, ...pictures(images)];
}

function tokensInWords({ total, input, output }: Tokens): string {
  return `${total} (${input} in, ${output} out)`;
}

/** Text within a line, in which nothing is taken for markdown. */
function inline(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/[\\`*_{}[\]<>#|]/g, '\\$&');
}

function quoted(text: string): string {
  return text.replaceAll(/^/gm, '> ');
}

/** A fence that no run of backticks in the text can end. */
function fenced(text: string, language = ''): string {
  let longest = 2;
  // Without a match for each run: there can be millions of them.
  for (let at = text.indexOf('`'); at !== -1;) {
    let end = at + 1;
    while (text[end] === '`') end += 1;
    longest = Math.max(longest, end - at);
    at = text.indexOf('`', end);
  }
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
