import { pathToFileURL } from 'node:url';
import { openFile } from '../../domain/errorActions.ts';
import { LockstepError } from '../../domain/errors.ts';
import type { JsonObject } from '../../protocol/json.ts';
import type { LiveGateway } from './liveGateway.ts';

/** A call that Lockstep does not make itself, for the words of OpenClaw's own command. */
export interface GatewayCall {
  readonly stateDir: string;
  readonly method: string;
  readonly params: JsonObject;
}

/** The command with which OpenClaw 2026.2 to 2026.9 has its gateway make a call, for a POSIX shell. */
function commandOf({ stateDir, method, params }: GatewayCall): string {
  const words = ['openclaw', 'gateway', 'call', method, '--params', JSON.stringify(params)];
  return [`OPENCLAW_STATE_DIR=${quoted(stateDir)}`, ...words.map(quoted)].join(' ');
}

export function gatewayRuns(call: GatewayCall, { pid, lockPath }: LiveGateway): LockstepError {
  const command = commandOf(call);
  const who = pid === undefined ? 'is starting' : `runs (process ${pid})`;
  return new LockstepError(
    'STORE_UNAVAILABLE',
    `The OpenClaw gateway of ${call.stateDir} ${who}, and takes no lock that others could respect: nothing was written. Its own command does the same: ${command}`,
    { details: { ...(pid === undefined ? {} : { pid }), lock: lockPath, command } },
  );
}

export function isInDatabase(call: GatewayCall, agentId: string, database: string): LockstepError {
  const command = commandOf(call);
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

/** As one word of a POSIX shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
