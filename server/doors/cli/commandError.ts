import type { WireError } from '../../protocol/error.ts';

/** A call that failed, on its way to the end of the command. */
export class CallFailed extends Error {
  readonly error: WireError;

  constructor(error: WireError) {
    super(error.message);
    this.name = 'CallFailed';
    this.error = error;
  }
}

/** What the user wrote cannot be done; nothing was. */
export class UsageError extends Error {}

/** What the user asked for failed outside of any call, such as a file that cannot be written. */
export class CommandFailed extends Error {}
