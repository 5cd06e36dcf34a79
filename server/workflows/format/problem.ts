export type ProblemCode =
  | 'too-large'
  | 'yaml-syntax'
  | 'no-aliases'
  | 'unknown-key'
  | 'bad-value'
  | 'duplicate-step'
  | 'unknown-step'
  | 'cycle'
  | 'unknown-agent'
  | 'unknown-reference'
  | 'not-needed-output'
  | 'budget-over';

export type Path = readonly (string | number)[];

/** Something wrong in a file. `from` and `to` are offsets in UTF-16 units. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly code: ProblemCode;
  readonly message: string;
  readonly from: number;
  readonly to: number;
}

/** A problem before it has its place: the value at `path`, or its key. */
export interface PathProblem extends Omit<Problem, 'from' | 'to'> {
  readonly path: Path;
  readonly isAboutKey?: boolean;
}
