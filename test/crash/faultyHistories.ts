import type { AcquireCall, LeaseHistory, WriteCall, WrittenEvent } from './leaseHistory.ts';

/** What a store does wrong, made into a right history; undefined where there is nothing to do it to. */
type Fault = (history: LeaseHistory) => LeaseHistory | undefined;

type Granted = AcquireCall & Required<Pick<AcquireCall, 'granted' | 'end'>>;

function grantsOf({ calls }: LeaseHistory): Granted[] {
  return calls
    .filter((call): call is Granted => call.kind === 'acquire' && call.granted !== undefined)
    .sort((a, b) => a.granted.fence - b.granted.fence);
}

function withCall<T extends LeaseHistory['calls'][number]>(
  history: LeaseHistory,
  old: T,
  changed: T,
): LeaseHistory {
  return { ...history, calls: history.calls.map((call) => (call === old ? changed : call)) };
}

function withEvents(history: LeaseHistory, session: string, written: readonly WrittenEvent[]): LeaseHistory {
  const numbered = written.map((event, index) => ({ ...event, seq: index + 1 }));
  return { ...history, events: new Map([...history.events, [session, numbered]]) };
}

function refence(grant: Granted, fence: number): Granted {
  return { ...grant, granted: { ...grant.granted, fence } };
}

/** A session's writes, and one of them that was acknowledged. */
function acknowledged({
  calls,
  events,
}: LeaseHistory): { session: string; written: readonly WrittenEvent[]; write: string } | undefined {
  const done = calls.find(
    (call): call is WriteCall =>
      call.kind === 'write' && call.end !== undefined && call.refused === undefined,
  );
  return done && { session: done.session, written: events.get(done.session) ?? [], write: done.write };
}

/** Two grants on one session with no other known between them. */
function neighbours(history: LeaseHistory): { first: Granted; next: Granted } | undefined {
  const [first, ...others] = grantsOf(history);
  for (const [index, next] of others.entries()) {
    const before = [first, ...others].slice(0, index + 1);
    const last = before.findLast((grant) => grant?.session === next.session);
    if (last) return { first: last, next };
  }
  return undefined;
}

export const faults: Readonly<Record<string, Fault>> = {
  'one fence for two grants'(history) {
    const [first, second] = grantsOf(history);
    return first && second && withCall(history, second, refence(second, first.granted.fence));
  },

  'fences of two grants that did not overlap swapped'(history) {
    const [first, ...others] = grantsOf(history);
    const later = others.find(({ begin }) => first && begin > first.end);
    if (!first || !later) return undefined;
    const half = withCall(history, first, refence(first, later.granted.fence));
    return withCall(half, later, refence(later, first.granted.fence));
  },

  'an acknowledged write lost'(history) {
    const found = acknowledged(history);
    return (
      found &&
      withEvents(
        history,
        found.session,
        found.written.filter(({ write }) => write !== found.write),
      )
    );
  },

  'a write stored twice'(history) {
    const found = acknowledged(history);
    return (
      found &&
      withEvents(
        history,
        found.session,
        found.written.flatMap((event) => (event.write === found.write ? [event, event] : [event])),
      )
    );
  },

  'a refused write stored'(history) {
    const refused = history.calls.find((call) => call.kind === 'write' && call.refused !== undefined);
    if (refused?.kind !== 'write') return undefined;
    const { session, write, fence } = refused;
    const written = history.events.get(session) ?? [];
    return withEvents(history, session, [...written, { seq: 0, write, fence }]);
  },

  'a write under an old fence after a newer grant had returned'(history) {
    const found = neighbours(history);
    if (!found) return undefined;
    const { session, granted } = found.first;
    const late = { session, write: 'late', fence: granted.fence };
    const call: WriteCall = { kind: 'write', ...late, begin: found.next.end + 5, end: found.next.end + 6 };
    const written = history.events.get(session) ?? [];
    return withEvents({ ...history, calls: [...history.calls, call] }, session, [
      ...written,
      { seq: 0, ...late },
    ]);
  },

  'a lease taken over from a living owner'(history) {
    const found = neighbours(history);
    if (!found) return undefined;
    const { first, next } = found;
    const ofFirst = (call: LeaseHistory['calls'][number]) =>
      (call.kind === 'release' || call.kind === 'renew') && call.fence === first.granted.fence;
    const [ttlMs, more] = [first.ttlMs + 1_000_000, first.granted.expiresAt + 1_000_000];
    const longer = { ...first, ttlMs, granted: { ...first.granted, expiresAt: more } };
    const kept = { ...history, calls: history.calls.filter((call) => !ofFirst(call)) };
    const deaths = new Map([...history.deaths].filter(([owner]) => owner !== first.owner));
    return next.owner === first.owner ? undefined : { ...withCall(kept, first, longer), deaths };
  },
};
