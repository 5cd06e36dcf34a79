import type { ErrorAction, ErrorCode } from '../protocol/error.ts';
import type { JsonObject } from '../protocol/json.ts';

export interface ErrorOptions {
  /** Facts that a program can use; they go over the wire. */
  readonly details?: JsonObject;
  /** What a person can do, beyond what the catalogue offers for the code. Put first. */
  readonly actions?: readonly ErrorAction[];
  readonly cause?: unknown;
}

/**
 * An error that has a code. `message` is one sentence with the particulars of this case; the catalogue
 * (`errorCatalogue.ts`) adds what is the same for every error of the code.
 */
export class LockstepError extends Error {
  readonly code: ErrorCode;
  readonly details: JsonObject;
  readonly actions: readonly ErrorAction[];

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'LockstepError';
    this.code = code;
    this.details = options.details ?? {};
    this.actions = options.actions ?? [];
  }
}

/** For a place that a page told of, and that is no longer what it was. */
export function transcriptChanged(): LockstepError {
  const message =
    'The transcript holds nothing at this place any more: it has changed since its page was read. Read the page again.';
  return new LockstepError('INVALID_PARAMS', message, { details: { param: 'position' } });
}

export function sessionNotFound(id: string): LockstepError {
  return new LockstepError('SESSION_NOT_FOUND', `There is no session ${id}.`, { details: { id } });
}
