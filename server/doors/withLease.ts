import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Client } from '../methods/client.ts';
import { grant } from '../protocol/lockMethods.ts';
import type { WireError } from '../protocol/error.ts';

/** How long a command may take to end after it was asked to, in milliseconds; then it is killed. */
const END_MS = 10_000;

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
      name: name ?? program,
      ...(ttlMs === undefined ? {} : { ttlMs }),
      ...(waitMs === undefined ? {} : { waitMs }),
    });
    if (!outcome.ok) return outcome;
    const { token } = grant.parse(outcome.result);
    const child = spawn(program, args, {
      stdio: 'inherit',
      env: { ...env, LOCKSTEP_SESSION: session, LOCKSTEP_LEASE: token },
    });
    let timer: NodeJS.Timeout | undefined;
    onLost = () => {
      say(`the lease on session ${session} was lost: another drives it now. Ending ${program}.`);
      child.kill('SIGTERM');
      timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
    };
    const passOn = (signal: NodeJS.Signals) => void child.kill(signal);
    // Ctrl+C reaches the command by itself: it is in the same terminal.
    const wait = () => undefined;
    process.on('SIGINT', wait);
    for (const signal of PASSED_ON) process.on(signal, passOn);
    try {
      return { ok: true, code: await exitCode(child) };
    } catch (error) {
      say(`${program} could not be run: ${error instanceof Error ? error.message : String(error)}`);
      return { ok: true, code: 127 };
    } finally {
      clearTimeout(timer);
      process.off('SIGINT', wait);
      for (const signal of PASSED_ON) process.off(signal, passOn);
    }
  } finally {
    await client.close();
  }
}

/** Rejects where the program could not be started. */
async function exitCode(child: ReturnType<typeof spawn>): Promise<number> {
  await once(child, 'exit');
  if (child.exitCode !== null) return child.exitCode;
  return 128 + (child.signalCode === null ? 0 : constants.signals[child.signalCode]);
}
