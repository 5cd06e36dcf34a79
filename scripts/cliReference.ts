import { readFile, writeFile } from 'node:fs/promises';
import { commands } from '../server/doors/cli/commands.ts';
import {
  COMMAND_GROUPS,
  type ArgumentSpec,
  type CliCommand,
  type OptionSpec,
} from '../server/doors/cli/commandSpec.ts';
import { EXIT_WORDS } from '../server/doors/cli/exitCodes.ts';
import { format } from 'prettier';

const PAGE = new URL('../docs/cli.md', import.meta.url);

/** The commands as a page for people, made from the table that the command itself uses. */
export async function cliReference(): Promise<string> {
  const config: unknown = JSON.parse(await readFile(new URL('../.prettierrc.json', import.meta.url), 'utf8'));
  return format(page(), { ...(typeof config === 'object' ? config : {}), parser: 'markdown' });
}

function page(): string {
  const groups = COMMAND_GROUPS.map((group) => {
    const own = commands.filter((command) => command.group === group);
    return [`## ${group}`, '', ...own.map(section)].join('\n');
  });
  return `<!-- Made by \`npm run cli-docs\` from the table of the commands. Do not edit. -->

# lockstep(1)

\`lockstep <command> [arguments]\`: sessions of AI agents, bounded, pausable, resumable. \`lockstep help <command>\` and
\`lockstep <command> --help\` print what stands here. How a script drives a session: [scripting.md](scripting.md). The
methods behind it all: [api.md](api.md).

A **session** is named by its id, by the beginning of it (4 characters or more; \`lockstep list\` shows enough), or by its
label. Where it may be left out, it is the one of \`$LOCKSTEP_SESSION\`, which \`with-lease\` sets.

Results go to stdout, everything else to stderr. With \`--json\`, a result is the JSON that the method gives, and an
error is JSON on stderr. In a terminal, tables are cut to fit and have colours; \`NO_COLOR\` turns them off. Elsewhere
nothing is cut.

## Exit codes

| Code | Meaning |
| --- | --- |
${EXIT_WORDS.map(([code, words]) => `| ${code} | ${words} |`).join('\n')}

\`call\`, \`rpc\`, \`methods\` and \`doctor\` know 0, 1 and 2 alone. \`with-lease\` ends with the exit code of its command.

## Environment

| Variable | What |
| --- | --- |
| \`LOCKSTEP_HOME\` | the folder of the store; \`~/.lockstep\` if unset |
| \`LOCKSTEP_SESSION\` | the session that is meant where none is given |
| \`LOCKSTEP_LEASE\` | the token of the lease on that session; shown with each write to it |
| \`LOCKSTEP_AGENTS\` | the agents that workflows can name, as JSON; \`agents.json\` in the folder of the store if unset |
| \`LOCKSTEP_LOG\` | \`debug\`, \`info\`, \`warn\` or \`error\`: log to stderr; nothing if unset |
| \`NO_COLOR\`, \`FORCE_COLOR\` | no colours; colours also where there is no terminal |

${groups.join('\n')}`;
}

function section(command: CliCommand): string {
  const { name, summary, details, options, examples } = command;
  const usage = [
    'lockstep',
    name,
    ...(options.length > 0 ? ['[options]'] : []),
    ...command.arguments.map((argument) => argument.name),
    ...(command.takesCommand === true ? ['-- <command> [arguments]'] : []),
  ].join(' ');
  return [
    `### ${name}`,
    '',
    `${summary}.${details === undefined ? '' : ` ${details}`}`,
    '',
    '```',
    usage,
    '```',
    '',
    ...rows('Argument', command.arguments, ({ name: written }) => written),
    ...rows(
      'Option',
      options.filter(({ hidden }) => hidden !== true),
      ({ flags }) => flags,
    ),
    '```sh',
    ...examples.flatMap(({ line, words }) => [`# ${words}`, line]),
    '```',
    '',
  ].join('\n');
}

function rows<Spec extends ArgumentSpec | OptionSpec>(
  heading: string,
  specs: readonly Spec[],
  written: (spec: Spec) => string,
): string[] {
  if (specs.length === 0) return [];
  const lines = specs.map((spec) => {
    const choices = spec.choices ? `: ${spec.choices.join(', ')}` : '';
    const preset = 'preset' in spec && spec.preset !== undefined ? ` (${spec.preset} if unset)` : '';
    return `| \`${written(spec)}\` | ${(spec.description + choices + preset).replaceAll(/[<|]/g, '\\$&')} |`;
  });
  return [`| ${heading} |  |`, '| --- | --- |', ...lines, ''];
}

export function recordedReference(): Promise<string> {
  return readFile(PAGE, 'utf8');
}

if (import.meta.main) await writeFile(PAGE, await cliReference());
