import * as z from 'zod';
import type { WireError } from '../protocol/error.ts';

/** Error codes of JSON-RPC 2.0 (https://www.jsonrpc.org/specification#error_object). */
export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
/** Of the range that the specification leaves to servers: every error of ours that is not about params. */
const SERVER_ERROR = -32000;

export const request = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string(),
  params: z.unknown().optional(),
});

export function rpcCode(error: WireError): number {
  return error.code === 'INVALID_PARAMS' ? INVALID_PARAMS : SERVER_ERROR;
}
