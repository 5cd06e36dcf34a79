import type { LockOwner, LockReason, LockVerdict } from '../protocol/lock.ts';

/** Where a process runs, as far as its system tells. */
export interface Machine {
  readonly host: string;
  /** Differs between two runs of the kernel. */
  readonly bootId: string | undefined;
  /** What pids count in: a container has another one. `none` on systems that have no such thing. */
  readonly pidNamespace: string | undefined;
}

/** What a system says of the process that has a pid now. */
export type ProcessFacts =
  | { readonly state: 'gone' }
  | { readonly state: 'unknown' }
  | {
      readonly state: 'running';
      /** Tells this process from an earlier one of the same pid; undefined where that cannot be read. */
      readonly start: string | undefined;
      /** Milliseconds since the epoch; undefined where that cannot be told. */
      readonly startedAt: number | undefined;
      /** It belongs to another user: that much is certain even where no more can be read. */
      readonly isForeign: boolean;
    };

export interface Judgement {
  readonly verdict: LockVerdict;
  readonly reasons: readonly LockReason[];
}

/** How much later than its lock a process may seem to have begun, in milliseconds: clocks are not that exact. */
const SLACK_MS = 2000;

const alive: Judgement = { verdict: 'alive', reasons: [] };
const dead = (reason: LockReason): Judgement => ({ verdict: 'dead', reasons: [reason] });
const unverifiable = (reason: LockReason): Judgement => ({ verdict: 'unverifiable', reasons: [reason] });

/**
 * Judges an owner that is known in full. `dead` is said only on proof: on the same host, another boot, or, in the same
 * pid namespace, a pid that is gone or belongs to a process that began at another time. Two values (alive or not) were
 * rejected: a pid in a container, or one that cannot be asked about, would count as dead.
 */
export function judgeOwner(owner: LockOwner, here: Machine, found: ProcessFacts): Judgement {
  if (owner.host !== here.host) return unverifiable('other-host');
  if (owner.bootId !== undefined && here.bootId !== undefined && owner.bootId !== here.bootId)
    return dead('other-boot');
  if (owner.pidNamespace === undefined || here.pidNamespace === undefined)
    return unverifiable('probe-failed');
  if (owner.pidNamespace !== here.pidNamespace) return unverifiable('other-namespace');
  return judgeProcess(owner.processStart, found);
}

/** What lock files of other tools tell of their owner: a pid, and perhaps one of its start and the lock's making. */
export interface BareOwner {
  /** The process's start as this system gives it. */
  readonly processStart: string | undefined;
  /** When the lock was made, in milliseconds since the epoch. */
  readonly madeAt: number | undefined;
}

/** No tool whose locks we read is older: what is earlier is a count of seconds, a zero, a mistake. */
const EARLIEST = Date.UTC(2020, 0, 1);
const FUTURE_MS = 24 * 60 * 60_000;

/**
 * A time, in milliseconds since the epoch, at which a lock can have been made; undefined for what cannot be one. Any
 * process has begun after a time that is far too early, and would count as another one than the lock's owner.
 */
export function timeOfMaking(time: number | undefined, now: number): number | undefined {
  return time !== undefined && time >= EARLIEST && time < now + FUTURE_MS ? time : undefined;
}

/** What casts doubt on the death of a bare pid. */
export interface Doubts {
  /** The folder is one that containers use too, where the same number is another process. */
  readonly isShared: boolean;
  /** What the lock guards was changed a moment ago: someone works on it. */
  readonly isGuardedFresh: boolean;
}

/** Judges an owner of whom only a pid is known. */
export function judgeBareOwner(owner: BareOwner, found: ProcessFacts, doubts: Doubts): Judgement {
  const judged =
    owner.processStart === undefined
      ? judgeByAge(owner.madeAt, found)
      : judgeProcess(owner.processStart, found);
  return judged.verdict === 'dead' ? doubted(judged, doubts) : judged;
}

/** A lock that seems dead, unless there is doubt. */
export function doubted(judged: Judgement, { isShared, isGuardedFresh }: Doubts): Judgement {
  const reasons: LockReason[] = [
    ...judged.reasons,
    ...(isShared ? (['shared-root'] as const) : []),
    ...(isGuardedFresh ? (['guarded-file-changed'] as const) : []),
  ];
  return { verdict: isShared || isGuardedFresh ? 'unverifiable' : judged.verdict, reasons };
}

function judgeProcess(start: string | undefined, found: ProcessFacts): Judgement {
  if (found.state === 'gone') return dead('dead-pid');
  if (found.state === 'unknown') return unverifiable('probe-failed');
  if (start !== undefined && found.start !== undefined && isSameForm(start, found.start))
    return start === found.start ? alive : dead('recycled-pid');
  return found.isForeign ? alive : unverifiable('probe-failed');
}

function judgeByAge(madeAt: number | undefined, found: ProcessFacts): Judgement {
  if (found.state === 'gone') return dead('dead-pid');
  if (found.state === 'unknown') return unverifiable('probe-failed');
  if (madeAt === undefined) return alive;
  if (found.startedAt !== undefined)
    return found.startedAt > madeAt + SLACK_MS ? dead('recycled-pid') : alive;
  return found.isForeign ? alive : unverifiable('probe-failed');
}

/** Starts of two systems cannot be compared, such as ticks of a container's Linux and a date of the Mac it runs on. */
function isSameForm(a: string, b: string): boolean {
  return /^\d+$/.test(a) === /^\d+$/.test(b);
}
