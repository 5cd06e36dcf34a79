import type { ClientLeases } from '../locks/clientLeases.ts';

/** Who makes a call. */
export interface Caller {
  /** Those of a connected client; a single command has none, for it is gone before it could renew one. */
  readonly leases?: ClientLeases;
  /** Whether the caller was told already that the call took too long: what it was to get, nobody will use. */
  readonly isLate?: () => boolean;
}
