import * as z from 'zod';

/*
 * The lines of `projects/<folder>/<sessionId>.jsonl`, as Claude Code 1.0 to 2.1 writes them. There is no published
 * format: AGENT-FORMATS section 2 names the files it was read from. Fields that only decorate are dropped where
 * they have another type than expected; without those that carry the content, a line counts as damaged.
 */

const text = z.string().optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);
const amount = z.number().optional().catch(undefined);

const common = z.object({
  type: z.string(),
  uuid: text,
  sessionId: text,
  agentId: text,
  timestamp: z.unknown().optional(),
  cwd: text,
  isSidechain: flag,
  isMeta: flag,
});

const usage = z.object({
  input_tokens: z.unknown().optional(),
  output_tokens: z.unknown().optional(),
  cache_read_input_tokens: z.unknown().optional(),
  cache_creation_input_tokens: z.unknown().optional(),
});
export type ClaudeUsage = z.infer<typeof usage>;

const content = z.union([z.string(), z.array(z.unknown())]);

const userRecord = common.extend({
  type: z.literal('user'),
  message: z.object({ content }),
  isCompactSummary: flag,
  toolUseResult: z.object({ durationMs: amount, totalDurationMs: amount }).optional().catch(undefined),
});

const assistantRecord = common.extend({
  type: z.literal('assistant'),
  message: z.object({
    id: text,
    model: text,
    stop_reason: z.string().nullish().catch(undefined),
    content,
    usage: usage.optional().catch(undefined),
  }),
  isApiErrorMessage: flag,
});

const systemRecord = common.extend({
  type: z.literal('system'),
  subtype: text,
  content: text,
  compactMetadata: z.object({ preTokens: z.unknown().optional() }).optional().catch(undefined),
});

const summaryRecord = common.extend({ type: z.literal('summary'), summary: z.string(), leafUuid: text });

const titleRecord = common.extend({
  type: z.enum(['custom-title', 'ai-title']),
  customTitle: text,
  aiTitle: text,
  title: text,
});

const known = z.discriminatedUnion('type', [
  userRecord,
  assistantRecord,
  systemRecord,
  summaryRecord,
  titleRecord,
]);

const KNOWN_TYPES: ReadonlySet<string> = new Set([
  'user',
  'assistant',
  'system',
  'summary',
  'custom-title',
  'ai-title',
] satisfies z.infer<typeof known>['type'][]);

export type ClaudeUserRecord = z.infer<typeof userRecord>;
export type ClaudeAssistantRecord = z.infer<typeof assistantRecord>;
export type ClaudeSystemRecord = z.infer<typeof systemRecord>;

/** A line. `raw` is all of it; `known` is absent for the types that are only shown as they are. */
export interface ClaudeRecord {
  readonly raw: unknown;
  readonly common: z.infer<typeof common>;
  readonly known: z.infer<typeof known> | undefined;
}

/** Undefined where the value is not a line of Claude Code, or lacks the content that its type has. */
export function parseClaudeRecord(raw: unknown): ClaudeRecord | undefined {
  const base = common.safeParse(raw);
  if (!base.success) return undefined;
  if (!KNOWN_TYPES.has(base.data.type)) return { raw, common: base.data, known: undefined };
  const record = known.safeParse(raw);
  return record.success ? { raw, common: base.data, known: record.data } : undefined;
}

const textBlock = z.object({ type: z.literal('text'), text: z.string() });
const imageBlock = z.object({ type: z.literal('image') });

const block = z.discriminatedUnion('type', [
  textBlock,
  imageBlock,
  z.object({ type: z.literal('thinking'), thinking: z.string() }),
  z.object({ type: z.literal('tool_use'), id: text, name: z.string(), input: z.unknown().optional() }),
  z.object({
    type: z.literal('tool_result'),
    tool_use_id: z.string(),
    content: z.unknown().optional(),
    is_error: flag,
  }),
]);

/** A part of a message; undefined for one of another type or shape. */
export type ClaudeBlock = z.infer<typeof block>;
export type ClaudeBlockOf<T extends ClaudeBlock['type']> = Extract<ClaudeBlock, { type: T }>;

export function parseClaudeBlock(raw: unknown): ClaudeBlock | undefined {
  return block.safeParse(raw).data;
}

/** `sessions/<pid>.json` of the config folder: one for each running program. */
export const claudeProcess = z.object({
  pid: z.int().positive(),
  sessionId: z.string(),
  procStart: z
    .union([z.string(), z.number().transform(String)])
    .optional()
    .catch(undefined),
  status: text,
});
export type ClaudeProcess = z.infer<typeof claudeProcess>;
