/** The processes of one agent, as they are recorded in a run, which a process after the next start of the system may read. */
export interface ProcessGroup {
  /** The agent's own process, which leads the group; undefined where the record was made before its start. */
  readonly pid?: number | undefined;
  /** Its start time as the system gives it (`Processes.look`), which tells it from a later process of that number. */
  readonly processStart?: string | undefined;
  /** Names the run of the kernel in which it was started (`Machine`): none of it is there in another one. */
  readonly bootId?: string | undefined;
  /** What `pid` counts in (`Machine`): in another one, it is the number of something else. */
  readonly pidNamespace?: string | undefined;
  /** What its environment, its supervisor's and that of its children holds in `LOCKSTEP_AGENT_MARKER`. */
  readonly marker: string;
}

/** As it is told when it has been started. */
export interface StartedGroup extends ProcessGroup {
  readonly pid: number;
}

/** What was found of a group. Processes that have ended and were not asked how (zombies) are not there. */
export interface GroupMembers {
  readonly ours: readonly Member[];
  /**
   * In a group of that number whose leader is gone, and none has the marker: most likely the number was given out
   * again. They prove nothing, and are not ended.
   */
  readonly doubtful: readonly Member[];
}

export interface Member {
  readonly pid: number;
  /** In the group of the leader's number, and so ended with it. */
  readonly isInGroup: boolean;
}
