import { pathToFileURL } from 'node:url';
import { openFile } from '../../domain/errorActions.ts';
import { LockstepError } from '../../domain/errors.ts';
import { openclawLine, type OpenclawCall } from '../../protocol/openclawLine.ts';
import type { LiveGateway } from './liveGateway.ts';

export function gatewayRuns(call: OpenclawCall, { pid, lockPath }: LiveGateway): LockstepError {
  const command = openclawLine(call, process.platform);
  const who = pid === undefined ? 'is starting' : `runs (process ${pid})`;
  return new LockstepError(
    'STORE_UNAVAILABLE',
    `The OpenClaw gateway of ${call.stateDir} ${who}, and takes no lock that others could respect: nothing was written. Its own command does the same: ${command}`,
    { details: { ...(pid === undefined ? {} : { pid }), lock: lockPath, command } },
  );
}

export function isInDatabase(call: OpenclawCall, agentId: string, database: string): LockstepError {
  const command = openclawLine(call, process.platform);
  return new LockstepError(
    'STORE_UNAVAILABLE',
    `The sessions of the agent ${agentId} are in a database of OpenClaw 2026.8 or later, which Lockstep only reads. With the gateway running, this does the same: ${command}`,
    { details: { database, command } },
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
