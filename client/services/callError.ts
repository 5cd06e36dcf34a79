import type { WireError } from '../../server/protocol/error.ts';

/** A call that the server refused, or that never reached it; `wire` is what a person is shown. */
export class CallError extends Error {
  readonly wire: WireError;

  constructor(wire: WireError) {
    super(wire.message);
    this.name = 'CallError';
    this.wire = wire;
  }
}
