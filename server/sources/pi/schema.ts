import * as z from 'zod';

/*
 * The lines of `sessions/<folder>/<time>_<id>.jsonl`, as pi 0.73 writes them: packages/coding-agent/docs/session.md
 * of badlogic/pi-mono. Version 1 has no `id` and `parentId`, version 2 made the entries a tree, version 3 renamed
 * `hookMessage` to `custom`. All three are read as they are: pi rewrites a file only when it opens the session.
 */

const text = z.string().optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);

const common = z.object({
  type: z.string(),
  id: text,
  parentId: z.string().nullish().catch(undefined),
  timestamp: z.unknown().optional(),
});

const content = z.union([z.string(), z.array(z.unknown())]);

const usage = z.object({
  input: z.unknown().optional(),
  output: z.unknown().optional(),
  cacheRead: z.unknown().optional(),
  cacheWrite: z.unknown().optional(),
  cost: z.object({ total: z.unknown().optional() }).optional().catch(undefined),
});
export type PiUsage = z.infer<typeof usage>;

const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('user'), content }),
  z.object({
    role: z.literal('assistant'),
    content,
    provider: text,
    model: text,
    usage: usage.optional().catch(undefined),
    stopReason: text,
    errorMessage: text,
  }),
  z.object({
    role: z.literal('toolResult'),
    toolCallId: z.string(),
    toolName: text,
    content: z.unknown().optional(),
    isError: flag,
    // OpenClaw's `exec` says here how the command ended.
    details: z
      .object({ exitCode: z.unknown().optional(), durationMs: z.unknown().optional() })
      .optional()
      .catch(undefined),
  }),
  z.object({
    role: z.literal('bashExecution'),
    command: z.string(),
    output: z.string().catch(''),
    exitCode: z.number().nullish().catch(undefined),
    cancelled: flag,
  }),
  z.object({ role: z.literal('branchSummary'), summary: z.string() }),
  z.object({
    role: z.literal('compactionSummary'),
    summary: z.string(),
    tokensBefore: z.unknown().optional(),
  }),
]);
export type PiMessage = z.infer<typeof message>;
export type PiToolResult = Extract<PiMessage, { role: 'toolResult' }>;
export type PiAssistantMessage = Extract<PiMessage, { role: 'assistant' }>;

const MESSAGE_ROLES: ReadonlySet<string> = new Set([
  'user',
  'assistant',
  'toolResult',
  'bashExecution',
  'branchSummary',
  'compactionSummary',
] satisfies PiMessage['role'][]);

const entry = z.discriminatedUnion('type', [
  common.extend({ type: z.literal('session'), cwd: text, provider: text, modelId: text }),
  common.extend({ type: z.literal('message'), message }),
  common.extend({ type: z.literal('model_change'), modelId: z.string(), provider: text }),
  common.extend({ type: z.literal('compaction'), summary: text, tokensBefore: z.unknown().optional() }),
  common.extend({ type: z.literal('branch_summary'), summary: z.string() }),
  common.extend({ type: z.literal('session_info'), name: text }),
]);
type PiEntry = z.infer<typeof entry>;

const ENTRY_TYPES: ReadonlySet<string> = new Set([
  'session',
  'message',
  'model_change',
  'compaction',
  'branch_summary',
  'session_info',
] satisfies PiEntry['type'][]);

/** A line. `raw` is all of it; `known` is absent for the types and roles that are only shown as they are. */
export interface PiRecord {
  readonly raw: unknown;
  readonly common: z.infer<typeof common>;
  readonly known: PiEntry | undefined;
}

const otherMessage = z.object({ message: z.object({ role: z.string() }) });

/** Undefined where the value is not a line of pi, or lacks the content that its type has. */
export function parsePiRecord(raw: unknown): PiRecord | undefined {
  const base = common.safeParse(raw);
  if (!base.success) return undefined;
  const role = base.data.type === 'message' ? otherMessage.safeParse(raw).data?.message.role : undefined;
  const isOther = !ENTRY_TYPES.has(base.data.type) || (role !== undefined && !MESSAGE_ROLES.has(role));
  if (isOther) return { raw, common: base.data, known: undefined };
  const record = entry.safeParse(raw);
  return record.success ? { raw, common: base.data, known: record.data } : undefined;
}

const block = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('image') }),
  z.object({ type: z.literal('thinking'), thinking: z.string() }),
  z.object({ type: z.literal('toolCall'), id: text, name: z.string(), arguments: z.unknown().optional() }),
]);

/** A part of a message; undefined for one of another type or shape. */
export type PiBlock = z.infer<typeof block>;

export function parsePiBlock(raw: unknown): PiBlock | undefined {
  return block.safeParse(raw).data;
}
