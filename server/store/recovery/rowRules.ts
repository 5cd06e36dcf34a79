import type { SQLInputValue } from 'node:sqlite';
import * as z from 'zod';
import { isPlainObject, isTooDeep, jsonBytes, jsonValue, MAX_JSON_BYTES, text } from '../../protocol/json.ts';
import {
  MAX_ITERATIONS,
  MAX_TITLE,
  MAX_TOOLS_USED,
  nameText,
  sessionKind,
  sessionStatus,
} from '../../protocol/session.ts';
import { json } from '../sessionRow.ts';
import type { Column } from './tableColumns.ts';

/** Ids are UUIDs of our own making, but whatever was imported kept its own. Any byte of one may be wrong. */
export const idRule = z.string().min(1).max(256);
/** Revisions and fences count changes: no store gets to 2^50 of them, but one wrong byte does. */
export const counterRule = z
  .int()
  .min(0)
  .max(2 ** 50);

/** Which number an event is, or the last was. */
export const seqRule = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const DAY_MS = 86_400_000;

/**
 * Whether a value is milliseconds since the epoch. Clocks differ, but not by more than a day: what is later than that
 * cannot have happened, and no store would import it. `now` is the time of the recovery.
 */
export function isTime(value: unknown, now: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= now + DAY_MS;
}

/**
 * The limits below are those of `sessions.start`, and of the import of an export (`domain/sessionExport.ts`): what was
 * recovered has to be good enough to be taken elsewhere.
 */
const MAX_COUNT = 1e12;
const MAX_COST = 1e9;
export const MAX_NAME = 256;
export const MAX_TEXT = 256 * 1024;

const count = z.int().min(0).max(MAX_COUNT);

/** What a history tells, as far as it can be kept. */
export function asCount(number: number): number {
  return Math.min(number, MAX_COUNT);
}

export function asCost(number: number): number {
  return Math.min(number, MAX_COST);
}

/** As much of a text as fits into so many bytes of UTF-8, which has no form for half a surrogate pair. */
export function cutText(value: string, maxBytes: number): string {
  if (Buffer.byteLength(value) <= maxBytes) return value.toWellFormed();
  // A character of which only a part fits is left out by the decoder as long as more could come.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return decoder.decode(Buffer.from(value).subarray(0, maxBytes), { stream: true });
}

/** Of a list of names those that can be kept. */
export function asNames(names: readonly string[]): string[] {
  return names.filter((name) => nameRule.safeParse(name).success).slice(0, MAX_TOOLS_USED);
}

const nameRule = text(MAX_NAME);

/** Half a text is better than none, but a text of nothing is none. */
function cut(maxBytes: number) {
  return z
    .string()
    .min(1)
    .transform((value) => cutText(value, maxBytes));
}

const kept = z.custom<unknown>((value) => !isTooDeep(value));
const object = json.pipe(kept).pipe(z.custom(isPlainObject));
const strings = json.pipe(z.array(z.string()));
const names = z
  .string()
  .refine((value) => strings.safeParse(value).success)
  .transform((value) => {
    const found = strings.parse(value);
    const fitting = asNames(found);
    return fitting.length === found.length ? value : JSON.stringify(fitting);
  });
const forkedFrom = z.strictObject({ id: nameText(MAX_NAME), seq: count.min(1) });

/** The text of a JSON object as `sessions` and `events` have it. It is kept as it stands, byte for byte. */
export const objectText = z.string().refine((value) => {
  if (value.length > MAX_JSON_BYTES) return false;
  const parsed = object.safeParse(value);
  // A character can be three bytes, and 1e20 is longer when it is written out; most texts are far too short for that.
  return parsed.success && (value.length <= MAX_JSON_BYTES / 8 || jsonBytes(parsed.data) <= MAX_JSON_BYTES);
});

const rules: Readonly<Record<string, z.ZodType>> = {
  id: idRule,
  kind: sessionKind,
  label: nameText(128),
  title: cut(MAX_TITLE),
  mode: cut(MAX_NAME),
  task: cut(MAX_TEXT),
  status: sessionStatus,
  iterations: z.int().min(0).max(MAX_ITERATIONS),
  max_iterations: z.int().min(1).max(MAX_ITERATIONS),
  user_id: nameRule,
  channel_id: nameRule,
  agent_id: nameRule,
  parent_id: nameText(MAX_NAME),
  workspace: text(4096),
  context: objectText,
  metadata: objectText,
  result: z.string().refine((value) => json.pipe(jsonValue).safeParse(value).success),
  error: cut(MAX_TEXT),
  model: nameRule,
  provider: nameRule,
  pause_reason: cut(16 * 1024),
  tools_used: names,
  blocked_actions: names,
  forked_from: z.string().refine((value) => json.pipe(forkedFrom).safeParse(value).success),
  tokens_input: count,
  tokens_output: count,
  tokens_cache_read: count,
  tokens_cache_write: count,
  tokens_total: count,
  cost_usd: z.number().min(0).max(MAX_COST),
  tool_calls: count,
  errors: count,
  messages: count,
  revision: counterRule,
  last_seq: seqRule,
};

/** What a value of the column has to be at the time. Columns that no rule names are held to their type. */
export function ruleOf({ name, type, required }: Column, now: number): z.ZodType {
  const rule = rules[name] ?? ruleOfType(name, type, now);
  return required ? rule : rule.nullable();
}

function ruleOfType(name: string, type: string, now: number): z.ZodType {
  switch (type) {
    case 'INTEGER':
      return name.endsWith('_at') ? z.custom<number>((value) => isTime(value, now)) : z.int();
    case 'REAL':
      return z.number();
    default:
      return z.string();
  }
}

export function isSqlValue(value: unknown): value is SQLInputValue {
  return value === null || ['string', 'number', 'bigint'].includes(typeof value);
}
