import type { OpenclawPreviewItem } from '../../protocol/openclawMethods.ts';
import type { ReadableFile } from '../jsonl/readableFile.ts';
import { withoutEnvelope } from './envelope.ts';
import { messagesIn, otherPartsOf, tailLines, textsOf, type OpenclawMessage } from './messages.ts';
import { wholeCharacters } from './titles.ts';

/** How much of a transcript's end is read, one after the other, until there are enough messages in it. */
const TAIL_BYTES = [64 * 1024, 256 * 1024, 1024 * 1024] as const;
const TAIL_LINES = 200;

/** The last `limit` messages that a tail holds; what of them has nothing to show is left out. */
export async function readPreview(
  file: ReadableFile,
  size: number,
  limit: number,
  maxChars: number,
): Promise<OpenclawPreviewItem[]> {
  let messages: OpenclawMessage[] = [];
  for (const bytes of TAIL_BYTES) {
    messages = messagesIn(await tailLines(file, size, bytes, TAIL_LINES));
    if (messages.length >= limit || bytes >= size) break;
  }
  return previewItems(messages.slice(-limit), maxChars);
}

export function previewItems(messages: readonly OpenclawMessage[], maxChars: number): OpenclawPreviewItem[] {
  return messages.flatMap((message) => previewItem(message, maxChars) ?? []);
}

export function previewItem(message: OpenclawMessage, maxChars: number): OpenclawPreviewItem | undefined {
  const parts = otherPartsOf(message);
  const tools = parts.flatMap(({ tool }) => tool ?? []);
  const said = textsOf(message).join('\n');
  const spoken = message.role === 'user' ? withoutEnvelope(said) : said;
  const text = spoken !== '' ? spoken : insteadOfText(tools, parts[0]?.type);
  if (text === undefined) return undefined;
  return { role: roleOf(message.role, tools.length > 0), text: cutTo(text, maxChars) };
}

function roleOf(role: string, calls: boolean): OpenclawPreviewItem['role'] {
  const name = role.toLowerCase();
  if (calls || name === 'toolresult' || name === 'tool') return 'tool';
  return name === 'user' || name === 'assistant' || name === 'system' ? name : 'other';
}

function insteadOfText(tools: readonly string[], type: string | undefined): string | undefined {
  if (tools.length > 0) {
    const more = tools.length > 2 ? ` +${tools.length - 2}` : '';
    return `call ${tools.slice(0, 2).join(', ')}${more}`;
  }
  return type === undefined ? undefined : `[${type}]`;
}

function cutTo(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${wholeCharacters(text.slice(0, maxChars - 3))}...`;
}
