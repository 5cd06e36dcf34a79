import { pathToFileURL } from 'node:url';
import { openFile } from '../../domain/errorActions.ts';
import { LockstepError } from '../../domain/errors.ts';
import type { JsonObject } from '../../protocol/json.ts';
import { openclawLine, type OpenclawCall } from '../../protocol/openclawLine.ts';
import type { LiveGateway } from './liveGateway.ts';

/** Why nothing is written to a state directory, or to an agent of it. `instead`: what a person can do, a sentence. */
export interface Refusal {
  readonly instead: string;
  readonly details?: JsonObject;
}

/** For a call that OpenClaw's own command makes as well. */
export function withCommand(call: OpenclawCall): Refusal & { readonly details: JsonObject } {
  const command = openclawLine(call, process.platform);
  return {
    instead: `OpenClaw's own command does the same, while its gateway runs: ${command}`,
    details: { command },
  };
}

export function gatewayRuns(
  stateDir: string,
  { pid, lockPath }: LiveGateway,
  { instead, details }: Refusal,
): LockstepError {
  const who = pid === undefined ? 'is starting' : `runs (process ${pid})`;
  return new LockstepError(
    'STORE_UNAVAILABLE',
    `The OpenClaw gateway of ${stateDir} ${who}, and takes no lock that others could respect: nothing was written. ${instead}`,
    { details: { ...(pid === undefined ? {} : { pid }), lock: lockPath, ...details } },
  );
}

export function isInDatabase(
  agentId: string,
  database: string,
  { instead, details }: Refusal,
): LockstepError {
  return new LockstepError(
    'STORE_UNAVAILABLE',
    `The sessions of the agent ${agentId} are in a database of OpenClaw 2026.8 or later, which Lockstep only reads. ${instead}`,
    { details: { database, ...details } },
  );
}

/** What stands under a key is nothing that could be changed. */
export function noEntry(storePath: string, key: string): LockstepError {
  return new LockstepError(
    'STORE_CORRUPT',
    `What ${storePath} holds under ${key} is no entry of a session, and was left as it is.`,
    { details: { path: storePath, key }, actions: [openFile(pathToFileURL(storePath).href)] },
  );
}
