import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { basename } from 'node:path';
import type { Client } from '../../methods/client.ts';
import { systemErrorCode, systemErrorReason } from '../../platform/systemError.ts';
import { grant } from '../../protocol/lockMethods.ts';
import type { WireError } from '../../protocol/error.ts';

/** How long a command may take to end after it was asked to, in milliseconds; then it is killed. */
const END_MS = 10_000;

/** Exit codes as shells have them: there is no such program; it cannot be run. */
const NOT_FOUND = 127;
const NOT_RUN = 126;
/** The exit code where the command ended well after its lease was lost: what it did was not done under the lease. */
const LOST = 1;

/** Signals that are for the command as much as for us: it decides what to do, and we end when it has. */
const PASSED_ON = ['SIGTERM', 'SIGHUP'] as const;

export interface LeasedCommand {
  readonly session: string;
  readonly ttlMs: number | undefined;
  readonly waitMs: number | undefined;
  readonly name: string | undefined;
  readonly program: string;
  readonly args: readonly string[];
}

export type LeasedOutcome =
  { readonly ok: true; readonly code: number } | { readonly ok: false; readonly error: WireError };

/**
 * Runs a command while this process holds the lease on a session; the command finds it in `LOCKSTEP_SESSION` and
 * `LOCKSTEP_LEASE`. Should the lease be lost, because this process did not run for too long, the command is ended:
 * another drives the session now. The exit code is the command's, or 128 and its signal, as shells have it.
 */
export async function runWithLease(
  { session, ttlMs, waitMs, name, program, args }: LeasedCommand,
  connect: (onLost: (session: string) => void) => Client,
  env: NodeJS.ProcessEnv,
  say: (words: string) => void,
): Promise<LeasedOutcome> {
  let onLost = () => undefined as void;
  const client = connect(() => onLost());
  try {
    const outcome = await client.call('locks.acquire', {
      session,
      name: name ?? (basename(program) || program),
      ...(ttlMs === undefined ? {} : { ttlMs }),
      ...(waitMs === undefined ? {} : { waitMs }),
    });
    if (!outcome.ok) return outcome;
    const { token } = grant.parse(outcome.result);
    const leased = { ...env, LOCKSTEP_SESSION: session, LOCKSTEP_LEASE: token };
    const code = await run(program, args, leased, say, (end) => {
      onLost = () => {
        say(`the lease on session ${session} is gone: it ran out, or was released. Ending ${program}.`);
        end();
      };
    });
    return { ok: true, code };
  } finally {
    await client.close();
  }
}

/** Runs a command to its end, and gives its exit code. `onRunning` gets what ends it before. */
async function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  say: (words: string) => void,
  onRunning: (end: () => void) => void,
): Promise<number> {
  let child: ChildProcess | undefined;
  let isEnded = false;
  let timer: NodeJS.Timeout | undefined;
  const passOn = (signal: NodeJS.Signals) => void child?.kill(signal);
  // Before there is a command: a signal must not end us and leave the command behind. Ctrl+C reaches the command by
  // itself: it is in the same terminal. It may reach us after the command has ended by it, and must not take the exit
  // code from us then: we end in a moment, so this one stays.
  process.on('SIGINT', () => undefined);
  for (const signal of PASSED_ON) process.on(signal, passOn);
  try {
    child = spawn(program, args, { stdio: 'inherit', env });
    await once(child, 'spawn');
    onRunning(() => {
      isEnded = true;
      child?.kill('SIGTERM');
      timer = setTimeout(() => child?.kill('SIGKILL'), END_MS);
    });
    const code = await exitCode(child);
    return isEnded && code === 0 ? LOST : code;
  } catch (error) {
    say(`${program} could not be run: ${systemErrorReason(error)}`);
    return systemErrorCode(error) === 'ENOENT' ? NOT_FOUND : NOT_RUN;
  } finally {
    clearTimeout(timer);
    for (const signal of PASSED_ON) process.off(signal, passOn);
  }
}

async function exitCode(child: ChildProcess): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  child.on('exit', () => resolve());
  // That a signal could not be sent, to a command of another user, is no end of it.
  child.on('error', () => undefined);
  await promise;
  if (child.exitCode !== null) return child.exitCode;
  return 128 + (child.signalCode === null ? 0 : constants.signals[child.signalCode]);
}
