import type { AcquireCall, LeaseHistory, RenewCall, Time, WriteCall } from './leaseHistory.ts';
import {
  endOf,
  grantsIn,
  isDead,
  isHeld,
  leastEnd,
  mayEnd,
  momentOf,
  recordOf,
  type Grant,
  type SessionRecord,
} from './leaseRecord.ts';
import { order, type Moment } from './moments.ts';

/**
 * What a history of calls on leases shows to be wrong, as sentences.
 *
 * The model: a session has at most one lease, `{fence, owner, expiresAt}`. A grant takes a fence above all that were
 * ever given in the store, and is made only where there is no lease, or it has run out, or its owner is dead. A
 * renewal, a release and a write that show a lease's token take effect only while that lease is the session's; it
 * stays so after it has run out, until another is granted. A write without a token takes effect only where a grant
 * could be made. A call that returned took effect in one moment between its begin and its return, or, if it was
 * refused, never; one that never returned did so before its process was seen to be gone, or never. The history of a
 * session holds the writes that took effect, each once, in the order in which they did.
 *
 * What is said is certain; what may have been right is let pass. Where the store dates what it did (a grant or a
 * renewal, by its end less its time; an event), that is when it was done: the store reads the clock inside of the
 * transaction. Else any moment of the call may be it. Servers renew the leases of their clients unseen, which only
 * makes them longer: an end is taken for the least that the answers allow. Whether an acquire was refused without need
 * is not judged, and clocks that are set meanwhile are not allowed for.
 */
export function checkHistory(history: LeaseHistory): string[] {
  const acquires = history.calls.filter((call) => call.kind === 'acquire');
  const sessions = new Set([...history.calls.map(({ session }) => session), ...history.events.keys()]);
  return [
    ...checkFences(acquires),
    ...[...sessions].flatMap((session) => checkSession(session, history)),
    ...strayEvents(history),
  ];
}

function checkFences(acquires: readonly AcquireCall[]): string[] {
  const grants = grantsIn(acquires);
  const twice = grants.filter(({ fence }, index) => grants[index - 1]?.fence === fence);
  for (const [index, { moment }] of grants.entries()) {
    const before = grants[index - 1];
    if (before) moment.after.push(before.moment);
  }
  return [
    ...twice.map(({ fence }) => `Fence ${fence} was granted twice.`),
    ...order(grants.map(({ moment }) => moment)),
  ];
}

function checkSession(session: string, history: LeaseHistory): string[] {
  const record = recordOf(session, history);
  return [
    ...checkWrites(record),
    ...checkOrder(record),
    ...checkTakeOvers(record),
    ...checkFreeWrites(record),
    ...checkRefusals(record),
  ];
}

/** That the history holds what was acknowledged, once, and nothing that was refused. */
function checkWrites({ writes, events, grants }: SessionRecord): string[] {
  const found = Map.groupBy(events, ({ write }) => write);
  const fences = new Set(grants.map(({ fence }) => fence));
  return writes.flatMap((call) => {
    const { write, fence, refused } = call;
    const times = found.get(write)?.length ?? 0;
    const said: string[] = [];
    if (isDone(call) && times === 0) said.push(`The acknowledged write ${write} is lost.`);
    if (times > 1) said.push(`The write ${write} is in the history ${times} times.`);
    if (refused !== undefined && times > 0)
      said.push(`The write ${write} was refused (${refused}), and is in the history.`);
    if (times > 0 && fence !== undefined && !fences.has(fence))
      said.push(
        `The write ${write} was accepted under fence ${fence}, which was never granted on its session.`,
      );
    return said;
  });
}

function strayEvents({ calls, events }: LeaseHistory): string[] {
  const asked = new Map(calls.filter((call) => call.kind === 'write').map((call) => [call.write, call]));
  return [...events].flatMap(([session, written]) =>
    written
      .filter(
        ({ write, fence }) => asked.get(write)?.session !== session || asked.get(write)?.fence !== fence,
      )
      .map(({ write, fence }) => `Nobody asked for the write ${write} under fence ${fence} on ${session}.`),
  );
}

