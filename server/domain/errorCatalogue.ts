import type { ErrorAction, ErrorCode, WireError } from '../protocol/error.ts';
import { report, retry } from './errorActions.ts';
import { LockstepError } from './errors.ts';

interface Entry {
  readonly title: string;
  /** What the error means and what to do, for a person who meets it for the first time. */
  readonly explanation: string;
  readonly actions: readonly ErrorAction[];
}

/** The words for each code, and what a person can do. Static texts only: clients look up their translation. */
export const errorCatalogue: Readonly<Record<ErrorCode, Entry>> = {
  SESSION_LOCKED: {
    title: 'Session is locked',
    explanation:
      'Only the holder of its lease drives a session, or a run. Wait until it is done, or pause it; if the lease was yours and is gone, acquire a new one.',
    actions: [],
  },
  ILLEGAL_TRANSITION: {
    title: 'Not possible in this state',
    explanation: 'It has moved on, or was never in a state that allows this. Nothing was changed.',
    actions: [],
  },
  ITERATION_LIMIT: {
    title: 'Iteration limit reached',
    explanation: 'It stopped at the limit that was set for it. Add iterations to let it go on.',
    actions: [],
  },
  SESSION_NOT_FOUND: {
    title: 'Session not found',
    explanation: 'It was removed, it is in another store, or the id is not complete.',
    actions: [],
  },
  LABEL_TAKEN: {
    title: 'Label is taken',
    explanation: 'A label names one session. Choose another one, or take it from the session that has it.',
    actions: [],
  },
  INVALID_PARAMS: {
    title: 'Invalid parameters',
    explanation: 'What was asked for does not fit, or is not there any more. Nothing was changed.',
    actions: [],
  },
  IMAGE_REFUSED: {
    title: 'Picture cannot be shown',
    explanation:
      'Only PNG, JPEG, GIF and WebP pictures that are in the transcript itself are shown, up to 6 MiB each. The transcript is left as it is.',
    actions: [],
  },
  STORE_BUSY: {
    title: 'Store is busy',
    explanation: 'Other processes kept the store for longer than this call could wait. Nothing was changed.',
    actions: [retry],
  },
  STORE_CORRUPT: {
    title: 'Store is damaged',
    explanation:
      'The file cannot be read, and was left as it is. Where it is a store of Lockstep, recovering saves what is readable into a new one and keeps the damaged file; backups of the last days are in the folder "backups" beside it.',
    actions: [retry, report],
  },
  STORE_NEWER: {
    title: 'Store is newer than this Lockstep',
    explanation: 'A newer Lockstep has opened this store. Update this one; until then it changes nothing.',
    actions: [retry],
  },
  STORE_UNAVAILABLE: {
    title: 'Store cannot be used',
    explanation: 'The store cannot be opened or written where it is. Nothing was changed.',
    actions: [retry],
  },
  AGENT_STARTING: {
    title: 'Agent is starting',
    explanation: 'The agent does not answer yet. Try again in a moment.',
    actions: [retry],
  },
  AGENT_UNREACHABLE: {
    title: 'Agent cannot be reached',
    explanation: 'The agent did not start, or it stopped answering.',
    actions: [retry],
  },
  TIMEOUT: {
    title: 'No answer in time',
    explanation: 'The call took longer than it may. What it had begun may still have been done.',
    actions: [retry],
  },
  QUOTA_EXCEEDED: {
    title: 'Quota exceeded',
    explanation: 'A limit for this user is reached.',
    actions: [],
  },
  CREDENTIALS_MISSING: {
    title: 'Credentials are missing',
    explanation: 'The agent needs credentials that are not set up.',
    actions: [],
  },
  UNTRUSTED_WORKSPACE: {
    title: 'Workspace is not trusted',
    explanation: 'In a workspace that is not trusted, sessions are shown and nothing is changed or run.',
    actions: [],
  },
  INTERNAL: {
    title: 'Something went wrong in Lockstep',
    explanation: 'This is a fault of Lockstep, not yours. The report helps us to mend it.',
    actions: [retry, report],
  },
};

/** Any thrown value in the form that goes over the wire; what is no LockstepError becomes INTERNAL. */
export function toWireError(thrown: unknown, requestId: string): WireError {
  const error =
    thrown instanceof LockstepError
      ? thrown
      : new LockstepError('INTERNAL', thrown instanceof Error ? thrown.message : String(thrown));
  const entry = errorCatalogue[error.code];
  return {
    code: error.code,
    title: entry.title,
    message: error.message,
    explanation: entry.explanation,
    requestId,
    actions: [...error.actions, ...entry.actions],
    details: error.details,
  };
}
