/** What one agent may use at once. A limit that is not set is not there. */
export interface AgentLimits {
  readonly memoryBytes?: number;
  /** Processors; a part of one is 0.5. */
  readonly cpus?: number;
  /** Processes and threads. */
  readonly pids?: number;
}

/** Who holds an agent to each of them. */
export type Enforcement = Readonly<Record<keyof AgentLimits, 'systemd' | 'nobody'>>;

export const NOT_ENFORCED: Enforcement = { memoryBytes: 'nobody', cpus: 'nobody', pids: 'nobody' };
