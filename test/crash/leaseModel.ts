import fc from 'fast-check';
import type { LeaseCall, LeaseHistory, Time, WrittenEvent } from './leaseHistory.ts';

/** What one caller does at one moment. Numbers choose among what there is by then; `unseen` is a renewal by a server. */
export interface Action {
  readonly kind: 'acquire' | 'renew' | 'release' | 'write' | 'freeWrite' | 'kill' | 'unseen';
  readonly session: number;
  readonly owner: number;
  /** Which of the grants known so far, the newest first. */
  readonly grant: number;
  readonly ttlMs: number;
  /** A renewal that names its time. */
  readonly hasTtl: boolean;
  /** How long after the action before. */
  readonly afterMs: number;
  /** How long before its moment the call begins, and how long after it returns. */
  readonly earlyMs: number;
  readonly lateMs: number;
  /** It never returns, as its process is killed. */
  readonly isLost: boolean;
}

const small = fc.integer({ min: 0, max: 30 });

export const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.record({
    kind: fc.oneof(
      { weight: 3, arbitrary: fc.constant('acquire' as const) },
      { weight: 4, arbitrary: fc.constant('write' as const) },
      { weight: 4, arbitrary: fc.constantFrom('renew', 'release', 'freeWrite', 'kill', 'unseen') },
    ),
    session: fc.nat(1),
    owner: fc.nat(3),
    grant: fc.nat(4),
    ttlMs: fc.integer({ min: 1, max: 300 }),
    hasTtl: fc.boolean(),
    afterMs: small,
    earlyMs: small,
    lateMs: small,
    isLost: fc.nat(9).map((chance) => chance === 0),
  }),
  { maxLength: 80, size: 'max' },
);

interface Lease {
  readonly fence: number;
  readonly session: string;
  readonly owner: string;
  expiresAt: Time;
  ttlMs: number;
  /** When its caller was told. */
  readonly knownAt: Time;
}

/** The history that calls leave on leases that are as they should be. Each call overlaps with those around it. */
export function playOnModel(script: readonly Action[]): LeaseHistory {
  const model = new LeaseModel();
  for (const action of script) model.play(action);
  return model.history;
}

class LeaseModel {
  readonly #calls: LeaseCall[] = [];
  readonly #deaths = new Map<string, Time>();
  readonly #events = new Map<string, WrittenEvent[]>();
  readonly #leases = new Map<string, Lease>();
  /** Those whose callers were told, the newest first. */
  readonly #grants: Lease[] = [];
  /** How many owners of each number have died. */
  readonly #dead = new Map<number, number>();
  #fence = 0;
  #now = 1_000_000;

  get history(): LeaseHistory {
    return { calls: this.#calls, deaths: this.#deaths, events: this.#events };
  }

  play(action: Action): void {
    this.#now += action.afterMs;
    switch (action.kind) {
      case 'kill':
        this.#deaths.set(this.#ownerOf(action), this.#now);
        this.#dead.set(action.owner, (this.#dead.get(action.owner) ?? 0) + 1);
        return;
      case 'acquire':
        return this.#acquire(action);
      case 'freeWrite': {
        const session = `session-${action.session}`;
        return this.#write(
          action,
          { session, fence: undefined, ...this.#spanOf(action) },
          !this.#isHeld(session),
        );
      }
      case 'unseen': {
        const lease = this.#leases.get(`session-${action.session}`);
        if (lease) lease.expiresAt = this.#now + lease.ttlMs;
        return;
      }
      case 'renew':
      case 'release':
      case 'write': {
        const shown = this.#grants.filter(({ knownAt }) => knownAt <= this.#now)[action.grant];
        if (!shown) return;
        const { session, fence, knownAt } = shown;
        const call = { session, fence, ...this.#spanOf(action, knownAt) };
        const isCurrent = this.#leases.get(session) === shown;
        if (action.kind === 'write') return this.#write(action, call, isCurrent);
        if (action.kind === 'renew') return this.#renew(action, call, isCurrent ? shown : undefined);
        if (isCurrent) this.#leases.delete(session);
        this.#calls.push({ kind: 'release', ...call, ...(action.isLost ? {} : { released: isCurrent }) });
      }
    }
  }

  #acquire(action: Action): void {
    const { ttlMs, isLost, lateMs } = action;
    const [session, owner] = [`session-${action.session}`, this.#ownerOf(action)];
    const call = { kind: 'acquire', session, owner, ttlMs, ...this.#spanOf(action) } as const;
    if (this.#isHeld(session)) {
      this.#calls.push({ ...call, ...refusedUnless(false, action) });
      return;
    }
    const [fence, expiresAt] = [++this.#fence, this.#now + ttlMs];
    const lease = { fence, session, owner, expiresAt, ttlMs, knownAt: this.#now + lateMs };
    this.#leases.set(session, lease);
    this.#calls.push({ ...call, ...(isLost ? {} : { granted: { fence, expiresAt } }) });
    if (!isLost) this.#grants.unshift(lease);
  }

  #renew(action: Action, call: Shown, lease: Lease | undefined): void {
    const ttlMs = action.hasTtl ? action.ttlMs : undefined;
    if (lease) {
      lease.ttlMs = ttlMs ?? lease.ttlMs;
      lease.expiresAt = this.#now + lease.ttlMs;
    }
    const renewed = lease && !action.isLost ? { renewed: { expiresAt: lease.expiresAt } } : {};
    this.#calls.push({
      kind: 'renew',
      ...call,
      ttlMs,
      ...refusedUnless(lease !== undefined, action),
      ...renewed,
    });
  }

  #write(action: Action, call: Omit<Shown, 'fence'> & { fence: number | undefined }, isLet: boolean): void {
    const write = `write-${this.#calls.length}`;
    this.#calls.push({ kind: 'write', ...call, write, ...refusedUnless(isLet, action) });
    if (!isLet) return;
    const written = this.#events.get(call.session) ?? [];
    const event = { seq: written.length + 1, write, fence: call.fence, at: this.#now };
    this.#events.set(call.session, [...written, event]);
  }

  #isHeld(session: string): boolean {
    const lease = this.#leases.get(session);
    return lease !== undefined && lease.expiresAt > this.#now && !this.#deaths.has(lease.owner);
  }

  #ownerOf({ owner }: Action): string {
    return `owner-${owner}-${this.#dead.get(owner) ?? 0}`;
  }

  #spanOf({ earlyMs, lateMs, isLost }: Action, notBefore = 0): { begin: Time; end?: Time } {
    const begin = Math.max(this.#now - earlyMs, notBefore);
    return isLost ? { begin } : { begin, end: this.#now + lateMs };
  }
}

interface Shown {
  readonly session: string;
  readonly fence: number;
  readonly begin: Time;
  readonly end?: Time;
}

function refusedUnless(isLet: boolean, { isLost }: Action): { refused?: string } {
  return isLet || isLost ? {} : { refused: 'SESSION_LOCKED' };
}
