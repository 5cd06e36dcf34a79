/** Exit codes of the command. */
export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  limit: 3,
  paused: 4,
  locked: 5,
  gate: 6,
  stopped: 7,
  interrupted: 130,
} as const;

/** What each of them says, for help and docs. */
export const EXIT_WORDS: readonly (readonly [code: number, words: string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.error, 'failed'],
  [EXIT.usage, 'wrong usage; nothing was done'],
  [EXIT.limit, 'the session has used up its iterations, or the run reached a limit'],
  [EXIT.paused, 'the session or run is paused'],
  [EXIT.locked, 'somebody else holds the session'],
  [EXIT.gate, 'the run waits at a gate for a person'],
  [EXIT.stopped, 'the run was stopped'],
  [EXIT.interrupted, 'ended by Ctrl+C'],
];
