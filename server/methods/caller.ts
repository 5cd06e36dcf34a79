import type { ClientLeases } from '../locks/clientLeases.ts';

/** Who makes a call. */
export interface Caller {
  /** Those of a connected client; a single command has none, for it is gone before it could renew one. */
  readonly leases?: ClientLeases;
  /** The other agent's store that is meant where a call names none: `openclaw:<state directory>`. */
  readonly source?: string;
  /** Whether the caller was told already that the call took too long: what it was to get, nobody will use. */
  readonly isLate?: () => boolean;
}
