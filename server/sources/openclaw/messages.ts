import * as z from 'zod';
import { readRange, type ReadableFile } from '../jsonl/readableFile.ts';

/** One message of a transcript; `content` is text, or parts of which each has a type. */
export interface OpenclawMessage {
  readonly role: string;
  readonly content: string | readonly unknown[];
  readonly toolName: string | undefined;
}

const line = z.object({
  message: z.object({
    role: z.string(),
    content: z.union([z.string(), z.array(z.unknown())]).catch([]),
    toolName: z.string().optional().catch(undefined),
  }),
});
const part = z.object({
  type: z.string(),
  text: z.string().optional().catch(undefined),
  name: z.string().optional().catch(undefined),
});

const TEXT_TYPES: ReadonlySet<string> = new Set(['text', 'output_text', 'input_text']);

/** The messages of some lines, in their order. What is no message is passed over, broken lines with it. */
export function messagesIn(lines: readonly string[]): OpenclawMessage[] {
  return lines.flatMap((text) => messageOf(text) ?? []);
}

function messageOf(text: string): OpenclawMessage | undefined {
  if (!text.includes('"message"')) return undefined; // most of what is no message, without parsing it
  try {
    const value: unknown = JSON.parse(text);
    const { role, content, toolName } = line.parse(value).message;
    return { role, content, toolName };
  } catch {
    return undefined;
  }
}

/** The texts that a message has, each trimmed; empty ones are left out. */
export function textsOf({ content }: OpenclawMessage): string[] {
  const texts =
    typeof content === 'string'
      ? [content]
      : content.flatMap((raw) => {
          const { type, text } = part.safeParse(raw).data ?? {};
          return type !== undefined && TEXT_TYPES.has(type) && text !== undefined ? [text] : [];
        });
  return texts.map((text) => text.trim()).filter((text) => text !== '');
}

/** The parts that are no text, by type; of a call its tool. */
export function otherPartsOf({ content }: OpenclawMessage): { type: string; tool: string | undefined }[] {
  if (typeof content === 'string') return [];
  return content.flatMap((raw) => {
    const { type, name } = part.safeParse(raw).data ?? {};
    if (type === undefined || TEXT_TYPES.has(type)) return [];
    // Providers name it toolCall, tool_call, toolUse and tool_use.
    const isCall = /^tool_?(call|use)$/i.test(type);
    return [{ type, tool: isCall ? (name ?? 'tool') : undefined }];
  });
}

/** The first lines of the first `maxBytes`; the last of them may be cut, and is then no JSON. */
export async function headLines(
  file: ReadableFile,
  size: number,
  maxBytes: number,
  maxLines: number,
): Promise<string[]> {
  const bytes = await readRange(file, 0, Math.min(size, maxBytes));
  return bytes
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split('\n')
    .slice(0, maxLines);
}

/** The last lines of the last `maxBytes` that are not blank. */
export async function tailLines(
  file: ReadableFile,
  size: number,
  maxBytes: number,
  maxLines: number,
): Promise<string[]> {
  const from = Math.max(0, size - maxBytes);
  const lines = (await readRange(file, from, size))
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split('\n');
  // The first of them begins somewhere before `from`.
  return (from > 0 ? lines.slice(1) : lines).filter((text) => text.trim() !== '').slice(-maxLines);
}
