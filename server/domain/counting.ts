import type { Tokens } from '../protocol/session.ts';
import type { Usage } from '../protocol/sessionHistoryMethods.ts';

/** A sum that a store can give back: over 2^53 - 1 a whole number is no longer exact, and SQLite's driver refuses it. */
export function added(count: number, more: number): number {
  return Math.min(count + more, Number.MAX_SAFE_INTEGER);
}

export function addedTokens(tokens: Tokens, usage: Usage): Tokens {
  const { input, output, cacheRead, cacheWrite } = usage;
  return {
    input: added(tokens.input, input),
    output: added(tokens.output, output),
    cacheRead: added(tokens.cacheRead, cacheRead),
    cacheWrite: added(tokens.cacheWrite, cacheWrite),
    total: added(tokens.total, input + output + cacheRead + cacheWrite),
  };
}

/** Never infinite, which JSON cannot hold. */
export function addedCost(costUsd: number, more: number): number {
  return Math.min(costUsd + more, Number.MAX_VALUE);
}
