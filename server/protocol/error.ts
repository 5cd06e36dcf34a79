import * as z from 'zod';
import { jsonObject } from './json.ts';

export const errorCode = z.enum([
  'SESSION_LOCKED',
  'ILLEGAL_TRANSITION',
  'ITERATION_LIMIT',
  'SESSION_NOT_FOUND',
  'LABEL_TAKEN',
  'INVALID_PARAMS',
  'IMAGE_REFUSED',
  'STORE_BUSY',
  'STORE_CORRUPT',
  'STORE_NEWER',
  'STORE_UNAVAILABLE',
  'AGENT_STARTING',
  'AGENT_UNREACHABLE',
  'TIMEOUT',
  'QUOTA_EXCEEDED',
  'CREDENTIALS_MISSING',
  'UNTRUSTED_WORKSPACE',
  'INTERNAL',
]);
export type ErrorCode = z.infer<typeof errorCode>;

/**
 * What a person can do about an error. `retry` makes the failed call again, `command` makes the named call
 * instead, `link` opens a page, `report` copies what a bug report needs, `dismiss` does nothing.
 */
export const errorAction = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('retry'), label: z.string() }),
  z.strictObject({ kind: z.literal('command'), label: z.string(), method: z.string(), params: jsonObject }),
  z.strictObject({ kind: z.literal('link'), label: z.string(), url: z.string() }),
  z.strictObject({ kind: z.literal('report'), label: z.string() }),
  z.strictObject({ kind: z.literal('dismiss'), label: z.string() }),
]);
export type ErrorAction = z.infer<typeof errorAction>;

/** An error as every door writes it: JSON-RPC's `error.data`, the CLI's stderr. */
export const wireError = z.strictObject({
  code: errorCode,
  title: z.string(),
  message: z.string(),
  explanation: z.string().optional(),
  requestId: z.string(),
  actions: z.array(errorAction),
  details: jsonObject,
});
export type WireError = z.infer<typeof wireError>;
