export type ProblemCode =
  | 'too-large'
  | 'too-deep'
  | 'too-many-problems'
  | 'yaml-syntax'
  | 'no-aliases'
  | 'bad-key'
  | 'duplicate-key'
  | 'unknown-key'
  | 'missing-key'
  | 'wrong-type'
  | 'bad-value'
  | 'duplicate-step'
  | 'unknown-step'
  | 'unreachable-step'
  | 'cycle'
  | 'unknown-agent'
  | 'unknown-reference'
  | 'not-needed-output'
  | 'budget-over'
  | 'never-retried'
  | 'quoted-reference';

export type Severity = 'error' | 'warning';

export type Path = readonly (string | number)[];

/** What a quick fix needs to know of a problem. */
export interface ProblemData {
  /** What was probably meant: a key, the id of a step, an agent, a value or a whole `${…}`. */
  readonly suggestion?: string;
  /** The key that is missing. */
  readonly missing?: string;
  /** The step that is not needed yet. */
  readonly need?: string;
  /** A number, or true or false, that is a text in quotes. */
  readonly isForQuotes?: boolean;
  /** A text that is a list in brackets. */
  readonly isForList?: boolean;
}

/** Something wrong in a file. `from` and `to` are offsets in UTF-16 units. */
export interface Problem {
  readonly severity: Severity;
  readonly code: ProblemCode;
  /** A sentence, for a person. */
  readonly message: string;
  readonly from: number;
  readonly to: number;
  readonly data?: ProblemData;
}

/** A word of a file, and those that could stand in its place: asked for where they are used alone. */
export interface Slip {
  readonly word: string;
  readonly candidates: () => readonly string[];
}

/** A problem whose near misses are not looked for yet: that costs, and only the first problems are shown. */
export interface FoundProblem extends Problem {
  readonly slip?: Slip;
  /** What has to be readable for it to be true, where that is more than its own place; offsets. */
  readonly scope?: readonly [from: number, to: number];
}
