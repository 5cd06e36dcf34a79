/** Milliseconds since the epoch, by the one clock that the harness and the processes under test share. */
export type Time = number;

/** A call as its caller saw it: it took effect between `begin` and `end`, if it did. */
interface Call {
  readonly session: string;
  readonly begin: Time;
  /** Undefined: it never returned, for the process that served it was killed. */
  end?: Time;
  /** When that process was seen to be gone: by then it took effect, or never. */
  gone?: Time;
  /** The code of the error that it was refused with. */
  refused?: string;
}

export interface AcquireCall extends Call {
  readonly kind: 'acquire';
  /** The process that the lease is for. */
  readonly owner: string;
  readonly ttlMs: number;
  granted?: { readonly fence: number; readonly expiresAt: Time };
}

/** Calls that show the token of a lease, which is named by its fence. */
export interface RenewCall extends Call {
  readonly kind: 'renew';
  readonly fence: number;
  /** Undefined: as before. */
  readonly ttlMs: number | undefined;
  renewed?: { readonly expiresAt: Time };
}

export interface ReleaseCall extends Call {
  readonly kind: 'release';
  readonly fence: number;
  /** False: the lease was gone already. */
  released?: boolean;
}

export interface WriteCall extends Call {
  readonly kind: 'write';
  /** Undefined: it showed no token. */
  readonly fence: number | undefined;
  /** Names the write in the session's history. */
  readonly write: string;
}

export type LeaseCall = AcquireCall | RenewCall | ReleaseCall | WriteCall;

/** A write as it stands in a session's history. */
export interface WrittenEvent {
  readonly seq: number;
  readonly write: string;
  readonly fence: number | undefined;
  /** When the store says that it was written. */
  readonly at?: Time;
}

export interface LeaseHistory {
  readonly calls: readonly LeaseCall[];
  /** When owners were killed: the moment before the signal. */
  readonly deaths: ReadonlyMap<string, Time>;
  /** What each session's history holds after everything is over, by `seq`. */
  readonly events: ReadonlyMap<string, readonly WrittenEvent[]>;
}
