import { isPlainObject } from '../../server/protocol/json.ts';

/** Times are in milliseconds of the system's monotonic clock, which is the same in all processes. */
interface Section {
  readonly pid: number;
  readonly begin: number;
  end: number;
  /** The lock was not its own any more when it gave it back. */
  lost: boolean;
}

interface Write {
  readonly by: 'lockstep' | 'gateway';
  readonly serial: number;
  readonly begin: number;
  readonly end: number;
}

/** An acknowledged write that is not there. */
interface Loss {
  readonly key: string;
  readonly found: number;
  readonly write: Write;
}

/** Everything that writers of one `sessions.json` were told, and what was seen in it. */
export class StoreRecord {
  readonly faults: string[] = [];
  readonly #losses = new Map<Write, Loss>();
  readonly figures = {
    acknowledgedByLockstep: 0,
    acknowledgedByGateways: 0,
    lockstepKilled: 0,
    gatewaysKilled: 0,
    lockstepKilledWithTheLock: 0,
    gatewaysKilledWithTheLock: 0,
    thefts: 0,
    lockstepBusy: 0,
    lockstepLostItsLock: 0,
    gatewayTimeouts: 0,
    looks: 0,
  };
  readonly #serials = new Map<string, number>();
  readonly #tried = new Map<string, number>();
  readonly #acknowledged = new Map<string, Write>();
  readonly #refused = new Map<string, Set<number>>();
  readonly #sections: Section[] = [];
  readonly #open = new Map<number, Section>();

  now(): number {
    return Number(process.hrtime.bigint()) / 1e6;
  }

  nextSerial(slot: string): number {
    return (this.#serials.get(slot) ?? 0) + 1;
  }

  tried(slot: string, key: string, serial: number): void {
    this.#serials.set(slot, serial);
    this.#tried.set(key, serial);
  }

  acknowledged(by: Write['by'], key: string, serial: number, begin: number): void {
    this.#acknowledged.set(key, { by, serial, begin, end: this.now() });
    this.figures[by === 'lockstep' ? 'acknowledgedByLockstep' : 'acknowledgedByGateways']++;
  }

  /** A refusal says that nothing was written: that is held against it. */
  refused(key: string, serial: number, code: string, message: string): void {
    if (code !== 'STORE_BUSY') this.faults.push(`${key} ${serial} was refused: ${message}`);
    else if (/was taken|was held/.test(message)) this.figures.lockstepLostItsLock++;
    else this.figures.lockstepBusy++;
    const refused = this.#refused.get(key) ?? new Set();
    this.#refused.set(key, refused.add(serial));
  }

  killed(kind: Write['by'], hadTheLock: boolean): void {
    const isLockstep = kind === 'lockstep';
    this.figures[isLockstep ? 'lockstepKilled' : 'gatewaysKilled']++;
    if (hadTheLock) this.figures[isLockstep ? 'lockstepKilledWithTheLock' : 'gatewaysKilledWithTheLock']++;
  }

  sectionBegan(pid: number, at: number, stole: boolean): void {
    if (stole) this.figures.thefts++;
    const section = { pid, begin: at, end: Infinity, lost: false };
    this.#sections.push(section);
    this.#open.set(pid, section);
  }

  sectionEnded(pid: number, at: number, lost: boolean): void {
    const section = this.#open.get(pid);
    if (section) Object.assign(section, { end: at, lost });
    this.#open.delete(pid);
  }

  died(pid: number): void {
    const section = this.#open.get(pid);
    if (section) section.end = this.now();
    this.#open.delete(pid);
  }

  /** To be asked for before the file is read: what is acknowledged by then has to be in it. */
  expected(): ReadonlyMap<string, Write> {
    return new Map(this.#acknowledged);
  }

  /** What a file holds, against what had been acknowledged before it was read. */
  compare(text: string, expected: ReadonlyMap<string, Write>, others: ReadonlyMap<string, unknown>): void {
    this.figures.looks++;
    let store: unknown;
    try {
      store = JSON.parse(text);
    } catch (error) {
      this.faults.push(`The store is no JSON: ${String(error)}: ${text.slice(0, 100)}`);
      return;
    }
    if (!isPlainObject(store)) return void this.faults.push('The store is no object.');
    const found = new Map(Object.entries(store));
    for (const [key, entry] of others)
      if (JSON.stringify(found.get(key)) !== JSON.stringify(entry)) this.faults.push(`${key} has changed.`);
    for (const key of found.keys())
      if (!others.has(key) && !this.#tried.has(key)) this.faults.push(`${key} is nobody's.`);
    for (const [key, write] of expected) {
      const serial = serialOf(key, found.get(key));
      if (serial === undefined) this.faults.push(`${key} is no entry that anybody wrote.`);
      else if (serial < write.serial) this.#losses.set(write, { key, found: serial, write });
      else if (serial > (this.#tried.get(key) ?? 0))
        this.faults.push(`${key} ${serial} was written by nobody.`);
      else if (this.#refused.get(key)?.has(serial) === true)
        this.faults.push(`${key} ${serial} was refused, and is there.`);
    }
  }

  get losses(): Loss[] {
    return [...this.#losses.values()];
  }

  /** Sections of two gateways at once, or one whose lock was another's in the end: what 2026.2.9 does to itself. */
  compromised(): Section[] {
    return this.#sections.filter(
      (one) =>
        one.lost ||
        this.#sections.some((other) => other !== one && other.begin < one.end && one.begin < other.end),
    );
  }

  /** Losses that no failure of the gateways' own protocol explains. */
  unexplained(): Loss[] {
    const compromised = this.compromised();
    return this.losses.filter(
      ({ write }) => !compromised.some(({ begin, end }) => begin < write.end && write.begin < end),
    );
  }
}

/** 0 where there is no entry. */
function serialOf(key: string, entry: unknown): number | undefined {
  if (entry === undefined) return 0;
  const label = isPlainObject(entry) ? entry['label'] : undefined;
  if (typeof label !== 'string' || !label.startsWith(`${key} `)) return undefined;
  return Number(label.slice(key.length + 1));
}