/** That moments can be found for everything that took effect, so that each comes after what it has to come after. */
function checkOrder({ grants, renews, releases, writes, events }: SessionRecord): string[] {
  const moments: Moment[] = [];
  const calls = new Map(writes.map((call) => [call.write, call]));
  const waiting = events.values();
  let lastWrite: Moment | undefined;
  const said: string[] = [];

  /** The writes up to the last one under one of the fences, which those without a token stand between. */
  function takeWrites(upTo: number, grant: Grant | undefined): Moment[] {
    const taken: Moment[] = [];
    for (let left = upTo; left > 0; left--) {
      const event = waiting.next().value;
      const call = event && calls.get(event.write);
      if (!event || !call) continue;
      const under = event.fence === undefined ? 'without a token' : `under fence ${event.fence}`;
      const moment = momentOf(`the write ${event.write} ${under}`, call, event.at);
      if (lastWrite) moment.after.push(lastWrite);
      if (grant && event.fence === grant.fence) moment.after.push(grant.moment);
      lastWrite = moment;
      taken.push(moment);
    }
    return taken;
  }

  let highest = 0;
  for (const { seq, write, fence } of events) {
    if (fence === undefined) continue;
    if (fence < highest)
      said.push(
        `The write ${write} (seq ${seq}) under fence ${fence} stands behind one under fence ${highest}.`,
      );
    highest = Math.max(highest, fence);
  }
  if (said.length > 0) return said;

  let taken = 0;
  let before: Moment[] = [];
  for (const grant of grants) {
    const { fence, moment } = grant;
    moment.after.push(...before);
    moments.push(moment);
    const last = events.findLastIndex((event) => event.fence === fence);
    const written = takeWrites(Math.max(0, last + 1 - taken), grant);
    taken = Math.max(taken, last + 1);
    const renewed = renews
      .filter((call) => call.fence === fence && call.renewed)
      .map((call) => momentOf(`a renewal of fence ${fence}`, call, renewedAt(call), [moment]));
    const ofLease = [moment, ...written, ...renewed];
    const released = releases
      .filter((call) => call.fence === fence && call.released)
      .map((call) => momentOf(`the release of fence ${fence}`, call, undefined, ofLease));
    if (released.length > 1) said.push(`Fence ${fence} was released ${released.length} times.`);
    before = [...ofLease, ...released];
    moments.push(...before.slice(1));
  }
  moments.push(...takeWrites(events.length - taken, undefined));
  return [...said, ...order(moments)];
}

/** That no lease was taken over while it had not run out, its owner lived, and it had not been released. */
function checkTakeOvers(record: SessionRecord): string[] {
  return record.grants.flatMap((grant, index) => {
    const next = record.grants[index + 1];
    if (!next || !isHeld(record, grant, { from: Infinity, to: next.moment.latest })) return [];
    const left = leastEnd(record, grant, { from: Infinity, to: next.moment.latest }) - next.moment.latest;
    return [
      `Fence ${next.fence} was granted while ${grant.call.owner} lived and held fence ${grant.fence}, for ${left} ms more at least.`,
    ];
  });
}

/** That no write without a token was accepted while somebody held the session. */
function checkFreeWrites(record: SessionRecord): string[] {
  const calls = new Map(record.writes.map((call) => [call.write, call]));
  return record.events.flatMap((event) => {
    const call = calls.get(event.write);
    if (!call || event.fence !== undefined) return [];
    const { earliest, latest } = momentOf('', call, event.at);
    const index = record.grants.findLastIndex(({ moment }) => moment.latest < earliest);
    const [holder, next] = [record.grants[index], record.grants[index + 1]];
    if (!holder || (next && next.moment.earliest <= latest)) return [];
    if (!isHeld(record, holder, { from: earliest, to: latest })) return [];
    return [
      `The write ${event.write} without a token was accepted while ${holder.call.owner} lived and held fence ${holder.fence}.`,
    ];
  });
}

/** That nobody was told that their lease was gone while nothing can have ended it. */
function checkRefusals(record: SessionRecord): string[] {
  const refused = [
    ...record.writes.filter(isRefused),
    ...record.renews.filter(isRefused),
    ...record.releases.filter((call) => call.released === false),
  ];
  return refused.flatMap((call) => {
    const grant = record.grants.find(({ fence }) => fence === call.fence);
    const end = endOf(call);
    if (!grant) return [];
    const isExcused =
      record.grants.some(({ fence, moment }) => fence > grant.fence && moment.earliest <= end) ||
      record.lost.some((lost) => lost.begin <= end && endOf(lost) >= grant.moment.earliest) ||
      record.releases.some((release) => release !== call && mayEnd(release, grant, end)) ||
      isDead(record, grant, end);
    return isExcused
      ? []
      : [`A ${call.kind} under fence ${grant.fence} was refused, though nothing had ended that lease.`];
  });
}

function renewedAt({ ttlMs, renewed }: RenewCall): Time | undefined {
  return renewed && ttlMs !== undefined ? renewed.expiresAt - ttlMs : undefined;
}

function isDone(call: WriteCall): boolean {
  return call.end !== undefined && call.refused === undefined;
}

function isRefused(call: RenewCall | WriteCall): boolean {
  return call.refused === 'SESSION_LOCKED' && call.fence !== undefined;
}
