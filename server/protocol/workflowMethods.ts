import * as z from 'zod';
import { isPlainObject, text, textOrEmpty } from './json.ts';
import { defineMethod } from './method.ts';
import { isoTime, MAX_ITERATIONS } from './session.ts';

const count = z.int().min(0);
const amount = z.number().min(0);
const runId = z.string().describe('the id of the session of the run');
const stepName = z.string().describe('the id of a step in its file');
const inputs = z
  // A record leaves out this name, and says nothing.
  .custom<Record<string, string>>(
    (value) => !isPlainObject(value) || !Object.hasOwn(value, '__proto__'),
    'no workflow has an input __proto__',
  )
  .meta({ type: 'object', additionalProperties: { type: 'string' } })
  .pipe(z.record(z.string(), textOrEmpty(64 * 1024)))
  .describe('by name; the others have their defaults');

/** Something wrong in a workflow file. */
export const workflowProblem = z.strictObject({
  severity: z.enum(['error', 'warning']),
  code: z.string(),
  message: z.string(),
  line: count.describe('of its beginning, from 0'),
  character: count.describe('of its beginning on that line, from 0, in UTF-16 units'),
});

/** A limit that a file sets for its runs. */
export const runLimit = z.strictObject({
  name: z.enum(['wallClock', 'tokens', 'costUsd', 'output', 'memory', 'cpus', 'pids', 'disk']),
  limit: amount.describe(
    'milliseconds of wallClock, bytes of output, memory and disk; what was added is in it',
  ),
  used: amount.optional().describe('absent where nobody counts or reports it'),
  enforcedBy: z
    .enum(['runner', 'reports', 'systemd', 'nobody'])
    .describe('`reports`: checked as agents report it, so it may be overshot by an iteration'),
});
export type RunLimit = z.output<typeof runLimit>;

/** What a person is asked for before a run. */
export const workflowInput = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  default: z.string().optional().describe('absent where a value has to be given'),
});

export const workflowStep = z.strictObject({
  id: stepName,
  description: z.string().optional(),
  line: count.describe('from 0'),
  needs: z.array(z.string()),
  agent: z.string(),
  maxIterations: z.int().min(1).max(MAX_ITERATIONS),
  until: z.string().optional().describe('a command that a shell of this person runs'),
  env: z
    .record(z.string(), z.string())
    .describe('environment variables of the agent and of `until`, those of the file among them, as written'),
  hasGate: z.boolean(),
});

/** A workflow file, as it is shown and asked about before it runs. */
export const workflow = z.strictObject({
  file: z.string().describe('absolute path'),
  name: z.string(),
  description: z.string().optional(),
  digest: z.string().describe('of its text; `runs.start` takes it'),
  isKnown: z.boolean().describe('whether this text of this file has been run before'),
  problems: z.array(workflowProblem),
  inputs: z.array(workflowInput),
  maxIterations: z.int().min(1).max(MAX_ITERATIONS),
  permissions: z.enum(['ask', 'refuse', 'allow']),
  limits: z.array(runLimit),
  steps: z.array(workflowStep).describe('empty where the file has errors'),
});
export type Workflow = z.output<typeof workflow>;

/** An agent's question whether it may do something. */
export const runQuestion = z.strictObject({
  id: z.string(),
  step: stepName,
  title: z.string(),
  options: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      kind: z.enum(['allow_once', 'allow_always', 'reject_once', 'reject_always']),
    }),
  ),
});
export type RunQuestion = z.output<typeof runQuestion>;

/**
 * Of one step. `running`: an iteration is in flight. `waiting`: none is, and the next one comes once its turn has come.
 * `retrying`: the last one failed, and it is tried again at `retryAt`. `parked`: its turn has come, and it waits for a
 * person, at its gate or at the end of its budget. `skipped`: it goes no further, since the run does not.
 */
export const stepStatus = z.enum(['waiting', 'running', 'retrying', 'done', 'failed', 'skipped', 'parked']);

/** What a run waits for a person at: a gate, or a limit. */
const parkReason = z.enum([
  'gate',
  'iterations',
  'stepIterations',
  'wallClock',
  'tokens',
  'costUsd',
  'outputBytes',
]);

/** Why a run is parked: `step` for `gate` and `stepIterations`; how far it is and the limit for all but `gate`. */
export const parkedFor = z.strictObject({
  reason: parkReason,
  step: stepName.optional(),
  used: amount.optional(),
  limit: amount.optional(),
});

export const runStep = z.strictObject({
  id: stepName,
  status: stepStatus,
  iterations: count,
  maxIterations: z.int().min(1),
  needs: z.array(z.string()),
  agent: z.string(),
  hasGate: z.boolean(),
  isGateOpen: z.boolean(),
  isAsking: z.boolean().describe('waits for the answer of a person'),
  session: z.string().optional().describe('the session of the step; absent until it has begun'),
  retryAt: isoTime.optional(),
  message: z.string().optional().describe('why its last failed iteration failed, or its last one was cut'),
});
export type RunStep = z.output<typeof runStep>;

/**
 * `interrupted`: it was active, and its runner is gone; `runs.continue` lets it go on. `pausing` and `stopping` last until
 * nothing is in flight any more.
 */
