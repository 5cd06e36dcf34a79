/** The kind and mode of the session of a run. */
export const RUN_KIND = 'workflow';
/** So begin the types of the events that a run is made of. */
export const RUN_EVENTS = 'run.';

/** One step of a run, with every default of the file filled in. */
export interface PlannedStep {
  readonly id: string;
  /** Ids of the steps that have to be done before this one begins. */
  readonly needs: readonly string[];
  /** A key of the setting `lockstep.agents`. */
  readonly agent: string;
  readonly prompt: string;
  /** A shell command; exit 0 ends the loop. */
  readonly until?: string;
  /** A regular expression (JavaScript, flags "m"); an answer that matches ends the loop. */
  readonly untilOutput?: string;
  readonly maxIterations: number;
  readonly gate?: 'manual';
  readonly retry?: { readonly attempts: number; readonly backoffMs: number };
  readonly env: Readonly<Record<string, string>>;
  /** Relative to the workspace folder. */
  readonly cwd?: string;
  /** Wall clock of one iteration. */
  readonly timeoutMs: number;
  readonly continueOnError: boolean;
}

/** What one run may use. A limit that is not set is not there. */
export interface RunLimits {
  readonly wallClockMs?: number;
  readonly tokens?: number;
  readonly costUsd?: number;
  readonly outputBytes?: number;
  readonly memoryBytes?: number;
  readonly cpus?: number;
  readonly pids?: number;
  readonly diskBytes?: number;
}

/** What a run is made of, after its inputs are filled in. Plain JSON. */
export interface WorkflowPlan {
  readonly name: string;
  readonly file?: string;
  readonly digest: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly maxIterations: number;
  readonly limits: RunLimits;
  readonly permissions: 'ask' | 'refuse' | 'allow';
  readonly steps: readonly PlannedStep[];
}
