import { LockstepError } from '../domain/errors.ts';
import { grantOf } from '../domain/lease.ts';
import type { Leases } from '../locks/leases.ts';
import { MAX_PID } from '../platform/signals.ts';
import { locksAcquire, locksRelease, locksRenew } from '../protocol/lockMethods.ts';
import type { Registry } from './registry.ts';

export function registerLeaseMethods(registry: Registry, leases: Leases): void {
  registry.register(locksAcquire, async (params, caller) => {
    const { ownerPid } = params;
    if (ownerPid === undefined && !caller.leases) throw noOwner();
    if (ownerPid !== undefined && ownerPid > MAX_PID) throw noProcess(ownerPid);
    const lease = await leases.acquire(params);
    // Nobody knows its token: it would be kept for as long as the client stays.
    if (caller.isLate?.() === true) await leases.release(lease.token);
    else if (ownerPid === undefined) caller.leases?.hold(lease);
    return grantOf(lease);
  });

  registry.register(locksRenew, async ({ token, ttlMs }, caller) => {
    const lease = await leases.renew(token, ttlMs);
    if (caller.leases?.isHeld(token) === true) caller.leases.hold(lease);
    return grantOf(lease);
  });

  registry.register(locksRelease, async ({ token }, caller) => {
    caller.leases?.forget(token);
    return { released: await leases.release(token) };
  });
}

/** Of what no system can have, nobody could ever prove that it has ended. */
function noProcess(ownerPid: number): LockstepError {
  return new LockstepError('INVALID_PARAMS', `ownerPid: there is no process ${ownerPid}.`, {
    details: { param: 'ownerPid', pid: ownerPid },
  });
}

function noOwner(): LockstepError {
  return new LockstepError(
    'INVALID_PARAMS',
    'ownerPid: a single command ends before anyone could use its lease. Name the process that the lease is for, or run it with "lockstep with-lease <session> -- <command>".',
    { details: { param: 'ownerPid' } },
  );
}
