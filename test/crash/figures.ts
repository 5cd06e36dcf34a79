import type { LeaseHistory } from './leaseHistory.ts';

/** How much happened in a history: what a proof is worth goes by that. */
export function figuresOf({ calls }: LeaseHistory): Record<string, number> {
  const writes = calls.filter((call) => call.kind === 'write');
  const refused = writes.filter((call) => call.refused === 'SESSION_LOCKED');
  return {
    calls: calls.length,
    neverReturned: calls.filter(({ end }) => end === undefined).length,
    storeBusy: calls.filter((call) => call.refused === 'STORE_BUSY').length,
    grants: calls.filter((call) => call.kind === 'acquire' && call.granted).length,
    takeOvers: takeOversIn(calls),
    renewals: calls.filter((call) => call.kind === 'renew' && call.renewed).length,
    writesAcknowledged: writes.filter((call) => call.end !== undefined && call.refused === undefined).length,
    oldTokensRefused: refused.filter(({ fence }) => fence !== undefined).length,
    writesBesideALeaseRefused: refused.filter(({ fence }) => fence === undefined).length,
  };
}

/** Grants that followed a lease which nobody had given back. */
function takeOversIn(calls: LeaseHistory['calls']): number {
  const released = new Set(
    calls.flatMap((call) => (call.kind === 'release' && call.released ? [call.fence] : [])),
  );
  const fences = new Map<string, number[]>();
  for (const call of calls) {
    if (call.kind !== 'acquire' || !call.granted) continue;
    fences.set(call.session, [...(fences.get(call.session) ?? []), call.granted.fence]);
  }
  const followed = [...fences.values()].flatMap((own) => own.sort((a, b) => a - b).slice(0, -1));
  return followed.filter((fence) => !released.has(fence)).length;
}
