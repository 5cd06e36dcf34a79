import { posix, win32 } from 'node:path';
import * as z from 'zod';
import { text } from '../../protocol/json.ts';
import { MAX_ITERATIONS } from '../../protocol/session.ts';
import { isSettingsOwn } from '../agents/agentVariables.ts';
import { durationMs, sizeBytes } from './quantities.ts';

/** The most steps of one workflow, and the most that one of them needs. */
export const MAX_STEPS = 200;
/** The most inputs of a workflow, and the most variables of one `env`. */
const MAX_NAMES = 200;
export const DEFAULT_TIMEOUT = '30m';
/** Iterations of a step that has a condition, where it names no number. */
export const DEFAULT_LOOP = 10;

const iterations = z.int().min(1).max(MAX_ITERATIONS);
const duration = z
  .string()
  .refine((value) => durationMs(value) !== undefined, 'must be a duration such as 90s, 30m or 1h30m')
  .meta({ title: 'duration', examples: ['90s', '10m', '30m', '1h', '1h30m'] });
const size = z
  .string()
  .refine((value) => sizeBytes(value) !== undefined, 'must be a size such as 512MiB or 2GiB')
  .meta({ title: 'size', examples: ['10MiB', '512MiB', '1GiB', '2GiB'] });
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const agent = z.string().min(1).max(256).describe('The agent: a name in the setting `lockstep.agents`.');
const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
    error: 'must be a letter or _, then letters, digits or _',
  })
  .refine((name) => !isSettingsOwn(name), {
    error:
      "is the agent's setting's to say, in lockstep.agents: it decides what program runs, or where keys go",
  });
const env = z
  .record(variableName, z.string())
  .refine(hasFewNames, `must not have more than ${MAX_NAMES} variables`)
  .describe(
    "Environment variables for the agent and for `until`. `${inputs.name}`, `${steps.id.output}` and `${iteration}` are filled in. What decides which program runs or where keys go (`PATH`, `HOME`, `NODE_OPTIONS`, `*_API_KEY`, `*_BASE_URL`, proxies and the like), and what the setting of the agent names itself, is the setting's to say, and never a file's.",
  );
const cwd = z
  .string()
  .min(1)
  .max(4096)
  .refine(isInside, 'must be a folder inside of the workspace folder, relative to it')
  .describe('The folder to work in, relative to the workspace folder.');

export const stepId = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/, {
    error: 'must be a letter or _, then at most 63 letters, digits, _ or -',
  })
  .refine((name) => name !== '__proto__', 'must not be __proto__');

const regularExpression = z
  .string()
  .refine(isRegularExpression, 'must be a regular expression of JavaScript');

const step = z.strictObject({
  id: stepId.describe('The name of the step, by which others need it.'),
  description: z.string().max(1024).optional().describe('What the step is for, for people.'),
  prompt: text(256 * 1024).describe(
    'What the agent is asked in each iteration. `${inputs.name}`, `${steps.id.output}` and `${iteration}` are filled in; `$${` stands for `${` as it is.',
  ),
  needs: z
    .array(stepId)
    .max(MAX_STEPS)
    .default([])
    .describe('Steps that have to be done before this one begins.'),
  agent: agent.optional(),
  until: z
    .string()
    .min(1)
    .optional()
    .describe(
      "A shell command; exit 0 ends the loop, else the next iteration is told what it printed. References become environment variables (`LOCKSTEP_INPUT_NAME`, `LOCKSTEP_OUTPUT_STEP`, `LOCKSTEP_ITERATION`), never a part of the command. A reference belongs outside of single quotes: in `sh -c '…'` the inner shell would read its value as code. Hand it over instead: `sh -c 'echo \"$1\"' sh ${inputs.name}`.",
    ),
  untilOutput: regularExpression
    .optional()
    .describe('A regular expression; an answer that matches ends the loop.'),
  maxIterations: iterations
    .optional()
    .describe(
      `Iterations at most: 1 and the tries of \`retry\`, or ${DEFAULT_LOOP} where there is a condition.`,
    ),
  gate: z.literal('manual').optional().describe('`manual`: a person lets the step begin.'),
  retry: z
    .strictObject({
      attempts: z.int().min(1).max(20).describe('How often a failed iteration is tried again.'),
      backoff: duration
        .default('5s')
        .describe('The first wait; it doubles each time, to 10 minutes at most.'),
    })
    .optional()
    .describe('What to do when an iteration fails.'),
  env: env.default({}),
  cwd: cwd.optional(),
  timeout: duration
    .default(DEFAULT_TIMEOUT)
    .describe('Wall clock of one iteration. It stands while a person is asked for its agent.'),
  continueOnError: z.boolean().default(false).describe('Whether the run goes on when this step has failed.'),
});

/** A workflow file, after YAML. */
export const workflowFile = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('What the workflow is called; its file name if unset.'),
  description: z.string().max(1024).optional().describe('What the workflow is for, for people.'),
  agent: agent.optional(),
  inputs: z
    .record(
      stepId,
      z.union([
        scalar,
        z.strictObject({
          description: z.string().max(1024).optional().describe('What is asked for.'),
          default: scalar.optional().describe('The value where none is given; without it one has to be.'),
        }),
      ]),
    )
    .refine(hasFewNames, `must not have more than ${MAX_NAMES} inputs`)
    .default({})
    .describe('Values that a run is started with, each with its default.'),
  maxIterations: iterations.optional().describe("Of the whole run; the sum of the steps' if unset."),
  limits: z
    .strictObject({
      wallClock: duration
        .optional()
        .describe('How long the run may be active. What is in flight then is cut, which is no failure.'),
      tokens: z.int().min(1).optional().describe('Tokens, as the agents report them.'),
      costUsd: z.number().gt(0).optional().describe('US dollars, as the agents report them.'),
      output: size.optional().describe('What agents may print.'),
      memory: size.optional().describe('Memory, where the system can hold an agent to it.'),
      cpus: z.number().gt(0).optional().describe('Processors, where the system can hold an agent to it.'),
      pids: z.int().min(1).optional().describe('Processes, where the system can hold an agent to it.'),
      disk: size.optional().describe('Disk, where the system can hold an agent to it.'),
    })
    .default({})
    .describe('At a limit the run parks, and can be continued.'),
  permissions: z
    .enum(['ask', 'refuse', 'allow'])
    .default('ask')
    .describe('What agents that ask for permission are answered.'),
  env: env.default({}),
  cwd: cwd.optional(),
  steps: z.array(step).min(1).max(MAX_STEPS).describe('The steps, in the order in which they are shown.'),
});
export type WorkflowFile = z.infer<typeof workflowFile>;

function hasFewNames(names: object): boolean {
  return Object.keys(names).length <= MAX_NAMES;
}

function isRegularExpression(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'm').multiline;
  } catch {
    return false;
  }
}

/** By its words alone: a link may lead out, which is the workspace's own doing. */
function isInside(folder: string): boolean {
  return [posix, win32].every(
    (path) => !path.isAbsolute(folder) && path.normalize(folder).split(path.sep)[0] !== '..',
  );
}
