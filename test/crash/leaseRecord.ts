import type {
  AcquireCall,
  LeaseCall,
  LeaseHistory,
  ReleaseCall,
  RenewCall,
  Time,
  WriteCall,
  WrittenEvent,
} from './leaseHistory.ts';
import type { Moment } from './moments.ts';

/** How far two readings of the one clock may seem to be apart, in milliseconds: each is cut to a whole one. */
const TICK_MS = 1;

/** All that was said and done about one session. */
export interface SessionRecord {
  readonly grants: readonly Grant[];
  readonly renews: readonly RenewCall[];
  readonly releases: readonly ReleaseCall[];
  readonly writes: readonly WriteCall[];
  /** Acquires that never returned: any of them may have been granted. */
  readonly lost: readonly AcquireCall[];
  readonly deaths: ReadonlyMap<string, Time>;
  readonly events: readonly WrittenEvent[];
}

export interface Grant {
  readonly call: AcquireCall;
  readonly fence: number;
  readonly expiresAt: Time;
  readonly moment: Moment;
}

export function grantsIn(acquires: readonly AcquireCall[]): Grant[] {
  return acquires
    .flatMap((call) => {
      if (!call.granted) return [];
      const { fence, expiresAt } = call.granted;
      const what = `the grant of fence ${fence} on ${call.session}`;
      return [{ call, fence, expiresAt, moment: momentOf(what, call, expiresAt - call.ttlMs) }];
    })
    .sort((a, b) => a.fence - b.fence);
}

export function recordOf(session: string, { calls, deaths, events }: LeaseHistory): SessionRecord {
  const own = calls.filter((call) => call.session === session);
  const acquires = own.filter((call) => call.kind === 'acquire');
  return {
    grants: grantsIn(acquires),
    renews: own.filter((call) => call.kind === 'renew'),
    releases: own.filter((call) => call.kind === 'release'),
    writes: own.filter((call) => call.kind === 'write'),
    lost: acquires.filter(isLost),
    deaths,
    events: (events.get(session) ?? []).toSorted((a, b) => a.seq - b.seq),
  };
}

interface Window {
  /** What has certainly been done by then. */
  readonly from: Time;
  readonly to: Time;
}

/** Whether a lease, once it was granted and unless it was taken over, certainly kept others out all the time. */
export function isHeld(record: SessionRecord, grant: Grant, window: Window): boolean {
  return (
    leastEnd(record, grant, window) > window.to + TICK_MS &&
    !isDead(record, grant, window.to) &&
    !record.releases.some((call) => mayEnd(call, grant, window.to))
  );
}

export function isDead({ deaths }: SessionRecord, { call }: Grant, time: Time): boolean {
  return (deaths.get(call.owner) ?? Infinity) <= time;
}

export function mayEnd(call: ReleaseCall, { fence }: Grant, time: Time): boolean {
  return call.fence === fence && call.begin <= time && (call.released === true || isLost(call));
}

/** The earliest time at which a lease may have run out. A renewal makes up for an earlier end if it came before `from`. */
export function leastEnd(
  { renews }: SessionRecord,
  { call, fence, expiresAt }: Grant,
  { from, to }: Window,
): Time {
  const asked = renews.filter((renew) => renew.fence === fence && renew.begin <= to);
  const answered = [
    { begin: call.begin, end: endOf(call), expiresAt },
    ...asked.flatMap((renew) =>
      renew.renewed ? [{ begin: renew.begin, end: endOf(renew), expiresAt: renew.renewed.expiresAt }] : [],
    ),
  ];
  // Any of those that no other one certainly came after may have been the last to take effect.
  const last = answered.filter(({ end }) => !answered.some((one) => one.begin > end && one.end <= from));
  const leastTtl = Math.min(call.ttlMs, ...asked.flatMap(({ ttlMs }) => ttlMs ?? []));
  const lost = asked.filter(isLost).map(({ begin, ttlMs }) => begin + (ttlMs ?? leastTtl));
  return Math.min(...last.map(({ expiresAt }) => expiresAt), ...lost);
}

/** When a call took effect: within it, and when the store says, if it says so. */
export function momentOf(what: string, call: LeaseCall, at: Time | undefined, after: Moment[] = []): Moment {
  const end = endOf(call);
  return {
    what,
    earliest: Math.max(call.begin, (at ?? call.begin) - TICK_MS),
    latest: Math.min(end, (at ?? end) + TICK_MS),
    after,
  };
}

export function endOf({ end, gone }: LeaseCall): Time {
  return end ?? gone ?? Infinity;
}

function isLost({ end }: LeaseCall): boolean {
  return end === undefined;
}
