import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { judgeBareOwner, timeOfMaking } from '../../domain/lockVerdict.ts';
import type { Processes } from '../../platform/processes.ts';
import { MAX_PID } from '../../platform/signals.ts';
import { readSmallFile } from '../../platform/smallFile.ts';
import type { Activity } from '../../protocol/sourceSession.ts';
import type { LiveGateways } from './liveGateway.ts';
import type { OpenclawSession } from './stateDirectory.ts';
import type { SessionEnds } from './transcripts.ts';

/** A lock has some 100 bytes. */
const MAX_LOCK_BYTES = 64 * 1024;

const lock = z.object({
  pid: z.int().min(1).max(MAX_PID),
  createdAt: z.iso.datetime({ offset: true }).optional().catch(undefined),
  starttime: z.int().min(0).optional().catch(undefined),
});

/** What can prove that a session runs. */
export interface Proofs {
  /** The gateway of the state directory, if one is proved to live. */
  readonly gateway: { readonly pid: number; readonly startedAt: number } | undefined;
  /** Whether a file is among those of the folders of the transcripts, by its absolute path. */
  readonly isThere: (path: string) => boolean;
  readonly processes: Processes;
}

/** Rejects never: without proof, there is none. */
export async function provedGateway(
  gateways: LiveGateways,
  stateDir: string,
  processes: Processes,
): Promise<Proofs['gateway']> {
  const found = await gateways.of(stateDir);
  if (found?.pid === undefined) return undefined;
  const facts = await processes.look(found.pid);
  if (facts.state !== 'running' || facts.startedAt === undefined) return undefined;
  return { pid: found.pid, startedAt: facts.startedAt };
}

export async function activityOf(
  session: OpenclawSession,
  ends: SessionEnds,
  proofs: Proofs,
): Promise<Activity> {
  const { entry, place } = session;
  const owner =
    place.era === 'file' && ends.transcript !== undefined
      ? await lockOwner(`${ends.transcript.path}.lock`, proofs)
      : undefined;
  if (owner !== undefined)
    return { state: 'running', evidence: `process ${owner} holds the lock of the transcript` };
  const { gateway } = proofs;
  if (entry.status === 'running') {
    // A row that says so may be left from a gateway that was killed; one that began after this one is this one's.
    const isOfGateway = gateway !== undefined && (entry.startedAt ?? 0) >= gateway.startedAt;
    return isOfGateway
      ? { state: 'running', evidence: `the gateway, process ${gateway.pid}, says that it runs` }
      : { state: 'open', evidence: 'OpenClaw says that it runs; no live process proves it' };
  }
  if (entry.archivedAt !== undefined || entry.archived === true)
    return { state: 'ended', evidence: 'archived in OpenClaw' };
  if (entry.status !== undefined) {
    // A sub-agent has one task; any other session waits for the next.
    const state = session.spawnedBy === undefined ? 'idle' : 'ended';
    return { state, evidence: `OpenClaw says of the last run: ${entry.status.slice(0, 50)}` };
  }
  if (entry.abortedLastRun === true) return { state: 'idle', evidence: 'the last run was aborted' };
  if (ends.transcript === undefined) return { state: 'idle', evidence: 'it has no transcript' };
  switch (ends.lastRole) {
    case undefined:
      return { state: 'idle', evidence: 'nothing was asked yet' };
    case 'user':
    case 'toolResult':
      return { state: 'open', evidence: 'turn not finished; no live process is known' };
    default:
      return { state: 'idle', evidence: 'the last turn is finished' };
  }
}

/** The pid in a transcript's lock, if its process is proved to live. */
async function lockOwner(path: string, { isThere, processes }: Proofs): Promise<number | undefined> {
  if (!isThere(join(dirname(path), basename(path)))) return undefined;
  try {
    const { content } = await readSmallFile(path, MAX_LOCK_BYTES);
    const { pid, createdAt, starttime } = lock.parse(JSON.parse(content?.toString('utf8') ?? ''));
    const made = createdAt === undefined ? undefined : timeOfMaking(Date.parse(createdAt), Date.now());
    if (starttime === undefined && made === undefined) return undefined; // any process may have the pid now
    const owner = { processStart: starttime === undefined ? undefined : String(starttime), madeAt: made };
    const { verdict } = judgeBareOwner(owner, await processes.look(pid), {
      isShared: false,
      isGuardedFresh: false,
    });
    return verdict === 'alive' ? pid : undefined;
  } catch {
    return undefined; // being written, or gone
  }
}