export const runStatus = z.enum([
  'active',
  'interrupted',
  'pausing',
  'paused',
  'parked',
  'stopping',
  'completed',
  'failed',
  'stopped',
]);
export type RunStatus = z.output<typeof runStatus>;

/** A run, as it is shown. */
export const run = z.strictObject({
  id: runId,
  name: z.string(),
  file: z.string().optional().describe('absolute path'),
  workspace: z.string().optional(),
  status: runStatus,
  iterations: count,
  maxIterations: z.int().min(1),
  startedAt: isoTime,
  endedAt: isoTime.optional(),
  inputs: z.record(z.string(), z.string()),
  parkedFor: parkedFor.optional(),
  error: z.string().optional().describe('why it failed, or its runner has gone'),
  limits: z.array(runLimit),
  tokens: count.optional().describe('absent where no agent reported any'),
  costUsd: amount.optional().describe('absent where no agent reported any'),
  activeMs: amount,
  steps: z.array(runStep),
  questions: z.array(runQuestion),
  revision: count.describe('of the session of the run: it grows with each change'),
});
export type Run = z.output<typeof run>;

export const workflowsRead = defineMethod({
  name: 'workflows.read',
  summary:
    'Read a workflow file: what it asks for, what is wrong with it, and whether it has been run before',
  mutates: false,
  params: z.strictObject({ file: text(4096).describe('absolute path') }),
  result: workflow,
});

export const agentsList = defineMethod({
  name: 'agents.list',
  summary: 'The agents that workflows can name, and what is wrong with the setting',
  mutates: false,
  params: z.strictObject({}),
  result: z.strictObject({
    agents: z.array(
      z.strictObject({
        name: z.string(),
        protocol: z.enum(['acp', 'command']),
        command: z.array(z.string()),
        isExperimental: z.boolean().describe('no recorded stream of this agent proves that it is read right'),
      }),
    ),
    problems: z.array(z.string()),
  }),
});

export const runsStart = defineMethod({
  name: 'runs.start',
  summary: 'Start a run of a workflow file, in a process of its own',
  mutates: true,
  waits: true,
  params: z.strictObject({
    file: text(4096).describe('absolute path'),
    workspace: text(4096)
      .optional()
      .describe('absolute path of the folder that it works in; the folder of the file if unset'),
    inputs: inputs.default({}),
    digest: z
      .string()
      .optional()
      .describe("of the text that was shown; refused where the file's text is another by now"),
  }),
  result: run,
});

export const runsList = defineMethod({
  name: 'runs.list',
  summary: 'Runs of workflows, the newest first; archived ones while they have not ended',
  mutates: false,
  params: z.strictObject({
    workspace: text(4096).optional().describe('only those in this folder'),
    isOpen: z.boolean().optional().describe('true: only those that have not ended'),
    limit: z.int().min(1).max(500).default(50),
  }),
  result: z.strictObject({ runs: z.array(run) }),
});

export const runsGet = defineMethod({
  name: 'runs.get',
  summary: 'One run: its steps, limits and questions',
  mutates: false,
  params: z.strictObject({ id: runId }),
  result: run,
});

export const runsContinue = defineMethod({
  name: 'runs.continue',
  summary:
    'Let a run go on that is paused, parked at a gate or a limit, or has lost its runner; on its own it also withdraws a pause, which what is added to a run at work leaves as it is',
  mutates: true,
  waits: true,
  params: z.strictObject({
    id: runId,
    step: stepName
      .optional()
      .describe(
        'whose gate to open, also before its turn, or budget to raise, where it is not the one that it waits for',
      ),
    addIterations: z
      .int()
      .min(1)
      .max(MAX_ITERATIONS)
      .optional()
      .describe('to the budget of the run, and of the step that is meant, if one is'),
    addLimits: z
      .strictObject({
        wallClockMs: count.optional(),
        tokens: count.optional(),
        costUsd: amount.optional(),
        outputBytes: count.optional(),
      })
      .optional()
      .describe('what to add to its limits'),
  }),
  result: run,
});

export const runsPause = defineMethod({
  name: 'runs.pause',
  summary: 'Pause a run once its iterations in flight have ended',
  mutates: true,
  params: z.strictObject({ id: runId }),
  result: run,
});

export const runsStop = defineMethod({
  name: 'runs.stop',
  summary: 'End a run for good: its agents are told to end, and then ended',
  mutates: true,
  waits: true,
  params: z.strictObject({ id: runId }),
  result: run,
});

export const runsAnswer = defineMethod({
  name: 'runs.answer',
  summary: "Answer an agent's question of a run",
  mutates: true,
  params: z.strictObject({
    id: runId,
    question: z.string(),
    option: z.string().optional().describe('the id of an option; refused if unset'),
  }),
  result: run,
});

export const runsNotify = defineMethod({
  name: 'runs.notify',
  summary: 'Take it on to tell the person of what a run has come to, which one client does',
  mutates: true,
  params: z.strictObject({
    id: runId,
    of: z.string().max(256).describe('what is to be told, in words that are the same for all clients'),
  }),
  result: z.strictObject({ isMine: z.boolean().describe('false: another client has told it') }),
});
