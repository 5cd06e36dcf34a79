/** Exit codes of the command. */
export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  limit: 3,
  paused: 4,
  locked: 5,
  interrupted: 130,
} as const;

/** What each of them says, for help and docs. */
export const EXIT_WORDS: readonly (readonly [code: number, words: string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.error, 'failed'],
  [EXIT.usage, 'wrong usage; nothing was done'],
  [EXIT.limit, 'the session has used up its iterations'],
  [EXIT.paused, 'the session is paused'],
  [EXIT.locked, 'somebody else holds the session'],
  [EXIT.interrupted, 'ended by Ctrl+C'],
];
