import type { SQLInputValue } from 'node:sqlite';
import * as z from 'zod';
import { isPlainObject, isTooDeep, MAX_JSON_BYTES } from '../../protocol/json.ts';
import { MAX_ITERATIONS, session, sessionKind, sessionStatus } from '../../protocol/session.ts';
import { json } from '../sessionRow.ts';
import type { Column } from './tableColumns.ts';

/** Ids are UUIDs of our own making, but whatever was imported kept its own. Any byte of one may be wrong. */
export const idRule = z.string().min(1).max(256);
/** Milliseconds since the epoch; the latest has a year of four digits, as ISO 8601 on the wire wants it. */
export const timeRule = z.int().min(0).max(253_402_300_799_999);
/** Revisions and fences count changes: no store gets to 2^50 of them, but one wrong byte does. */
export const counterRule = z
  .int()
  .min(0)
  .max(2 ** 50);

/** `value` as a whole number that counts something. */
export const countRule = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const kept = z.custom<unknown>((value) => !isTooDeep(value));
const object = json.pipe(kept).pipe(z.custom(isPlainObject));
const strings = json.pipe(z.array(z.string()));

/** The text of a JSON object as `sessions` and `events` have it. It is kept as it stands, byte for byte. */
export const objectText = z
  .string()
  .refine((text) => text.length <= MAX_JSON_BYTES && object.safeParse(text).success);

const rules: Readonly<Record<string, z.ZodType>> = {
  id: idRule,
  kind: sessionKind,
  status: sessionStatus,
  iterations: countRule.max(MAX_ITERATIONS),
  max_iterations: z.int().min(1).max(MAX_ITERATIONS),
  context: objectText,
  metadata: objectText,
  result: z.string().refine((text) => json.pipe(kept).safeParse(text).success),
  tools_used: z.string().refine((text) => strings.safeParse(text).success),
  blocked_actions: z.string().refine((text) => strings.safeParse(text).success),
  forked_from: z.string().refine((text) => json.pipe(session.shape.forkedFrom).safeParse(text).success),
  tokens_input: countRule,
  tokens_output: countRule,
  tokens_cache_read: countRule,
  tokens_cache_write: countRule,
  tokens_total: countRule,
  cost_usd: z.number().min(0),
  tool_calls: countRule,
  errors: countRule,
  messages: countRule,
  revision: counterRule,
  last_seq: countRule,
};

/** What a value of the column has to be. Columns that no rule names are held to their type. */
export function ruleOf({ name, type, required }: Column): z.ZodType {
  const rule = rules[name] ?? ruleOfType(name, type);
  return required ? rule : rule.nullable();
}

function ruleOfType(name: string, type: string): z.ZodType {
  switch (type) {
    case 'INTEGER':
      return name.endsWith('_at') ? timeRule : z.int();
    case 'REAL':
      return z.number();
    default:
      return z.string();
  }
}

export function isSqlValue(value: unknown): value is SQLInputValue {
  return value === null || ['string', 'number', 'bigint'].includes(typeof value);
}
