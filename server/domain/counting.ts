import * as z from 'zod';
import type { JsonObject } from '../protocol/json.ts';
import type { Tokens } from '../protocol/session.ts';
import { iterationUsage, type IterationUsage } from '../protocol/sessionHistoryMethods.ts';
import { defined } from './sessionStep.ts';

/** A sum that a store can give back: over 2^53 - 1 a whole number is no longer exact, and SQLite's driver refuses it. */
export function added(count: number, more: number): number {
  return Math.min(count + more, Number.MAX_SAFE_INTEGER);
}

/** Never infinite, which JSON cannot hold. */
export function addedCost(costUsd: number, more: number): number {
  return Math.min(costUsd + more, Number.MAX_VALUE);
}

/** What a session has used, after some more was reported, and by whom. */
export function afterUsage(
  { tokens, costUsd }: { readonly tokens: Tokens; readonly costUsd?: number | undefined },
  usage: IterationUsage,
) {
  const { model, provider } = usage;
  const cost = usage.costUsd === undefined ? undefined : addedCost(costUsd ?? 0, usage.costUsd);
  return { tokens: addedTokens(tokens, usage), ...defined({ costUsd: cost, model, provider }) };
}

const endData = z.looseObject({ usage: iterationUsage.optional().catch(undefined) });

/** What the data of the end of an iteration tell of what it took. */
export function usageOfIteration(data: JsonObject): IterationUsage | undefined {
  return endData.parse(data).usage;
}

function addedTokens(tokens: Tokens, usage: IterationUsage): Tokens {
  const { input, output, cacheRead, cacheWrite } = usage;
  return {
    input: added(tokens.input, input),
    output: added(tokens.output, output),
    cacheRead: added(tokens.cacheRead, cacheRead),
    cacheWrite: added(tokens.cacheWrite, cacheWrite),
    total: added(tokens.total, usage.total ?? input + output + cacheRead + cacheWrite),
  };
}
