import * as z from 'zod';

/** The first line from the runner: what to run. */
export const agentOrder = z.strictObject({
  argv: z.tuple([z.string().min(1)], z.string()),
  cwd: z.string(),
  env: z.record(z.string(), z.string()),
  timeoutMs: z.number().positive(),
  graceMs: z.number().nonnegative(),
  marker: z.string().min(1),
});
export type AgentOrder = z.infer<typeof agentOrder>;

/** Later lines: end it now; its time stands, for a person is asked something; its time runs on. */
export const END_ORDER = 'end';
export const HOLD_CLOCK_ORDER = 'hold the clock';
export const RUN_CLOCK_ORDER = 'run the clock';

/** A line from the supervisor. `exit` is the last one. */
export const supervisorReport = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('started'), pid: z.int(), processStart: z.string().exactOptional() }),
  z.strictObject({
    type: z.literal('exit'),
    reason: z.enum(['exit', 'timeout', 'ended', 'startFailed']),
    code: z.int().exactOptional(),
    signal: z.string().exactOptional(),
    message: z.string().exactOptional(),
  }),
]);
export type SupervisorReport = z.infer<typeof supervisorReport>;
export type ExitReport = Extract<SupervisorReport, { type: 'exit' }>;

/** File descriptors of the supervisor: the socket to the runner, and the agent's stdin, stdout and stderr. */
export const CONTROL_FD = 3;
export const STDIN_FD = 4;
export const STDOUT_FD = 5;
export const STDERR_FD = 6;
export const AGENT_FDS = [STDIN_FD, STDOUT_FD, STDERR_FD] as const;
