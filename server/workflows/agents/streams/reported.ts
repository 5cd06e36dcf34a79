import * as z from 'zod';
import type { Tokens } from '../../../protocol/session.ts';

/* Pieces of the schemas of agents' streams: what is not as it should be counts as not said, and costs nothing else. */

export const text = z.string().optional().catch(undefined);
export const flag = z.boolean().optional().catch(undefined);
/** A count of something. Beyond what JSON keeps exact, it stays at the limit. */
export const count = z
  .number()
  .nonnegative()
  .transform((value) => Math.min(Math.trunc(value), Number.MAX_SAFE_INTEGER))
  .optional()
  .catch(undefined);
/** An amount of US dollars. */
export const dollars = z.number().nonnegative().optional().catch(undefined);

type Parts = { readonly [part in Exclude<keyof Tokens, 'total'>]?: number | undefined };

/** The parts that were reported, and their sum; undefined where it is 0: an agent that reports nothing says so by 0. */
export function tokensOf({
  input = 0,
  output = 0,
  cacheRead = 0,
  cacheWrite = 0,
}: Parts): Tokens | undefined {
  const total = Math.min(input + output + cacheRead + cacheWrite, Number.MAX_SAFE_INTEGER);
  return total === 0 ? undefined : { input, output, cacheRead, cacheWrite, total };
}

export function addTokens(a: Tokens | undefined, b: Tokens | undefined): Tokens | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return tokensOf({
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
  });
}
