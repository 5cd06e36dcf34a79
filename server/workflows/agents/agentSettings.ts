import { posix, win32 } from 'node:path';
import * as z from 'zod';
import { isPlainObject } from '../../protocol/json.ts';
import type { EnvironmentSetting } from './agentEnvironment.ts';
import { PRESET_AGENTS, PRESETS } from './presets.ts';

const NO_NUL = 'must not hold a NUL character';
const withoutNul = z.string('must be a text').refine((value) => !value.includes('\0'), NO_NUL);

/**
 * No path that begins at the working folder: the program would be the workspace's choice, and this setting is the
 * machine's so that it is not.
 */
const program = z
  .string('must name a program')
  .min(1, 'must name a program')
  .refine((value) => !value.includes('\0'), NO_NUL)
  .refine(
    (value) => !/[/\\]/.test(value) || posix.isAbsolute(value) || win32.isAbsolute(value),
    'must be the name of a program on PATH, or a whole path',
  );
const command = z.tuple(
  [program],
  withoutNul,
  'must be a list: the program and its arguments, each a text of its own; no shell reads them',
);

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable: letters, digits and _');
const env = z
  .record(variableName, withoutNul, 'must be an object of names and texts')
  .describe("variables of the agent's environment, over those that are passed on");
const passEnv = z
  .array(variableName, 'must be a list of names')
  .describe(
    "variables of Lockstep's own environment that the agent gets; where they are not set, it gets none",
  );

/** What the program prints: `text`, Lockstep's own lines of JSON, or the stream of a known agent. */
export const outputFormat = z.enum(['text', 'jsonl', ...PRESETS]);
export type OutputFormat = z.infer<typeof outputFormat>;

const commandAgent = z
  .strictObject({
    protocol: z.literal('command').describe('a program that works on one prompt and ends'),
    command: command.describe('the program and its arguments'),
    prompt: z
      .enum(['stdin', 'argument'])
      .default('stdin')
      .describe('how it gets the prompt; as an argument, it replaces {prompt} in the command, or comes last'),
    output: outputFormat.default('text').describe('what it prints'),
    env: env.default({}),
    passEnv: passEnv.default([]),
  })
  .refine(
    ({ prompt, command }) => prompt === 'argument' || !command.some((part) => part.includes('{prompt}')),
    {
      path: ['prompt'],
      message: 'must be "argument" where the command holds {prompt}',
    },
  );

const acpAgent = z.strictObject({
  protocol: z.literal('acp').describe('a program that speaks the Agent Client Protocol on stdin and stdout'),
  command: command.describe('the program and its arguments'),
  env: env.default({}),
  passEnv: passEnv.default([]),
});

const presetAgent = z.strictObject({
  preset: z.enum(PRESETS, `must be one of ${PRESETS.join(', ')}`).describe('an agent that Lockstep knows'),
  args: z
    .array(withoutNul, 'must be a list of arguments')
    .default([])
    .describe('further arguments of its program'),
  env: env.default({}),
  passEnv: passEnv.default([]).describe('further variables that it gets'),
});

/** The machine-scoped setting `lockstep.agents`, as JSON schema sees it; `readAgentSettings` reads it. */
export const agentsSetting = z.record(z.string(), z.union([commandAgent, acpAgent, presetAgent]));

interface CommonAgentSetting extends EnvironmentSetting {
  /** The program and its arguments; no shell sees them. */
  readonly command: readonly [string, ...string[]];
}
export interface CommandAgentSetting extends CommonAgentSetting {
  readonly protocol: 'command';
  /** `argument`: in place of every `{prompt}` within an argument, or, where there is none, as the last one. */
  readonly prompt: 'stdin' | 'argument';
  readonly output: OutputFormat;
  /** Of a preset: see `PresetAgent`. */
  readonly experimental?: boolean;
}
export interface AcpAgentSetting extends CommonAgentSetting {
  readonly protocol: 'acp';
}
/** An agent as it is run, presets filled in. */
export type AgentSetting = CommandAgentSetting | AcpAgentSetting;

export interface AgentSettings {
  /** By name. Those that the setting does not name are the presets under their own names. */
  readonly agents: ReadonlyMap<string, AgentSetting>;
  /** Sentences for a person. An agent that something is wrong with is not among `agents`. */
  readonly problems: readonly string[];
}

const AGENT_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const SETTING = 'lockstep.agents';

/** Reads the setting `lockstep.agents`; undefined where it is not set. One bad agent hides no other. */
export function readAgentSettings(value: unknown): AgentSettings {
  const agents = new Map<string, AgentSetting>(PRESETS.map((preset) => [preset, ofPreset({ preset })]));
  if (value === undefined) return { agents, problems: [] };
  if (!isPlainObject(value))
    return { agents, problems: [`${SETTING} must be an object: the name of each agent, and how it is run.`] };
  const problems: string[] = [];
  for (const [name, entry] of Object.entries(value)) {
    // Also where the name is a preset's: what a person wrote over it must not be run as if it were not there.
    agents.delete(name);
    const read = AGENT_NAME.test(name) ? readAgent(entry) : { problems: [BAD_NAME] };
    if ('setting' in read) agents.set(name, read.setting);
    else problems.push(`${SETTING}: the agent ${JSON.stringify(name)}: ${read.problems.join('; ')}.`);
  }
  return { agents, problems };
}

const BAD_NAME =
  'its name must begin with a letter or digit, and hold nothing but letters, digits, _, . and -, at most 64';

type ReadAgent = { readonly setting: AgentSetting } | { readonly problems: readonly string[] };

function readAgent(entry: unknown): ReadAgent {
  if (!isPlainObject(entry)) return { problems: ['must be an object'] };
  if ('preset' in entry) {
    const read = presetAgent.safeParse(entry);
    return read.success ? { setting: ofPreset(read.data) } : { problems: words(read.error) };
  }
  switch (entry['protocol']) {
    case 'command': {
      const read = commandAgent.safeParse(entry);
      return read.success ? { setting: read.data } : { problems: words(read.error) };
    }
    case 'acp': {
      const read = acpAgent.safeParse(entry);
      return read.success ? { setting: read.data } : { problems: words(read.error) };
    }
    default:
      return { problems: ['must have a "preset", or a "protocol" that is "command" or "acp"'] };
  }
}

function ofPreset({
  preset,
  args = [],
  env = {},
  passEnv = [],
}: Partial<z.infer<typeof presetAgent>> & Pick<z.infer<typeof presetAgent>, 'preset'>): AgentSetting {
  const { command, passEnv: ownPassEnv, experimental } = PRESET_AGENTS[preset];
  return {
    protocol: 'command',
    command: [...command, ...args],
    prompt: 'stdin',
    output: preset,
    env,
    passEnv: [...new Set([...ownPassEnv, ...passEnv])],
    experimental,
  };
}

function words(error: z.ZodError): string[] {
  return error.issues.flatMap((issue) => {
    const place = issue.path.join('.');
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => `${[...issue.path, key].join('.')} is not a key that an agent has`);
    const keyProblem = issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined;
    return [`${place} ${keyProblem ?? issue.message}`];
  });
}
